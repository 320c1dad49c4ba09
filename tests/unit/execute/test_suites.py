"""Do the steps of a suite run once, before its first and after its last case, whatever happens?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from holdfast.errors import InternalError, UsageError
from holdfast.execute.nothing import NoServices
from holdfast.model.case import Case, Step, Suite, Target
from holdfast.model.evidence import Evidence
from holdfast.model.result import Result
from tests.unit.execute.running import Run, broken, case, fine, plan

STEP = Step(name="one", target=Target(kind="test", spec={}))


class Services(NoServices):
    """Writes down who comes and goes; `fails` is raised when someone enters for a phase."""

    def __init__(self, fails: Mapping[str, Exception] | None = None, dead: str = "") -> None:
        self.log: list[tuple[str, str]] = []
        self.fails = fails or {}
        self.dead = dead

    async def enter(self, case: Case, suite: Suite) -> Mapping[str, Any]:
        self.log.append(("enter", case.id))
        if case.id in self.fails:
            raise self.fails[case.id]
        return {"api": "http://here"}

    async def leave(self, case: Case, suite: Suite) -> None:
        self.log.append(("leave", case.id))

    async def lost(self, case: Case, suite: Suite) -> str:
        return self.dead

    async def end_suite(self, name: str) -> None:
        self.log.append(("end", name))


class Log:
    """Writes down in which order cases and steps ran; `answers` replaces what one leaves."""

    def __init__(self, **answers: Any) -> None:
        self.order: list[str] = []
        self.answers = answers
        self.variables: dict[str, Any] = {}

    def __call__(self, name: str, n: int, context: Any) -> Any:
        self.order.append(name)
        self.variables[name] = dict(context.variables)
        answer = self.answers.get(name.strip("()"), fine)
        return answer()


def both(**lists: Any) -> Suite:
    return Suite(name="s", **{"before": (STEP,), "after_all": (STEP,), **lists})


def test_before_comes_first_and_after_all_last_and_each_once() -> None:
    log = Log()
    run = Run(plan(case("a"), case("b"), suite=both()), log).go()
    assert log.order[0] == "(before)"
    assert sorted(log.order[1:3]) == ["a", "b"]
    assert log.order[3:] == ["(after_all)"]
    assert run.statuses == {"a": "passed", "b": "passed"}
    assert run.runner.broken_suites() == {}


@pytest.mark.parametrize(
    ("lists", "order"),
    [
        ({"after_all": ()}, ["(before)", "a"]),
        ({"before": ()}, ["a", "(after_all)"]),
        ({"before": (), "after_all": ()}, ["a"]),
    ],
)
def test_a_suite_may_have_either_list(lists: dict[str, Any], order: list[str]) -> None:
    log = Log()
    run = Run(plan(case("a"), suite=both(**lists)), log).go()
    assert log.order == order
    assert run.statuses == {"a": "passed"}
    assert run.runner.broken_suites() == {}


def test_after_all_does_not_wait_for_cases_of_other_suites() -> None:
    log = Log()

    async def ends_late() -> Evidence:
        await asyncio.sleep(50)
        log.order.append("other ended")
        return fine()

    log.answers["other"] = ends_late
    cases = [case("a"), case("b"), case("other", suite="another")]
    Run(plan(*cases, suite=both()), log).go()
    assert log.order[-2:] == ["(after_all)", "other ended"]


def test_a_suite_whose_before_did_not_pass_runs_no_case_and_still_its_after_all() -> None:
    log = Log(before=broken)
    run = Run(plan(case("a"), case("b"), suite=both()), log).go()
    assert log.order == ["(before)", "(after_all)"]
    assert {each.status for each in run.results.values()} == {"error"}
    assert "before: " in run.results["a"].reason


def test_steps_that_stopped_half_way_did_not_come_to_their_end() -> None:
    run = Run(plan(case("a"), suite=both()), Log(before=lambda: None)).go()
    assert "before did not come to its end" in run.results["a"].reason


def test_what_goes_wrong_after_all_breaks_the_suite_and_no_case() -> None:
    run = Run(plan(case("a"), suite=both()), Log(after_all=broken)).go()
    assert run.statuses == {"a": "passed"}
    assert list(run.runner.broken_suites()) == ["s"]
    assert run.runner.broken_suites()["s"].startswith("after_all: ")


def test_results_that_are_there_already_need_no_steps() -> None:
    log = Log()
    done = {0: Result(suite="s", id="a", status="passed")}
    Run(plan(case("a"), suite=both()), log, done=done).go()
    assert log.order == []


def test_a_suite_that_was_stopped_half_way_gets_its_after_all() -> None:
    log = Log()

    def act(name: str, n: int, context: Any) -> Any:
        left = log(name, n, context)
        return asyncio.sleep(100, left) if name == "a" else left

    def stop(runner: Any) -> None:
        runner.stop_granting("interrupt", "interrupted")
        runner.stop_now()

    cases = [case("a"), case("b", after=("a",))]
    run = Run(plan(*cases, suite=both()), act, during=stop).go()
    assert log.order == ["(before)", "a", "(after_all)"]
    assert run.results["b"].skip_kind == "interrupt"


def test_a_before_that_is_stopped_is_ended_and_after_all_runs() -> None:
    log = Log(before=lambda: asyncio.sleep(100, fine()))
    run = Run(plan(case("a"), suite=both()), log, during=lambda runner: runner.stop_now()).go()
    assert log.order == ["(before)", "(after_all)"]
    assert run.took_s < 100


def test_steps_see_the_services_and_leave_them() -> None:
    log, services = Log(), Services()
    around = {"has_services": True, "variables": {"base_url": "x"}}
    Run(plan(case("a"), suite=both()), log, services=services, around=around).go()
    assert log.variables["(before)"] == {"base_url": "x", "api": "http://here"}
    names = ("(before)", "a", "(after_all)")
    assert [each for each in services.log if each[0] != "end"] == [
        (what, name) for name in names for what in ("enter", "leave")
    ]
    assert services.log[-1] == ("end", "s")


def test_a_service_that_does_not_start_breaks_the_steps_and_an_internal_error_the_run() -> None:
    services = Services({"(after_all)": UsageError("api did not start")})
    run = Run(plan(case("a"), suite=both()), Log(), services=services).go()
    assert run.runner.broken_suites() == {"s": "after_all: api did not start"}
    with pytest.raises(InternalError):
        Run(
            plan(case("a"), suite=both()),
            Log(),
            services=Services({"(before)": InternalError("gone")}),
        ).go()


# --- one attempt -------------------------------------------------------------------


def each(**lists: Any) -> Suite:
    return Suite(name="s", **{"before_each": (STEP,), "after_each": (STEP,), **lists})


def test_steps_go_around_each_case_and_are_evidence_of_it() -> None:
    log = Log()
    run = Run(plan(case("a"), case("b"), suite=each()), log, slots=1).go()
    assert log.order == [
        name for one in ("a", "b") for name in ("(before_each)", one, "(after_each)")
    ]
    assert run.statuses == {"a": "passed", "b": "passed"}


def test_a_case_whose_set_up_failed_is_not_called_and_cleaned_up_after() -> None:
    log = Log(before_each=broken)
    run = Run(plan(case("a"), suite=each()), log).go()
    assert log.order == ["(before_each)", "(after_each)"]
    (attempt,) = run.results["a"].attempts
    assert attempt.status == "error"


def test_a_service_that_does_not_start_is_a_setup_error_of_the_case() -> None:
    services = Services({"a": UsageError("api did not start")})
    run = Run(plan(case("a")), Log(), services=services).go()
    (attempt,) = run.results["a"].attempts
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.message) == ("setup", "api did not start")
    assert services.log == [("enter", "a")]


def test_a_service_that_died_under_a_case_is_its_crash() -> None:
    run = Run(plan(case("a")), Log(), services=Services(dead="api ended with exit 3")).go()
    (attempt,) = run.results["a"].attempts
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.message) == ("crash", "api ended with exit 3")


def test_an_internal_error_of_a_service_ends_the_run() -> None:
    with pytest.raises(InternalError, match="gone"):
        Run(plan(case("a")), Log(), services=Services({"a": InternalError("gone")})).go()


def test_a_target_that_keeps_no_time_limit_is_ended_from_outside() -> None:
    log = Log(a=lambda: asyncio.sleep(10_000, fine()))
    run = Run(plan(case("a", timeout_s=5.0)), log).go()
    (attempt,) = run.results["a"].attempts
    assert attempt.error is not None
    assert attempt.error.kind == "timeout"
    assert attempt.error.message.startswith("no end within 5 s, and it could not be stopped")
    assert attempt.duration_s == 75.0


def test_a_template_that_cannot_be_filled_in_is_a_setup_error() -> None:
    def expand(value: Any, names: Mapping[str, Any]) -> Any:
        assert names["(base)"] == ""
        raise UsageError("there is no value 'x'")

    log = Log()
    run = Run(plan(case("a")), log, around={"expand": expand}).go()
    (attempt,) = run.results["a"].attempts
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.message) == ("setup", "there is no value 'x'")
    assert log.order == []


def test_validators_of_a_value_that_came_without_answers_are_asked() -> None:
    class Executor:
        async def assess(self, calls: Any, value: Any, timeout_s: float) -> tuple[Any, ...]:
            asked.append((calls, value, timeout_s))
            return ()

    asked: list[Any] = []
    around = {"executor": Executor(), "assessors_of": lambda expects: ("validator",)}
    Run(plan(case("a", timeout_s=7.0)), Log(), around=around).go()
    assert asked == [(("validator",), 1, 7.0)]
    Run(plan(case("a")), Log(a=broken), around=around).go()
    assert len(asked) == 1


def test_secrets_are_gone_before_anyone_judges() -> None:
    judged: list[Any] = []

    def judge(case: Case, evidence: Evidence) -> tuple[Any, ...]:
        judged.append(evidence)
        return ()

    def redact(raw: bytes) -> bytes:
        return raw.replace(b"hunter2", b"*******") if b"hunter2" in raw else raw

    around = {"redact": redact, "judge_case": judge}
    Run(plan(case("a")), Log(a=lambda: Evidence(value="hunter2")), around=around).go()
    assert judged[0].value == "*******"
    assert not judged[0].round_trips
    Run(plan(case("a")), Log(), around=around).go()
    assert judged[1].round_trips
