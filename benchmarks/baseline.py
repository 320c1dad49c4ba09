"""How far do sittings of another time lie apart, and what can a stored baseline tell all the same?

Rules, set before the first measurement that is reported:
- Sittings of a CPU-bound Python function of about 2.5 ms, and of the same doing 20 % more work, with
  the defaults of `holdfast bench --save-baseline`. Each sitting has a mood of the machine, drawn from
  the seed: alone, or beside one or two processes that keep a CPU busy.
- Spread: the standard deviation of the log time over the sittings of the same code, in reference
  loops. The rival is the median CPU time as it is, a stored number.
- Verdicts: a sitting is held against three others of the same code, drawn from the seed and dated
  days apart, with the limit of 5 % for the same code and for 20 % more work. The rival is the gate
  "CPU time 5 % above the mean of the three".
- Required: the loop does not widen the spread; the same code is called slower in 1 % at most;
  20 % more work is found in 80 % at least.
"""

from __future__ import annotations

import contextlib
import datetime
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import mean, median, stdev

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.hog import hog
from holdfast.measure import Version
from holdfast.measure.baseline import Sitting
from holdfast.measure.baseline_sitting import take_sitting
from holdfast.measure.baseline_verdict import hold_against
from holdfast.measure.verdict import Rules

__all__ = ["measure"]

KINDS = {"same": 1.0, "+20 %": 1.2}
RULES = Rules(slower=0.05, floor=0.025, alpha=0.01)
LIMIT = 1.05
EARLIER = 3


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    sittings: int
    draws: int
    work: str
    seed: int
    budget_s: float = 2.0
    launches: int = 3


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(sittings=24, draws=1000, work="numbers", seed=1_000_000),
    "tune": _Sizes(sittings=8, draws=200, work="words", seed=1),
    "quick": _Sizes(sittings=1, draws=1, work="words", seed=500, budget_s=0.02, launches=1),
}


def measure(size: Size, folder: Path) -> Outcome:
    """Take sittings in turn, of both kinds; `folder` is not needed."""
    del folder
    sizes = SIZES[size]
    random = Random(sizes.seed)
    taken: dict[str, list[Sitting]] = {kind: [] for kind in KINDS}
    samples: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    for number in range(sizes.sittings):
        for kind in KINDS:
            hogs = random.randrange(3) if size != "quick" else 0
            sitting, sample = _sit(sizes, kind, hogs, sizes.seed + number)
            taken[kind].append(sitting)
            samples[kind].append(sample)
        print(f"baseline: {number + 1}/{sizes.sittings}", file=sys.stderr)
    verdicts = {kind: _verdicts(found, taken["same"], sizes) for kind, found in taken.items()}
    figures = (_spread(taken["same"]), *_found(verdicts))
    return Outcome(figures=figures, samples={kind: tuple(each) for kind, each in samples.items()})


def _sit(sizes: _Sizes, kind: str, hogs: int, seed: int) -> tuple[Sitting, Sample]:
    target = f"benchmarks.compare_work:{sizes.work}"
    version = Version(target=target, kwargs={"share": KINDS[kind]})
    start = time.perf_counter()
    with contextlib.ExitStack() as stack:
        for _ in range(hogs):
            stack.enter_context(hog())
        sitting = take_sitting(
            version, unit="cpu", budget_s=sizes.budget_s, launches=sizes.launches, seed=seed
        )
    values = {"raw": _raw(sitting), "in_loops": _in_loops(sitting), "hogs": float(hogs)}
    return sitting, Sample(wall_s=time.perf_counter() - start, cpu_s=0.0, values=values)


def _raw(sitting: Sitting) -> float:
    return median(math.log(each.cpu.target_s) for each in sitting.launches)


def _in_loops(sitting: Sitting) -> float:
    return median(each.cpu.log_ratio for each in sitting.launches)


def _verdicts(
    sittings: Sequence[Sitting], same: Sequence[Sitting], sizes: _Sizes
) -> list[tuple[bool, bool]]:
    """Hold sittings against three others of the same code; say who calls them slower."""
    random = Random(sizes.seed)
    found: list[tuple[bool, bool]] = []
    for _ in range(sizes.draws):
        now = random.choice(sittings)
        others = [each for each in same if each is not now] or list(same)
        drawn = random.sample(others, k=min(EARLIER, len(others)))
        dated = [
            msgspec.structs.replace(
                each, what=now.what, at=now.at - datetime.timedelta(days=1 + day)
            )
            for day, each in enumerate(drawn)
        ]
        gate = _raw(now) - math.log(LIMIT) > mean(map(_raw, drawn))
        found.append((hold_against(now, dated, RULES).status == "slower", gate))
    return found


def _spread(same: Sequence[Sitting]) -> Figure:
    ours, theirs = (
        100 * stdev(map(level, same)) if len(same) > 1 else 0.0 for level in (_in_loops, _raw)
    )
    return Figure(
        name="baseline",
        what=f"spread of {len(same)} sittings of the same code",
        unit="%",
        reached=(ours,),
        required=Requirement(limit=1.0, of="ratio"),
        rival="CPU time as it is",
        rival_reached=(theirs,),
        ratio=(ours / theirs if theirs else 1.0,),
    )


def _found(verdicts: dict[str, list[tuple[bool, bool]]]) -> Iterator[Figure]:
    for kind, what, required in (
        ("same", "the same code called slower", Requirement(limit=1.0)),
        ("+20 %", "+20 % found", Requirement(limit=80.0, at_most=False)),
    ):
        count = len(verdicts[kind])
        ours, theirs = (sum(each[side] for each in verdicts[kind]) for side in (0, 1))
        yield Figure(
            name="baseline",
            what=f"{what}, beside 3 sittings, of {count} draws",
            unit="%",
            reached=(100 * ours / count,),
            required=required,
            rival="stored CPU time, 5 %",
            rival_reached=(100 * theirs / count,),
            # By the rule of succession, since there may be none on either side.
            ratio=((ours + 1) / (theirs + 1),),
        )
