"""What does one async case cost that does nothing, against a bare pytest test?

Rules, set before the first measurement:
- holdfast: N cases in one JSON file, each calls an `async def` that does nothing and expects
  `completes`; `holdfast run FILE --report json --no-progress -o DIR` with default settings and a
  new store on disk. Planned, run in a host, judged, stored, reported.
- rival: `pytest -q -p no:cacheprovider` without plug-ins on M tests of one `pass`, in modules.
- Counted: wall time of the process from start to exit, over its cases or tests. In turn, after
  one warm-up of each (so pytest has its compiled files); the ratio is taken within each turn.
- A run counts only if report and store hold all N cases as passed.
- Required: the median ratio is at most 1/8.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.sitting import pairwise, take_turns
from benchmarks.workload import run_holdfast, run_pytest, write_noops, write_tests

__all__ = ["measure"]


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    cases: int
    tests: int
    modules: int
    repetitions: int
    warm_ups: int = 1


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(cases=20_000, tests=5_000, modules=50, repetitions=5),
    "tune": _Sizes(cases=12_000, tests=3_000, modules=30, repetitions=3),
    "quick": _Sizes(cases=30, tests=20, modules=2, repetitions=1, warm_ups=0),
}
REQUIRED = Requirement(limit=1 / 8, of="ratio")


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    cases = write_noops(folder / "cases", sizes.cases, "nothing_async")
    tests = write_tests(folder / "tests", tests=sizes.tests, modules=sizes.modules)

    def ours(fresh: Path) -> Sample:
        return run_holdfast(cases, fresh, expected=sizes.cases)

    def theirs(fresh: Path) -> Sample:
        del fresh
        return run_pytest(tests, expected=sizes.tests)

    samples = take_turns(
        "async_noop",
        {"holdfast": ours, "pytest": theirs},
        folder,
        repetitions=sizes.repetitions,
        warm_ups=sizes.warm_ups,
    )
    per_case = tuple(sample.wall_s * 1e3 / sizes.cases for sample in samples["holdfast"])
    per_test = tuple(sample.wall_s * 1e3 / sizes.tests for sample in samples["pytest"])
    figure = Figure(
        name="async_noop",
        what=f"one async no-op case of {sizes.cases:,}",
        unit="ms",
        reached=per_case,
        required=REQUIRED,
        rival=f"bare pytest, one of {sizes.tests:,}",
        rival_reached=per_test,
        ratio=pairwise(per_case, per_test),
    )
    return Outcome(figures=(figure,), samples=samples)
