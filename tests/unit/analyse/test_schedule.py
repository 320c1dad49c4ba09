from __future__ import annotations

import pytest

from holdfast.analyse.schedule import schedule
from holdfast.model.case import Case, Target
from holdfast.model.plan import Plan, PlannedCase, Resource
from holdfast.model.run import Schedule, WorkerShare
from holdfast.model.span import Span, SpanLog

TARGET = Target(kind="python", spec={})


def plan(*needs: tuple[int, ...], uses: dict[int, dict[str, int]] | None = None) -> Plan:
    cases = tuple(
        PlannedCase(
            index=index,
            case=Case(suite="s", id=f"c{index}", target=TARGET, uses=(uses or {}).get(index, {})),
            key="",
            needs=before,
        )
        for index, before in enumerate(needs)
    )
    return Plan(cases=cases, suites={}, resources={"db": Resource(name="db", permits=2)})


def log(*spans: tuple[int, str, float, float], sync: bool = False) -> SpanLog:
    spent = SpanLog()
    for index, worker, started_s, ended_s in spans:
        spent.note(index, worker, started_s, ended_s, is_sync=sync)
    return spent


def test_a_run_in_which_nothing_ran_has_no_times() -> None:
    assert schedule(SpanLog(), plan((), ()), slots=4, workers=2) == Schedule(slots=4, workers=2)


def test_makespan_runs_from_the_first_start_to_the_last_end() -> None:
    found = schedule(log((0, "w", 2.0, 3.0), (1, "w", 4.0, 7.0)), plan((), ()), slots=1, workers=1)
    assert (found.makespan_s, found.sequential_s) == (5.0, 4.0)
    assert found.speedup == pytest.approx(4 / 5)


def test_the_slots_bound_the_run_from_below() -> None:
    spans = log((0, "w", 0.0, 2.0), (1, "w", 0.0, 2.0), (2, "w", 2.0, 4.0))
    assert schedule(spans, plan((), (), ()), slots=2, workers=9).lower_bound_s == 3.0


def test_the_workers_bound_sync_cases_from_below() -> None:
    spans = log((0, "w1", 0.0, 2.0), (1, "w1", 2.0, 4.0), sync=True)
    assert schedule(spans, plan((), ()), slots=8, workers=1).lower_bound_s == 4.0
    spans = log((0, "w1", 0.0, 2.0), (1, "w1", 2.0, 4.0), sync=False)
    assert schedule(spans, plan((), ()), slots=8, workers=1).lower_bound_s == 2.0


def test_the_permits_of_a_resource_bound_the_run_from_below() -> None:
    spans = log((0, "w", 0.0, 3.0), (1, "w", 3.0, 6.0), (2, "w", 0.0, 1.0))
    both = plan((), (), (), uses={0: {"db": 2}, 1: {"db": 2}, 2: {"db": 1}})
    assert schedule(spans, both, slots=32, workers=2).lower_bound_s == 6.5


def test_a_resource_that_nobody_described_has_one_permit() -> None:
    spans = log((0, "w", 0.0, 3.0), (1, "w", 3.0, 6.0))
    both = plan((), (), uses={0: {"x": 1}, 1: {"x": 1}})
    assert schedule(spans, both, slots=32, workers=2).lower_bound_s == 6.0


def test_the_longest_chain_of_needs_bounds_the_run_and_is_named() -> None:
    # 3 <- 1 <- 0 takes 4 s, 2 alone 3.5 s; a need may stand behind its user in the plan.
    spans = log((3, "w", 0.0, 1.0), (1, "w", 1.0, 3.0), (0, "w", 3.0, 4.0), (2, "w", 0.0, 3.5))
    found = schedule(spans, plan((1,), (3,), (), ()), slots=32, workers=2)
    assert found.critical_path == ("s/c3", "s/c1", "s/c0")
    assert found.lower_bound_s == 4.0


def test_without_needs_the_critical_path_is_the_longest_case() -> None:
    spans = log((0, "w", 0.0, 1.0), (1, "w", 0.0, 2.0))
    assert schedule(spans, plan((), ()), slots=2, workers=1).critical_path == ("s/c1",)


def test_a_need_that_did_not_run_is_not_on_the_critical_path() -> None:
    found = schedule(log((1, "w", 0.0, 1.0)), plan((), (0,)), slots=2, workers=1)
    assert found.critical_path == ("s/c1",)


def test_a_chain_of_10_000_cases_does_not_exhaust_the_stack() -> None:
    number = 10_000
    chain = plan((), *((index,) for index in range(number - 1)))
    spans = log(*((index, "w", float(index), index + 1.0) for index in range(number)))
    found = schedule(spans, chain, slots=4, workers=1)
    assert (found.lower_bound_s, len(found.critical_path)) == (float(number), number)


def test_all_attempts_of_a_case_count_as_its_time() -> None:
    spans = log((0, "w", 0.0, 1.0), (0, "w", 5.0, 7.0))
    found = schedule(spans, plan(()), slots=4, workers=1)
    assert (found.sequential_s, found.lower_bound_s, found.makespan_s) == (3.0, 3.0, 7.0)
    assert found.per_worker == (WorkerShare(name="w", cases=1, busy_share=3 / 7),)


def test_a_worker_with_many_cases_at_once_is_busy_once() -> None:
    spans = log((0, "host-1", 0.0, 4.0), (1, "host-1", 1.0, 3.0), (2, "host-1", 6.0, 8.0))
    found = schedule(spans, plan((), (), ()), slots=4, workers=2)
    assert found.per_worker == (WorkerShare(name="host-1", cases=3, busy_share=0.75),)
    assert found.idle_share == pytest.approx(0.25)


def test_workers_are_listed_in_their_natural_order() -> None:
    spans = log(*((0, name, 0.0, 1.0) for name in ("w-10", "w-2", "host", "w-1")))
    found = schedule(spans, plan(()), slots=4, workers=2)
    assert [one.name for one in found.per_worker] == ["host", "w-1", "w-2", "w-10"]


def test_a_sync_worker_that_never_ran_is_idle() -> None:
    spans = log((0, "w-1", 0.0, 2.0), sync=True)
    assert schedule(spans, plan(()), slots=4, workers=4).idle_share == 0.75


def test_efficiency_is_the_speedup_over_what_could_run_at_once() -> None:
    spans = [(0, "a", 0.0, 2.0), (1, "b", 0.0, 2.0), (2, "a", 2.0, 4.0)]
    three = plan((), (), ())
    assert schedule(log(*spans), three, slots=8, workers=2).efficiency == pytest.approx(0.5)
    assert schedule(log(*spans, sync=True), three, slots=8, workers=2).efficiency == 0.75


def test_attempts_without_duration_divide_by_nothing() -> None:
    found = schedule(log((0, "w", 1.0, 1.0)), plan(()), slots=2, workers=1)
    assert (found.makespan_s, found.speedup, found.idle_share) == (0.0, 1.0, 0.0)
    assert found.critical_path == ()


def test_waiting_for_permits_is_summed() -> None:
    spent = SpanLog()
    facts = {"started_s": 3.0, "ended_s": 4.0, "is_sync": True, "worker": "w"}
    spent.add(Span(index=0, ready_s=1.0, granted_s=2.5, **facts))
    spent.add(Span(index=1, ready_s=3.0, granted_s=3.0, **facts))
    assert schedule(spent, plan((), ()), slots=2, workers=1).permit_wait_s == 1.5


def test_a_log_gives_back_what_was_noted() -> None:
    spent = log((0, "a", 0.0, 1.0), (1, "b", 0.5, 2.0), (2, "a", 1.0, 3.0), sync=True)
    assert spent.workers == ("a", "b")
    assert list(spent) == [(0, 0, 0.0, 1.0, 1), (1, 1, 0.5, 2.0, 1), (2, 0, 1.0, 3.0, 1)]


def test_of_many_resources_the_busiest_one_counts() -> None:
    spans = log((0, "w", 0.0, 1.0), (1, "w", 0.0, 4.0), (2, "w", 4.0, 8.0))
    three = plan((), (), (), uses={0: {"a": 1}, 1: {"b": 1}, 2: {"b": 1}})
    assert schedule(spans, three, slots=32, workers=2).lower_bound_s == 8.0


def test_of_many_needs_the_one_that_ends_last_is_on_the_critical_path() -> None:
    spans = log((0, "w", 0.0, 3.0), (1, "w", 0.0, 1.0), (2, "w", 3.0, 4.0))
    found = schedule(spans, plan((), (), (0, 1)), slots=32, workers=2)
    assert found.critical_path == ("s/c0", "s/c2")
    assert found.lower_bound_s == 4.0
