"""How close to the shortest possible time does the scheduler come?

Rules, set before the first measurement:
- 200 async cases that sleep, lognormal(0, 1.5), scaled so that they sleep 40 s in all; 5 slots.
  Twice: without resources, and with 3 permits of which every second case takes one.
- For each seed a new store: one run records the durations (its makespan does not count), then
  holdfast and the rival take turns, without and with permits, each once.
- rival: the same sleeps as asyncio tasks under `Semaphore(5)` (and `Semaphore(3)`), in file order.
- Counted: the makespan over the lower bound, both from `schedule` in report.json. The bound there
  is made of measured durations, so a second line tells the makespan over the bound of the sleeps
  as they were ordered: max(total / slots, limited total / permits, longest). Nothing is required
  of it, but it would show overhead that the first one hides.
- Required: at most 1.03 for the worst of the seeds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import python, run
from benchmarks.rivals.fifo import Plan
from benchmarks.sitting import pairwise, take_turns
from benchmarks.workload import run_holdfast, write_cases

__all__ = ["compare", "lower_bound", "make_plan", "measure"]


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    sleeps: int
    total_s: float
    seeds: tuple[int, ...]
    slots: int = 5
    permits: int = 3


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(sleeps=200, total_s=40.0, seeds=(20_011, 20_021, 20_023)),
    "tune": _Sizes(sleeps=200, total_s=40.0, seeds=(1, 2)),
    "quick": _Sizes(sleeps=12, total_s=0.3, seeds=(3,)),
}
REQUIRED = Requirement(limit=1.03, by="worst")


def make_plan(sizes: _Sizes, seed: int) -> Plan:
    """Draw the sleeps; every second one is limited."""
    source = random.Random(seed)
    drawn = [source.lognormvariate(0, 1.5) for _ in range(sizes.sleeps)]
    scale = sizes.total_s / sum(drawn)
    return Plan(
        sleeps_s=[seconds * scale for seconds in drawn],
        is_limited=[place % 2 == 0 for place in range(sizes.sleeps)],
        slots=sizes.slots,
        permits=sizes.permits,
    )


def without_permits(plan: Plan) -> Plan:
    """Return the same sleeps, none of them limited."""
    return msgspec.structs.replace(plan, is_limited=[False] * len(plan.sleeps_s))


def lower_bound(plan: Plan) -> float:
    """Return the seconds that no order of the sleeps can beat."""
    limited = zip(plan.sleeps_s, plan.is_limited, strict=True)
    limited_s = sum(seconds for seconds, is_limited in limited if is_limited)
    return max(sum(plan.sleeps_s) / plan.slots, limited_s / plan.permits, *plan.sleeps_s)


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    samples: dict[str, tuple[Sample, ...]] = {}
    for seed in sizes.seeds:
        for side, taken in _measure_seed(sizes, seed, folder / f"seed-{seed}").items():
            samples[side] = (*samples.get(side, ()), *taken)
    title = f"{sizes.sleeps} sleeps, {sizes.slots} slots"
    permits = f"{title}, {sizes.permits} permits"
    return Outcome(
        figures=(*compare("plain", title, samples), *compare("permits", permits, samples)),
        samples=samples,
    )


def _measure_seed(sizes: _Sizes, seed: int, folder: Path) -> dict[str, tuple[Sample, ...]]:
    limited = make_plan(sizes, seed)
    samples: dict[str, tuple[Sample, ...]] = {}
    store = folder / "holdfast.db"
    for variant, plan in (("plain", without_permits(limited)), ("permits", limited)):
        cases = write_cases(folder / variant, _cases(plan), _settings(plan))
        path = folder / f"{variant}.json"
        path.write_bytes(msgspec.json.encode(plan))

        def ours(fresh: Path, cases: Path = cases, plan: Plan = plan) -> Sample:
            sample = run_holdfast(cases, fresh, store=store, expected=len(plan.sleeps_s))
            return _with_bound(sample, sample.values, plan)

        def theirs(fresh: Path, path: Path = path, plan: Plan = plan) -> Sample:
            done = run(python("-m", "benchmarks.rivals.fifo", str(path)), cwd=fresh)
            spans = {"makespan_s": float(done.output), "lower_bound_s": lower_bound(plan)}
            return _with_bound(done.sample, spans, plan)

        if variant == "plain":  # the run that records how long each case takes
            take_turns(f"makespan {seed} history", {"holdfast": ours}, folder, repetitions=0)
        sides = {f"holdfast {variant}": ours, f"fifo {variant}": theirs}
        samples |= take_turns(f"makespan {seed}", sides, folder, repetitions=1, warm_ups=0)
    return samples


def _cases(plan: Plan) -> list[dict[str, Any]]:
    rest = {"python": "benchmarks.targets:rest", "expect": ["completes"]}
    return [
        {"id": f"sleep-{n:03}", "with": {"seconds": seconds}, **rest}
        | ({"uses": {"permits": 1}} if is_limited else {})
        for n, (seconds, is_limited) in enumerate(zip(plan.sleeps_s, plan.is_limited, strict=True))
    ]


def _settings(plan: Plan) -> str:
    return f"slots = {plan.slots}\n[resources]\npermits = {plan.permits}\n"


def _with_bound(sample: Sample, spans: Mapping[str, float], plan: Plan) -> Sample:
    values = {**spans, "ordered_bound_s": lower_bound(plan)}
    return msgspec.structs.replace(sample, values=values)


def compare(
    variant: str, what: str, samples: Mapping[str, tuple[Sample, ...]]
) -> tuple[Figure, Figure]:
    """Return the required figure and the one against the sleeps as they were ordered."""
    ours, theirs = samples[f"holdfast {variant}"], samples[f"fifo {variant}"]
    rival = "asyncio.Semaphore, file order"
    spans = pairwise(_values(ours, "makespan_s"), _values(theirs, "makespan_s"))
    reported = Figure(
        name="makespan",
        what=f"{what}, over its lower bound",
        unit="x",
        reached=_over(ours, "lower_bound_s"),
        required=REQUIRED,
        rival=rival,
        rival_reached=_over(theirs, "lower_bound_s"),
        ratio=spans,
    )
    ordered = Figure(
        name="makespan",
        what="the same over the bound of the sleeps as ordered",
        unit="x",
        reached=_over(ours, "ordered_bound_s"),
        rival=rival,
        rival_reached=_over(theirs, "ordered_bound_s"),
        ratio=spans,
    )
    return reported, ordered


def _values(samples: tuple[Sample, ...], key: str) -> tuple[float, ...]:
    return tuple(sample.values[key] for sample in samples)


def _over(samples: tuple[Sample, ...], bound: str) -> tuple[float, ...]:
    return pairwise(_values(samples, "makespan_s"), _values(samples, bound))
