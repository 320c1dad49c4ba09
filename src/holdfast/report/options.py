"""What is a reporter told when it is made?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TextIO

import msgspec

from holdfast.clock import monotonic
from holdfast.report.paint import Paint, plain

__all__ = ["ReporterOptions", "nothing_known", "nothing_used"]


def nothing_known() -> Mapping[str, str]:
    """Answer for an executor that cannot tell what its workers do."""
    return {}


def nothing_used() -> Mapping[str, float]:
    """Answer for a run that nobody watches."""
    return {}


class ReporterOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reporter writes and how much.

    `verbose` asks for one line per finished case, `progress` for everything else
    that is written before the end. `doing` is `Executor.doing`; `used` answers the latest
    of each series of the run. `refreshes` are the live view's per second; 0 leaves it to its
    caller.
    """

    stream: TextIO
    width: int = 80
    paint: Paint = plain
    verbose: bool = False
    progress: bool = True
    doing: Callable[[], Mapping[str, str]] = nothing_known
    used: Callable[[], Mapping[str, float]] = nothing_used
    now: Callable[[], float] = monotonic
    refreshes: int = 8
