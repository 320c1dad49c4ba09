"""What grew while a target was called again and again?"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["CHANNELS", "ChannelGrowth", "LeakReport", "LeakSite"]

# What is counted, in which unit, and how little of it per call is nothing (field measurements:
# the harness itself and the allocator's pages stay below these).
CHANNELS: dict[str, tuple[str, float]] = {
    "blocks": ("Python objects", 0.015),
    "rss": ("bytes", 16.0),
    "heap": ("bytes", 16.0),
    "fds": ("file descriptors", 0.01),
    "threads": ("threads", 0.01),
    "children": ("child processes", 0.01),
    "tasks": ("asyncio tasks", 0.01),
    "files": ("temporary files", 0.01),
}


class ChannelGrowth(msgspec.Struct, frozen=True, kw_only=True):
    """How one channel grew.

    `per_call` is the Theil-Sen slope per call after warm-up, `low` and `high` its 99 %
    bounds, in `unit`; `high` is no less than the channel's floor: so much could hide. `suspected_at` is the call at which growth was first seen,
    `calls` and `readings` are the checkpoints. `absent` says why there are none.
    """

    name: str
    unit: str
    status: Literal["leaks", "growing", "clean", "absent"]
    per_call: float = 0.0
    low: float = 0.0
    high: float = 0.0
    suspected_at: int = 0
    note: str = ""
    calls: list[int] = []
    readings: list[float] = []


class LeakSite(msgspec.Struct, frozen=True, kw_only=True):
    """A line of code whose allocations stay: so many objects and bytes for each call.

    `native` is the C function that allocates, where it is not Python itself that does.
    """

    place: str
    objects_per_call: float
    bytes_per_call: float
    text: str = ""
    native: str = ""


class LeakReport(msgspec.Struct, frozen=True, kw_only=True):
    """Does the target leak? `clean`, `leaks`, or `undecided`: growing, but not proven.

    `calls` counts every call of the target while it was counted, warm-up included.
    """

    status: Literal["clean", "leaks", "undecided"]
    calls: int
    channels: tuple[ChannelGrowth, ...] = ()
    sites: tuple[LeakSite, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def suspected_at(self) -> int:
        """The call at which a leak was first suspected, 0 where none was."""
        found = [each.suspected_at for each in self.channels if each.status == "leaks"]
        return min(found, default=0)
