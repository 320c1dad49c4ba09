"""Does the scheduler keep its promises over every plan? All in virtual time."""

from __future__ import annotations

import math
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.execute.scheduler import Scheduler
from holdfast.model.case import Requires
from holdfast.model.plan import CORES, MACHINE, MEMORY, Plan, PlannedCase, Resource
from tests.property.scheduling import Simulation, case, order, plan

NAMES = ("api", "llm", "tape")


@st.composite
def runs(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(st.integers(1, 25))
    resources = [
        Resource(
            name=name,
            permits=draw(st.integers(1, 3)),
            rate_s=draw(st.sampled_from([0.0, 0.0, 0.7, 2.0])),
        )
        for name in NAMES
    ]
    cases = []
    for index in range(size):
        names = draw(st.sets(st.sampled_from(NAMES), max_size=2))
        permits = {
            each.name: draw(st.integers(1, each.permits))
            for each in resources
            if each.name in names
        }
        needs = (
            draw(st.sets(st.integers(0, index - 1), max_size=2))
            if index and draw(st.booleans())
            else set()
        )
        cases.append(case(index, uses=permits, needs=sorted(needs)))
    per_case = {"min_size": size, "max_size": size}
    return {
        "plan": plan(cases, *resources),
        "durations": draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), **per_case)),
        "slots": draw(st.integers(1, 6)),
        "workers": draw(st.integers(1, 3)),
        "is_sync": draw(st.lists(st.booleans(), **per_case)),
        "fails": draw(st.frozensets(st.integers(0, size - 1), max_size=4)),
        "tries": draw(st.lists(st.sampled_from([1, 1, 1, 2]), **per_case)),
    }


@settings(max_examples=120, deadline=None)
@given(runs())
def test_every_case_ends_once_and_is_doomed_exactly_when_a_need_did_not_pass(
    options: dict[str, Any],
) -> None:
    # The simulation holds the other promises at every step of the way.
    simulation = Simulation(**options)
    simulation.run()
    assert set(simulation.ended) == set(range(len(options["durations"])))
    assert simulation.scheduler.left == 0
    assert simulation.scheduler.running == 0
    for planned in options["plan"].cases:
        is_doomed = any(simulation.ended[need] in {"failed", "doomed"} for need in planned.needs)
        assert (simulation.ended[planned.index] == "doomed") == is_doomed


@settings(max_examples=80, deadline=None)
@given(runs(), st.integers(0, 25))
def test_a_stop_gives_back_every_case_that_did_not_start(
    options: dict[str, Any], after: int
) -> None:
    simulation = Simulation(**options, stop_after=after)
    simulation.run()
    assert set(simulation.ended) == set(range(len(options["durations"])))
    assert simulation.scheduler.left == 0


@settings(max_examples=60, deadline=None)
@given(runs(), st.data())
def test_a_run_that_goes_on_starts_only_what_is_left(
    options: dict[str, Any], data: st.DataObject
) -> None:
    first = Simulation(**{**options, "tries": ()}, stop_after=data.draw(st.integers(0, 10)))
    first.run()
    done = {
        index: how == "passed" for index, how in first.ended.items() if how in {"passed", "failed"}
    }
    second = Simulation(**{**options, "tries": ()}, done=done)
    second.run()
    assert not set(order(second)) & set(done)
    whole = Simulation(**{**options, "tries": ()})
    whole.run()
    final = {index: how for index, how in whole.ended.items() if how != "before"}
    assert {
        index: first.ended[index] if how == "before" else how for index, how in second.ended.items()
    } == final


@settings(max_examples=60, deadline=None)
@given(runs())
def test_the_same_plan_runs_in_the_same_order(options: dict[str, Any]) -> None:
    first, second = Simulation(**options), Simulation(**options)
    assert first.run() == second.run()
    assert first.started == second.started


def lognormal(seed: int, count: int) -> list[float]:
    generator = random.Random(seed)
    return [generator.lognormvariate(0.0, 1.0) for _ in range(count)]


def sorted_plan(
    durations: list[float], limited: set[int], permits: int
) -> tuple[Plan, list[float], float]:
    """Longest first, as the plan orders cases whose durations are known; returns the lower bound too."""
    by_length = sorted(range(len(durations)), key=lambda index: -durations[index])
    cases = [
        case(new, uses={"r": 1} if old in limited else {}) for new, old in enumerate(by_length)
    ]
    total = sum(durations)
    busy = sum(durations[index] for index in limited)
    bound = max(total / 5, busy / permits if limited else 0.0, *durations)
    return (
        plan(cases, Resource(name="r", permits=permits)),
        [durations[index] for index in by_length],
        bound,
    )


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_known_durations_are_packed_within_three_percent_of_the_bound(
    seed: int, share: float
) -> None:
    durations = lognormal(seed, 200)
    limited = set(random.Random(seed).sample(range(200), int(200 * share)))
    ordered, lengths, bound = sorted_plan(durations, limited, 3)
    makespan = Simulation(ordered, lengths, slots=5).run()
    assert bound <= makespan * (1 + 1e-9)
    assert makespan <= 1.03 * bound


def test_a_rate_is_kept_without_falling_behind() -> None:
    cases = [case(index, uses={"api": 1}) for index in range(60)]
    simulation = Simulation(
        plan(cases, Resource(name="api", permits=60, rate_s=1.0)), [0.1] * 60, slots=60
    )
    assert math.isclose(simulation.run(), 59.1)


def needing(index: int, **requires: float) -> PlannedCase:
    wanted = msgspec.convert(requires, Requires)
    planned = case(index)
    return msgspec.structs.replace(
        planned, case=msgspec.structs.replace(planned.case, requires=wanted)
    )


@given(
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=12),
    durations=st.lists(st.floats(0.1, 5.0), min_size=12, max_size=12),
)
def test_cases_that_require_memory_never_hold_more_than_there_is(
    sizes: list[int], durations: list[float]
) -> None:
    cases = [needing(index, memory_bytes=size * 2**20) for index, size in enumerate(sizes)]
    scheduler = Scheduler(
        plan(cases, Resource(name=MEMORY, permits=8)),
        slots=12,
        workers=1,
        is_sync=[False] * len(cases),
    )
    running: list[tuple[float, int]] = []
    now, left = 0.0, len(cases)
    while left:
        for index, _ in scheduler.grant(now):
            running.append((now + durations[index], index))
        assert sum(sizes[index] for _, index in running) <= 8
        assert running, "something must run while cases are left"
        now, index = min(running)
        running.remove((now, index))
        scheduler.release(index)
        scheduler.finish(index, is_passed=True)
        left -= 1


def test_a_case_that_takes_all_of_the_machine_runs_alone() -> None:
    cases = [case(0), case(1, uses={MACHINE: 4}), case(2), case(3)]
    scheduler = Scheduler(
        plan(cases, Resource(name=MACHINE, permits=4)), slots=4, workers=1, is_sync=[False] * 4
    )
    assert [index for index, _ in scheduler.grant(0.0)] == [0]
    scheduler.release(0)
    scheduler.finish(0, is_passed=True)
    assert [index for index, _ in scheduler.grant(1.0)] == [1]
    assert scheduler.grant(2.0) == []
    scheduler.release(1)
    scheduler.finish(1, is_passed=True)
    assert [index for index, _ in scheduler.grant(3.0)] == [2, 3]


def test_cores_are_held_in_hundredths() -> None:
    cases = [needing(index, cpus=0.5) for index in range(5)]
    scheduler = Scheduler(
        plan(cases, Resource(name=CORES, permits=200)), slots=9, workers=1, is_sync=[False] * 5
    )
    assert len(scheduler.grant(0.0)) == 4
