"""Are leaks told from what is clean?

Rules, set before the final measurement:
- The functions of `leak_zoo.py`, which no test calls, each by `leakcheck` with its defaults.
- A run of a clean function that says `leaks` or `undecided` is a false alarm; required: none in 30
  runs of each.
- Found is a leak that is called `leaks`; it counts the calls of the target until it was first
  suspected, before any longer look. Required: every leak in each of 5 runs, within 1,400 calls.
- Beside it stands the usual rule on the same readings: RSS grew by more than 1 MB.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks import leak_zoo
from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from holdfast.clock import monotonic
from holdfast.measure import LeakReport, leakcheck

__all__ = ["measure"]

ZOO = Path(leak_zoo.__file__)
RIVAL = "RSS grew by more than 1 MB"
RIVAL_BYTES = 1_000_000
MOST_CALLS = 1400.0


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    clean: int
    leaks: int
    names: frozenset[str] = frozenset({*leak_zoo.CLEAN, *leak_zoo.LEAKS})


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(clean=30, leaks=5),
    "tune": _Sizes(clean=5, leaks=1),
    "quick": _Sizes(clean=1, leaks=1, names=frozenset({"clean", "descriptor"})),
}


def measure(size: Size, folder: Path) -> Outcome:
    """Check every function of the zoo; `folder` is not needed."""
    del folder
    sizes = SIZES[size]
    samples: dict[str, tuple[Sample, ...]] = {}
    alarms: list[float] = []
    rival_alarms: list[float] = []
    for name in sorted(sizes.names.intersection(leak_zoo.CLEAN)):
        reports = [_check(name, samples) for _ in range(sizes.clean)]
        alarms.append(sum(report.status != "clean" for report in reports))
        rival_alarms.append(sum(_by_rss(report) for report in reports))
    missed: list[float] = []
    rival_missed: list[float] = []
    calls: list[float] = []
    for name in sorted(sizes.names.intersection(leak_zoo.LEAKS)):
        reports = [_check(name, samples) for _ in range(sizes.leaks)]
        missed.append(sum(report.status != "leaks" for report in reports))
        rival_missed.append(sum(not _by_rss(report) for report in reports))
        calls += [float(report.suspected_at or report.calls) for report in reports]
    none = Requirement(limit=0, by="worst")
    return Outcome(
        figures=(
            _figure(
                "false alarms on clean code",
                "runs",
                reached=alarms,
                rival=rival_alarms,
                required=none,
            ),
            _figure("leaks not found", "runs", reached=missed, rival=rival_missed, required=none),
            _figure(
                "calls until a leak is suspected",
                "calls",
                reached=calls,
                rival=[MOST_CALLS] * len(calls),
                required=Requirement(limit=MOST_CALLS, by="worst"),
            ),
        ),
        samples=samples,
    )


def _check(name: str, samples: dict[str, tuple[Sample, ...]]) -> LeakReport:
    started = monotonic()
    report = leakcheck(f"{ZOO}:{name}")
    values = {
        "status": {"clean": 0.0, "undecided": 1.0, "leaks": 2.0}[report.status],
        "calls": float(report.calls),
        "suspected_at": float(report.suspected_at),
    }
    taken = Sample(wall_s=monotonic() - started, cpu_s=0.0, values=values)
    samples[name] = (*samples.get(name, ()), taken)
    return report


def _by_rss(report: LeakReport) -> bool:
    """Judge the same readings by the usual rule."""
    for each in report.channels:
        if each.name == "rss" and each.readings:
            return each.readings[-1] - each.readings[0] > RIVAL_BYTES
    return False


def _figure(
    what: str, unit: str, *, reached: list[float], rival: list[float], required: Requirement
) -> Figure:
    return Figure(
        name="leaks",
        what=what,
        unit=unit,
        reached=tuple(reached),
        required=required,
        rival=RIVAL,
        rival_reached=tuple(rival),
        # One is added to each: there may be none, and none divides nothing.
        ratio=tuple((mine + 1) / (other + 1) for mine, other in zip(reached, rival, strict=True)),
    )
