from __future__ import annotations

import heapq

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.analyse.schedule import schedule
from holdfast.model.case import Case, Target
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.span import SpanLog

TARGET = Target(kind="python", spec={})
DURATIONS = st.lists(st.floats(0.001, 100), min_size=1, max_size=40)


def carried_out(durations: list[float], slots: int, *, sync: bool) -> SpanLog:
    """Run the cases greedily on `slots` workers, as a scheduler without needs would."""
    log = SpanLog()
    free = [(0.0, number) for number in range(slots)]
    for index, duration in enumerate(durations):
        start, worker = heapq.heappop(free)
        log.note(index, f"w-{worker}", start, start + duration, is_sync=sync)
        heapq.heappush(free, (start + duration, worker))
    return log


def plan(number: int) -> Plan:
    cases = tuple(
        PlannedCase(index=index, case=Case(suite="s", id=str(index), target=TARGET), key="")
        for index in range(number)
    )
    return Plan(cases=cases, suites={})


@settings(max_examples=60, deadline=None)
@given(DURATIONS, st.integers(1, 8), st.booleans())
def test_no_run_is_shorter_than_its_bound_and_greedy_ones_are_below_twice_of_it(
    durations: list[float], slots: int, sync: bool
) -> None:
    log = carried_out(durations, slots, sync=sync)
    found = schedule(log, plan(len(durations)), slots=slots, workers=slots)
    assert found.lower_bound_s <= found.makespan_s * (1 + 1e-9)
    # Graham 1966: any greedy order is within 2 - 1/m of the optimum, here of the bound's parts.
    assert found.makespan_s <= 2 * found.lower_bound_s * (1 + 1e-9)
    assert 0 <= found.idle_share <= 1
    assert 0 < found.efficiency <= 1 + 1e-9
    assert all(0 <= one.busy_share <= 1 for one in found.per_worker)
    assert sum(one.cases for one in found.per_worker) == len(durations)
