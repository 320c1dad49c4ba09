"""How much memory does a large run take at its peak?

Rules, set before the first measurement:
- holdfast: N async no-op cases in one JSON file, as in async_noop.
- beside it, in turn: the same with n cases, so that what a case adds can be told from what holdfast
  takes in any case. No program of others is a rival here: they keep other things.
- Counted: the peak resident size of holdfast's own process, and the highest sum of the resident
  sizes of it and all its descendants (pages that they share are counted for each of them), read
  every 50 ms from start to exit.
- A run counts only if report and store hold all cases as passed.
- Required: both below 400 MB (400,000,000 bytes) in every repetition.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import NotMeasured
from benchmarks.sitting import Side, pairwise, take_turns
from benchmarks.workload import run_holdfast, write_noops

__all__ = ["measure"]


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    cases: int
    few: int
    repetitions: int


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(cases=100_000, few=1_000, repetitions=3),
    "tune": _Sizes(cases=60_000, few=1_000, repetitions=1),
    "quick": _Sizes(cases=40, few=10, repetitions=1),
}
REQUIRED = Requirement(limit=400, by="worst")


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own. The memory of a first run is like any other's."""
    sizes = SIZES[size]
    sides = {
        "holdfast": _side(folder / "many", sizes.cases),
        "holdfast, few": _side(folder / "few", sizes.few),
    }
    samples = take_turns("memory", sides, folder, repetitions=sizes.repetitions, warm_ups=0)
    return Outcome(
        figures=(
            _figure("memory", "holdfast's process", sizes, _own(samples)),
            _figure("memory", "it and all that it started", sizes, _tree(samples)),
        ),
        samples=samples,
    )


def _side(folder: Path, count: int) -> Side:
    cases = write_noops(folder, count, "nothing_async")
    return lambda fresh: run_holdfast(cases, fresh, expected=count)


def _own(samples: dict[str, tuple[Sample, ...]]) -> list[tuple[float, ...]]:
    return [tuple(_megabytes(s.own_bytes) for s in taken) for taken in samples.values()]


def _tree(samples: dict[str, tuple[Sample, ...]]) -> list[tuple[float, ...]]:
    return [tuple(_megabytes(s.tree_bytes) for s in taken) for taken in samples.values()]


def _megabytes(size: int | None) -> float:
    if size is None:
        raise NotMeasured("memory of other processes is read from /proc, which is not here")
    return size / 1e6


def _figure(name: str, what: str, sizes: _Sizes, reached: list[tuple[float, ...]]) -> Figure:
    many, few = reached
    return Figure(
        name=name,
        what=f"{what}, {sizes.cases:,} cases",
        unit="MB",
        reached=many,
        required=REQUIRED,
        rival=f"holdfast, {sizes.few:,} cases",
        rival_reached=few,
        ratio=pairwise(many, few),
    )
