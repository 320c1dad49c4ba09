"""What did the processes of a run use, and which cases stood out? The figures, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import msgspec

from holdfast.model.evidence import Series
from holdfast.model.run import RunRow
from holdfast.model.watched import Anomaly, Watched

__all__ = ["ProcessUse", "UnusualView", "UsageView", "unusual_view", "usage_view"]

# The names under which `assembly/usage.py` keeps what it sees of a process.
RSS, CPU = "rss_bytes", "cpu"
# Many processes, one after the other: what they hold does not grow from one to the next.
COMMANDS = "commands"
# Fewer that stand out are chance, or the cases themselves.
MIN_FOR_MACHINE = 3


class ProcessUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one process held and used; None where it was not seen.

    `first_bytes` and `last_bytes` are of its first and its last sample. `growth_bytes`, the
    difference, is None where there was not one process all the time: it ended and another
    one took its place.
    """

    name: str
    peak_bytes: int
    first_bytes: int | None = None
    last_bytes: int | None = None
    growth_bytes: int | None = None
    cpu_s: float | None = None


class UsageView(msgspec.Struct, frozen=True, kw_only=True):
    """What was watched, the most memory first, and what the watching is worth.

    `asked_hz` is 0 and `reason` says why where nothing was watched. `share` is what the
    watching itself took of one core; `missing` is what this machine does not tell, and why.
    """

    processes: tuple[ProcessUse, ...] = ()
    asked_hz: float = 0.0
    achieved_hz: float = 0.0
    share: float = 0.0
    reason: str = ""
    missing: tuple[tuple[str, str], ...] = ()


class UnusualView(msgspec.Struct, frozen=True, kw_only=True):
    """The cases that took far longer than in their own past, the farthest first.

    `count` of the `judged` ones stood out; `cases` are at most the farthest 100 of a stretch.
    `is_machine`: that is more than half of them, and three at least.
    """

    cases: tuple[Anomaly, ...] = ()
    count: int = 0
    judged: int = 0
    is_machine: bool = False


def usage_view(row: RunRow, series: Mapping[str, Series]) -> UsageView:
    """Return what the processes of a run used, from its row and its series."""
    watched = row.watched
    names = set(watched.peak_bytes) | {
        name[len(RSS) + 1 :] for name in series if name.startswith(f"{RSS}.")
    }
    processes = [_process(name, watched, series) for name in names]
    return UsageView(
        processes=tuple(sorted(processes, key=lambda each: (-each.peak_bytes, each.name))),
        asked_hz=watched.asked_hz,
        achieved_hz=watched.achieved_hz,
        share=watched.share,
        reason=watched.reason,
        missing=tuple(sorted(watched.missing.items())),
    )


def unusual_view(watched: Watched) -> UnusualView:
    """Return what stood out, and whether it is too much of it to be the cases."""
    cases = tuple(sorted(watched.anomalies, key=lambda each: -each.score))
    count, judged = watched.unusual, watched.judged
    is_machine = count >= MIN_FOR_MACHINE and 2 * count > judged
    return UnusualView(cases=cases, count=count, judged=judged, is_machine=is_machine)


def _process(name: str, watched: Watched, series: Mapping[str, Series]) -> ProcessUse:
    held = series.get(f"{RSS}.{name}", Series())
    sizes = [int(size) for size in held.values]
    alive = [size for size in sizes if size > 0]
    peak = max([watched.peak_bytes.get(name, 0), *sizes])
    if not alive:
        return ProcessUse(name=name, peak_bytes=peak)
    return ProcessUse(
        name=name,
        peak_bytes=peak,
        first_bytes=alive[0],
        last_bytes=alive[-1],
        growth_bytes=alive[-1] - alive[0]
        if name != COMMANDS and _is_one(sizes, held.at_s)
        else None,
        cpu_s=_cpu_s(series.get(f"{CPU}.{name}")),
    )


def _is_one(sizes: list[int], at_s: list[float]) -> bool:
    """Tell whether a series can be of one process: no end but the last, and no new start of the clock."""
    last_alive = max(n for n, size in enumerate(sizes) if size > 0)
    is_whole = all(sizes[: last_alive + 1])
    return is_whole and all(before <= after for before, after in pairwise(at_s))


def _cpu_s(cores: Series | None) -> float | None:
    """Return the CPU time that a series of cores in use amounts to."""
    if cores is None or not cores.at_s:
        return None
    spent = 0.0
    # Each value holds for the time since the sample before; the first has none that is kept.
    for n in range(1, len(cores.at_s)):
        spent += cores.values[n] * max(cores.at_s[n] - cores.at_s[n - 1], 0.0)
    return spent
