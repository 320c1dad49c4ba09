"""When did each attempt wait and run, and where? Columns of numbers, so that 100,000 cost little."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import msgspec

__all__ = ["Span", "SpanLog"]


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt on the run's clock, in seconds.

    `index` is the case's place in `Plan.cases`. From `ready_s` to `granted_s`
    nothing but a permit was missing (equal where it never waited for one);
    from `started_s` to `ended_s` the attempt ran. `is_sync` says that it held
    one of the sync workers.
    """

    index: int
    worker: str
    started_s: float
    ended_s: float
    ready_s: float
    granted_s: float
    is_sync: bool


class SpanLog:
    """All attempts of a run, append-only, in the order in which they ended."""

    __slots__ = (
        "_names",
        "_numbers",
        "ended",
        "index",
        "permit_wait_s",
        "started",
        "sync",
        "worker",
    )

    def __init__(self) -> None:
        self.index = array("q")
        self.worker = array("q")
        self.started = array("d")
        self.ended = array("d")
        self.sync = array("b")
        self.permit_wait_s = 0.0
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}

    def add(self, span: Span) -> None:
        """Keep an attempt that ended."""
        self.note(
            span.index,
            span.worker,
            span.started_s,
            span.ended_s,
            is_sync=span.is_sync,
            permit_wait_s=span.granted_s - span.ready_s,
        )

    def note(
        self,
        index: int,
        worker: str,
        started_s: float,
        ended_s: float,
        *,
        is_sync: bool,
        permit_wait_s: float = 0.0,
    ) -> None:
        """Keep an attempt that ended, without building a value first."""
        number = self._numbers.get(worker)
        if number is None:
            number = self._numbers[worker] = len(self._names)
            self._names.append(worker)
        self.index.append(index)
        self.worker.append(number)
        self.started.append(started_s)
        self.ended.append(ended_s)
        self.sync.append(is_sync)
        if permit_wait_s > 0:
            self.permit_wait_s += permit_wait_s

    @property
    def workers(self) -> tuple[str, ...]:
        """The workers' names; `worker` holds places in it."""
        return tuple(self._names)

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[tuple[int, int, float, float, int]]:
        """Yield (index, worker number, started_s, ended_s, is_sync)."""
        return zip(self.index, self.worker, self.started, self.ended, self.sync, strict=True)
