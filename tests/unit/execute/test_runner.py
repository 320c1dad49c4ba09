"""What becomes of every case of a plan, whatever happens to it and to the run?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.execute.outlook import StopRules
from holdfast.execute.runner import Runner
from holdfast.model.case import Retries, Waiver
from holdfast.model.evidence import Evidence
from holdfast.model.plan import Resource
from holdfast.model.result import Result
from tests.unit.execute.running import Run, Store, broken, case, fine, plan


def passes(name: str, n: int, context: Any) -> Evidence:
    return fine()


async def waits(seconds: float) -> Evidence:
    await asyncio.sleep(seconds)
    return fine()


def test_every_case_has_its_result_and_its_attempt_is_written_before() -> None:
    run = Run(plan(case("a"), case("b")), passes).go()
    assert run.statuses == {"a": "passed", "b": "passed"}
    order = [entry for entry in run.store.durable if entry[1] == 0]
    assert order == [("start", 0, 1), ("attempt", 0, 1), ("case", 0, "passed")]


def test_a_case_waits_for_what_it_needs_and_is_skipped_when_that_did_not_pass() -> None:
    def act(name: str, n: int, context: Any) -> Evidence:
        return broken() if name == "bad" else fine()

    cases = [
        case("bad"),
        case("child", after=("bad",)),
        case("grandchild", after=("child",)),
        case("other"),
    ]
    run = Run(plan(*cases), act).go()
    assert run.statuses == {
        "bad": "error",
        "child": "need",
        "grandchild": "need",
        "other": "passed",
    }
    assert run.results["child"].reason == "s/bad did not pass"
    assert run.results["grandchild"].reason == "s/child did not pass"
    assert run.target.calls == {"bad": 1, "other": 1}


def test_a_case_is_attempted_again_after_its_backoff() -> None:
    def act(name: str, n: int, context: Any) -> Evidence:
        return fine() if n == 3 else broken(is_assertion=True)

    run = Run(plan(case("a", retries=Retries(times=2, backoff_s=10.0))), act).go()
    result = run.results["a"]
    assert [attempt.status for attempt in result.attempts] == ["failed", "failed", "passed"]
    assert result.is_flaky
    assert run.took_s == 30.0
    assert result.duration_s == 30.0


def test_an_attempt_that_ended_is_durable_while_the_next_one_is_waited_for() -> None:
    seen: list[Any] = []

    async def fails_late() -> Evidence:
        seen.append(list(run.store.durable))
        await asyncio.sleep(5.0)
        return broken(is_assertion=True)

    cases = [case("a", retries=Retries(times=1, backoff_s=10.0))]
    run = Run(plan(*cases), lambda name, n, context: fails_late())
    run.go()
    assert ("attempt", 0, 1) in seen[1]


def test_a_case_whose_process_died_under_it_runs_again_alone_and_uses_no_retry() -> None:
    alone: list[bool] = []

    def act(name: str, n: int, context: Any) -> Evidence:
        alone.append(context.alone)
        return broken("crash", "shared") if n == 1 else fine()

    run = Run(plan(case("a")), act).go()
    assert run.statuses == {"a": "passed"}
    assert alone == [False, True]
    assert [attempt.counts for attempt in run.results["a"].attempts] == [False, True]
    assert not run.results["a"].is_flaky


def test_an_innocent_case_of_a_stopped_run_is_not_blamed_for_the_crash_of_its_host() -> None:
    async def dies() -> Evidence:
        await asyncio.sleep(1.0)
        return broken("crash", "shared")

    run = Run(
        plan(case("a")),
        lambda name, n, context: dies(),
        during=lambda runner: runner.stop_granting("interrupt", "stopped"),
    ).go()
    assert run.statuses == {"a": "interrupt"}


def test_a_stop_lets_what_runs_end_and_skips_the_rest() -> None:
    run = Run(
        plan(*(case(name) for name in "abc")),
        lambda name, n, context: waits(1.0),
        slots=1,
        during=lambda runner: runner.stop_granting("budget", "spent"),
    ).go()
    assert run.statuses == {"a": "passed", "b": "budget", "c": "budget"}
    assert ("event", "stopping") in run.reporter.told


@pytest.mark.parametrize("slots", [1, 3])
def test_a_stop_at_once_ends_what_runs_and_every_case_has_a_result(slots: int) -> None:
    run = Run(
        plan(*(case(name) for name in "abc")),
        lambda name, n, context: waits(9_000.0),
        slots=slots,
        during=lambda runner: runner.stop_now(),
    ).go()
    assert run.statuses == dict.fromkeys("abc", "interrupt")
    assert run.runner.stop.kind == "interrupt"
    assert run.took_s == 0.5


def test_a_stop_at_once_from_within_a_case_ends_the_others() -> None:
    def act(name: str, n: int, context: Any) -> Any:
        if name == "b":
            return waits(9_000.0)
        run.runner.stop_now()
        return fine()

    run = Run(plan(case("a"), case("b")), act)
    run.go()
    assert run.statuses == {"a": "passed", "b": "interrupt"}


def test_a_stop_at_once_overrules_a_milder_one() -> None:
    def stop(runner: Runner) -> None:
        runner.stop_granting("fail-fast", "enough")
        runner.stop_now()

    run = Run(plan(case("a")), lambda name, n, context: waits(9_000.0), during=stop).go()
    assert run.runner.stop.kind == "interrupt"
    assert run.statuses == {"a": "interrupt"}


def test_the_first_failure_stops_the_run_when_that_was_asked_for() -> None:
    run = Run(
        plan(*(case(name) for name in "abc")),
        lambda name, n, context: broken(),
        slots=1,
        rules=StopRules(max_failures=1),
    ).go()
    assert run.statuses == {"a": "error", "b": "fail-fast", "c": "fail-fast"}


def test_a_budget_stops_the_run() -> None:
    run = Run(
        plan(*(case(name) for name in "abc")),
        lambda name, n, context: waits(2.0),
        slots=1,
        rules=StopRules(budget_s=3.0),
    ).go()
    assert run.statuses == {"a": "passed", "b": "passed", "c": "budget"}


def test_a_resource_that_failed_too_often_in_a_row_ends_whoever_waits_for_it() -> None:
    cases = [case(name, uses={"api": 1}) for name in "abcd"] + [case("e", after=("d",)), case("f")]
    run = Run(
        plan(*cases, resources=[Resource(name="api", permits=1, breaker=2)]),
        lambda name, n, context: fine() if name == "f" else broken("exception", "connection"),
    ).go()
    assert run.statuses == {
        "a": "error",
        "b": "error",
        "c": "error",
        "d": "error",
        "e": "need",
        "f": "passed",
    }
    assert run.target.calls == {"a": 1, "b": 1, "f": 1}
    assert "endpoint down: api" in run.results["c"].reason


def test_a_retry_of_a_resource_that_went_down_meanwhile_is_not_made() -> None:
    cases = [case("a", uses={"api": 1}, retries=Retries(times=3, backoff_s=5.0))]
    run = Run(
        plan(*cases, resources=[Resource(name="api", breaker=1)]),
        lambda name, n, context: broken("exception", "connection"),
    ).go()
    assert run.target.calls == {"a": 1}
    assert "endpoint down" in run.results["a"].reason


def test_one_good_answer_closes_the_count_of_a_breaker() -> None:
    cases = [case(name, uses={"api": 1}) for name in "abcde"]
    run = Run(
        plan(*cases, resources=[Resource(name="api", permits=1, breaker=2)]),
        lambda name, n, context: fine() if name in "bd" else broken("timeout"),
    ).go()
    assert set(run.target.calls) == set("abcde")


@pytest.mark.parametrize("method", ["start", "attempt", "case", "flush"])
def test_a_store_that_cannot_write_ends_the_run_with_its_error(method: str) -> None:
    with pytest.raises(OSError, match="no space left"):
        Run(
            plan(case("a"), case("b")),
            lambda name, n, context: waits(50.0),
            store=Store(fails=method),
        ).go()


def test_a_fault_of_holdfast_ends_the_run_and_not_only_the_case() -> None:
    def act(name: str, n: int, context: Any) -> Evidence:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Run(plan(case("a"), case("b")), act).go()


def test_results_of_an_earlier_stretch_count_as_needs() -> None:
    done = {
        0: Result(suite="s", id="a", status="passed"),
        1: Result(suite="s", id="b", status="failed"),
    }
    cases = [case("a"), case("b"), case("c", after=("a",)), case("d", after=("b",))]
    run = Run(plan(*cases), passes, done=done).go()
    assert run.statuses == {"c": "passed", "d": "need"}
    assert run.target.calls == {"c": 1}


def test_a_run_with_nothing_left_to_do_ends_at_once() -> None:
    done = {0: Result(suite="s", id="a", status="passed")}
    assert Run(plan(case("a")), passes, done=done).go().results == {}


def test_an_expected_failure_is_skipped_until_its_day() -> None:
    cases = [case("a", xfail=Waiver(reason="known", until="2026-01-31"))]
    act = lambda name, n, context: broken(is_assertion=True)  # noqa: E731
    assert Run(plan(*cases), act, rules=StopRules(today="2026-01-31")).go().statuses == {
        "a": "xfail"
    }
    assert Run(plan(*cases), act, rules=StopRules(today="2026-02-01")).go().statuses == {
        "a": "failed"
    }


def test_a_case_is_shown_only_once_it_is_durable() -> None:
    run = Run(
        plan(*(case(str(n)) for n in range(20))), lambda name, n, context: waits(float(name))
    ).go()
    finished = [entry for entry in run.reporter.told if entry[0] == "case_finished"]
    assert len(finished) == 20
