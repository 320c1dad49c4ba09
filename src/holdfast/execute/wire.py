"""What do holdfast and its hosts say to one another?"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from holdfast.ports import AssessorCall

__all__ = [
    "Assess",
    "Assessed",
    "Beat",
    "Blocked",
    "Call",
    "Called",
    "Cancel",
    "Collect",
    "Collected",
    "Done",
    "FromHost",
    "Lane",
    "Resolve",
    "Resolved",
    "ToHost",
    "Wrote",
]

Lane = Literal["async", "sync"]


class Call(msgspec.Struct, frozen=True, array_like=True, tag="call"):
    """Call a function; `n` identifies the call on this connection."""

    n: int
    ref: str
    kwargs: dict[str, Any]
    seed: int = 0
    timeout_s: float = 0.0
    assessors: tuple[AssessorCall, ...] = ()


class Assess(msgspec.Struct, frozen=True, array_like=True, tag="assess"):
    """Call validators on a plain value."""

    n: int
    value: Any
    assessors: tuple[AssessorCall, ...]


class Resolve(msgspec.Struct, frozen=True, array_like=True, tag="resolve"):
    """Tell which lane each reference needs, one answer each, in this order."""

    n: int
    refs: tuple[str, ...]


class Collect(msgspec.Struct, frozen=True, array_like=True, tag="collect"):
    """Import a Python file and tell which functions it marks as cases."""

    n: int
    path: str


class Cancel(msgspec.Struct, frozen=True, array_like=True, tag="cancel"):
    """End a call; its answer still comes."""

    n: int


ToHost = Call | Assess | Resolve | Collect | Cancel


class Called(msgspec.Struct, frozen=True, array_like=True, tag="called"):
    """The call returned and its validators start: should they end the process, this is the evidence."""

    n: int
    evidence: bytes


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """A call ended; `evidence` is an encoded `Evidence`. `retire` asks for the process to be replaced."""

    n: int
    evidence: bytes
    retire: bool = False


class Assessed(msgspec.Struct, frozen=True, array_like=True, tag="assessed"):
    """Validators ended; `assessments` is an encoded tuple of `Assessment`."""

    n: int
    assessments: bytes


class Resolved(msgspec.Struct, frozen=True, array_like=True, tag="resolved"):
    """The lane of one reference."""

    n: int
    ref: str
    lane: Lane


class Collected(msgspec.Struct, frozen=True, array_like=True, tag="collected"):
    """The marked functions of a file, or why it cannot be imported."""

    n: int
    functions: tuple[dict[str, Any], ...]
    error: str = ""


class Beat(msgspec.Struct, frozen=True, array_like=True, tag="beat"):
    """The event loop of the host turns, with this many tasks."""

    tasks: int = 0


class Blocked(msgspec.Struct, frozen=True, array_like=True, tag="blocked"):
    """A call keeps the event loop from turning; `n` is 0 when it turns again."""

    n: int
    stack: str = ""


class Wrote(msgspec.Struct, frozen=True, array_like=True, tag="wrote"):
    """A call wrote to one of its streams."""

    n: int
    fd: int
    data: bytes


FromHost = Called | Done | Assessed | Resolved | Collected | Beat | Blocked | Wrote
