"""What do all crews of workers promise? One small port: hand in chunks, collect what is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from holdfast.parallel.calls import Ran

__all__ = ["Chunk", "Crew", "Done"]


class Chunk(msgspec.Struct, kw_only=True):
    """Items in a row. `items` is None where the workers have the sequence themselves."""

    start: int
    stop: int
    items: Sequence[Any] | None = None


class Done(msgspec.Struct, kw_only=True):
    """What became of a chunk, and the bytes that travelled for its results and its items.

    `ran` is there where it came back. Otherwise the worker is gone: `error` says why, and
    `culprit` is the position it was at, None where that is not known.
    """

    chunk: Chunk
    ran: Ran | None = None
    culprit: int | None = None
    error: BaseException | None = None
    worker: int = 0
    size: int = 0
    in_size: int = 0


class Crew(Protocol):
    """Workers of one kind. All methods are called from one thread.

    `shortage` says why there are fewer workers than were asked for, "" where there are not.
    """

    @property
    def workers(self) -> int: ...

    @property
    def shortage(self) -> str: ...

    def can_take(self) -> bool:
        """Say whether another chunk can be handed in now."""
        ...

    def submit(self, chunk: Chunk) -> None:
        """Hand in a chunk.

        Raises:
            NotPicklable: an item cannot travel; nothing of the chunk was handed in.
        """
        ...

    def collect(self) -> list[Done]:
        """Wait for at least one chunk and return all that are done; [] if none is out.

        Raises:
            WorkersFailed: there are no workers, and none can be had; what is out is lost.
        """
        ...

    def in_flight(self) -> int:
        """Return how many chunks are out."""
        ...

    def close(self, *, kill: bool = False) -> None:
        """End all workers; nothing of them is left when it returns."""
        ...
