"""How many sync Python cases per second go through 2 workers, start included?

Rules, set before the first measurement:
- holdfast: N cases in one JSON file, each calls a `def` that does nothing and expects `completes`;
  `holdfast run FILE --workers 2 --report json --no-progress -o DIR` with a new store on disk.
- rival: a program that submits N calls of the same function to a `ProcessPoolExecutor(2)`, one
  `submit` each, and takes all results. It plans, judges, stores and reports nothing.
- Counted: N over the wall time of the process from start to exit. In turn, after one warm-up of
  each; the ratio is taken within each turn.
- A run counts only if report and store hold all N cases as passed.
- Required: the median is at least 3,000 per second.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import NotMeasured, python, run
from benchmarks.sitting import pairwise, take_turns
from benchmarks.workload import run_holdfast, write_noops

__all__ = ["measure"]

WORKERS = 2


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    cases: int
    repetitions: int
    warm_ups: int = 1


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(cases=20_000, repetitions=5),
    "tune": _Sizes(cases=12_000, repetitions=3),
    "quick": _Sizes(cases=30, repetitions=1, warm_ups=0),
}
REQUIRED = Requirement(limit=3_000, at_most=False)


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    cases = write_noops(folder / "cases", sizes.cases, "nothing")

    def ours(fresh: Path) -> Sample:
        flags = ["--workers", str(WORKERS)]
        return run_holdfast(cases, fresh, flags=flags, expected=sizes.cases)

    def theirs(fresh: Path) -> Sample:
        command = python("-m", "benchmarks.rivals.pool", str(WORKERS), str(sizes.cases))
        done = run(command, cwd=fresh)
        if done.output.strip() != str(sizes.cases):
            raise NotMeasured(f"the pool must answer {sizes.cases} calls, got {done.output!r}")
        return done.sample

    samples = take_turns(
        "sync_noop",
        {"holdfast": ours, "executor": theirs},
        folder,
        repetitions=sizes.repetitions,
        warm_ups=sizes.warm_ups,
    )
    rate = tuple(sizes.cases / sample.wall_s for sample in samples["holdfast"])
    rival_rate = tuple(sizes.cases / sample.wall_s for sample in samples["executor"])
    figure = Figure(
        name="sync_noop",
        what=f"{sizes.cases:,} sync no-op cases, {WORKERS} workers",
        unit="/s",
        reached=rate,
        required=REQUIRED,
        rival=f"ProcessPoolExecutor({WORKERS})",
        rival_reached=rival_rate,
        ratio=pairwise(rate, rival_rate),
    )
    return Outcome(figures=(figure,), samples=samples)
