"""What becomes of a case with nothing around its call, whose answer is a future?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from holdfast.errors import UsageError
from holdfast.execute.outlook import StopRules
from holdfast.execute.runner import Runner
from holdfast.model.case import Case, Retries, Target
from holdfast.model.evidence import Evidence
from holdfast.ports import AssessorCall
from tests.unit.execute.running import Run, broken, case, fine, judge, plan

Answer = Callable[[str, "asyncio.Future[Evidence]"], Any]


class Straight:
    """A target that answers with a future, as a pool does whose process is there."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.tasks = 0

    def call(self, spec: Mapping[str, Any], context: Any) -> asyncio.Future[Evidence]:
        future: asyncio.Future[Evidence] = asyncio.get_running_loop().create_future()
        self.answer(context.case.id, future)
        self.tasks = max(self.tasks, len(asyncio.all_tasks()))
        return future


def straight(name: str, **options: Any) -> Case:
    return case(name, target=Target(kind="python", spec={"ref": "m:f"}), **options)


def carry_out(*cases: Case, answer: Answer, **options: Any) -> tuple[Run, Straight]:
    target = Straight(answer)
    around = {"load": lambda kind, name: target, **options.pop("around", {})}
    return Run(plan(*cases), lambda *_: None, around=around, **options).go(), target


def later(name: str, future: asyncio.Future[Evidence]) -> None:
    asyncio.get_running_loop().call_later(2.0, future.set_result, fine())


def never(name: str, future: asyncio.Future[Evidence]) -> None:
    """The answer does not come."""


def test_it_needs_no_task_of_its_own_and_takes_as_long_as_its_answer() -> None:
    run, target = carry_out(*(straight(name) for name in "abc"), answer=later)
    assert run.statuses == dict.fromkeys("abc", "passed")
    assert target.tasks == 1
    assert run.results["a"].duration_s == 2.0


def order_of(*cases: Case, **options: Any) -> list[str]:
    """Carry cases out on one worker; tell when each was called and judged."""
    seen: list[str] = []

    def answer(name: str, future: asyncio.Future[Evidence]) -> None:
        seen.append(f"call {name}")
        asyncio.get_running_loop().call_later(1.0, future.set_result, fine())

    def judge_case(case: Case, evidence: Evidence) -> Any:
        seen.append(f"judge {case.id}")
        return judge(case.expect, evidence)

    around = {"judge_case": judge_case}
    run, _ = carry_out(*cases, answer=answer, around=around, workers=1, **options)
    assert set(run.statuses.values()) == {"passed"}
    assert [result.duration_s for result in run.results.values()] == [1.0] * len(cases)
    return seen


def test_a_worker_has_its_next_call_before_the_last_one_is_judged() -> None:
    assert order_of(straight("a"), straight("b")) == ["call a", "call b", "judge a", "judge b"]


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        ({"retries": Retries(times=1)}, {}, {}),
        ({}, {"after": ("a",)}, {}),
        ({}, {}, {"rules": StopRules(max_failures=1)}),
    ],
    ids=["it may run again", "it is needed", "it may stop the run"],
)
def test_a_case_on_which_the_next_one_depends_is_judged_first(
    first: Any, second: Any, options: Any
) -> None:
    order = order_of(straight("a", **first), straight("b", **second), **options)
    assert order == ["call a", "judge a", "call b", "judge b"]


def test_an_answer_that_is_there_at_once_is_taken() -> None:
    run, _ = carry_out(straight("a"), answer=lambda name, future: future.set_result(broken()))
    assert run.statuses == {"a": "error"}


def test_a_stop_at_once_ends_the_wait_for_its_answer() -> None:
    def stop(runner: Runner) -> None:
        runner.stop_now()

    run, _ = carry_out(straight("a"), straight("b"), answer=never, during=stop)
    assert run.statuses == {"a": "interrupt", "b": "interrupt"}


def test_an_answer_that_came_in_the_moment_of_a_stop_is_kept() -> None:
    def answer(name: str, future: asyncio.Future[Evidence]) -> None:
        if name == "a":
            waiting.append(future)

    def stop(runner: Runner) -> None:
        waiting[0].set_result(fine())
        runner.stop_now()

    waiting: list[asyncio.Future[Evidence]] = []
    run, _ = carry_out(straight("a"), straight("b"), answer=answer, during=stop)
    assert run.statuses == {"a": "passed", "b": "interrupt"}


def test_an_answer_that_is_a_fault_of_holdfast_ends_the_run() -> None:
    with pytest.raises(ZeroDivisionError):
        carry_out(
            straight("a"),
            answer=lambda name, future: future.set_exception(ZeroDivisionError()),
        )


def test_what_cannot_be_filled_in_is_an_error_of_the_case() -> None:
    def refuse(value: Any, names: Mapping[str, Any]) -> Any:
        raise UsageError("no such name")

    run, _ = carry_out(straight("a"), answer=later, around={"expand": refuse})
    [attempt] = run.results["a"].attempts
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.message) == ("setup", "no such name")


def test_a_validator_that_was_not_asked_where_the_value_lived_is_asked_after_it() -> None:
    class Executor:
        async def assess(self, calls: Any, value: Any, timeout_s: float) -> tuple[Any, ...]:
            asked.append((calls[0].key, value))
            return ()

    asked: list[Any] = []
    around = {
        "executor": Executor(),
        "assessors_of": lambda expects: (AssessorCall(key="k", ref="m:v"),),
    }
    run, _ = carry_out(straight("a"), answer=later, around=around)
    assert run.statuses == {"a": "passed"}
    assert asked == [("k", 1)]
