"""Are steps carried out in order, up to the first that does not pass, and teardown always?"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from holdfast.errors import UsageError
from holdfast.model.case import Case, Expect, Step, Target, Until
from holdfast.model.evidence import Assessment, CaseError, Evidence
from holdfast.model.steps import judge_case
from holdfast.ports import AssessorCall, CallContext
from holdfast.targets.steps import TARGET
from tests.contract.target_kit import Executor, context, judge


class VirtualClock:
    """Time that passes only when somebody sleeps, or a call says that it took long."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    def wall(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.at, datetime.UTC)

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class Scripted:
    """A target that answers from a list and keeps what it was asked."""

    def __init__(self, clock: VirtualClock, *answers: Any, takes_s: float = 0.0) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.takes_s = takes_s
        self.asked: list[dict[str, Any]] = []
        self.contexts: list[CallContext] = []

    async def call(self, spec: Mapping[str, Any], context: CallContext) -> Evidence:
        self.asked.append(dict(spec))
        self.contexts.append(context)
        self.clock.at += self.takes_s
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, Evidence) else Evidence(value=answer)


class Bench:
    """A case of steps over a scripted target."""

    def __init__(self, *answers: Any, takes_s: float = 0.0, **changes: Any) -> None:
        self.clock = VirtualClock()
        self.target = Scripted(self.clock, *answers, takes_s=takes_s)
        self.changes = changes
        self.variables: dict[str, Any] = {}

    def load(self, kind: str, name: str) -> Any:
        if (kind, name) != ("target", "fake"):
            raise UsageError(f"no such {kind} {name!r}")
        return self.target

    def context(self, *steps: Step, teardown: tuple[Step, ...] = ()) -> CallContext:
        case = Case(
            suite="s",
            id="c",
            target=Target(kind="steps", spec={}),
            steps=steps,
            teardown=teardown,
        )
        parts = {"clock": self.clock, "load": self.load, "variables": self.variables}
        return context(case=case, **{**parts, **self.changes})

    def run(self, *steps: Step, teardown: tuple[Step, ...] = ()) -> Evidence:
        return asyncio.run(TARGET.call({}, self.context(*steps, teardown=teardown)))


def step(expect: Any = ..., spec: dict[str, Any] | None = None, **fields: Any) -> Step:
    expects = () if expect is ... else (Expect("equals", expect),)
    return Step(target=Target(kind="fake", spec=spec or {}), expect=expects, **fields)


def statuses(evidence: Evidence, bench: Bench) -> list[tuple[str, str]]:
    case = bench.context().case
    return [(each.expectation, each.status) for each in judge_case(case, evidence, judge)]


TIMEOUT = Evidence(has_value=False, error=CaseError(kind="timeout", message="slow"))


def test_steps_are_called_in_order_with_what_earlier_ones_saved() -> None:
    bench = Bench({"id": 7}, {"id": 7})
    evidence = bench.run(
        step({"id": 7}, {"url": "/x"}, save={"dataset": "$.id"}),
        step(spec={"url": "/x/{dataset}", "json": {"of": "{dataset}"}}),
    )
    assert bench.target.asked == [{"url": "/x"}, {"url": "/x/7", "json": {"of": 7}}]
    assert evidence.error is None
    assert evidence.value == {"dataset": 7}
    assert [each.name for each in evidence.steps] == ["step 1 (fake)", "step 2 (fake)"]
    assert bench.variables == {"dataset": 7}


def test_steps_stop_at_the_first_that_does_not_pass() -> None:
    bench = Bench(1, 2, 3)
    evidence = bench.run(step(1), step(1), step(1))
    assert len(bench.target.asked) == 2
    assert statuses(evidence, bench) == [
        ("step 1 (fake): equals", "passed"),
        ("step 2 (fake): equals", "failed"),
    ]
    assert evidence.error is None


def test_a_step_that_ends_with_an_error_is_the_error_of_the_case() -> None:
    bench = Bench(TIMEOUT)
    evidence = bench.run(step(1), step(1))
    assert evidence.error is not None
    assert not evidence.has_value
    assert (evidence.error.kind, evidence.error.message) == ("timeout", "step 1 (fake): slow")
    assert statuses(evidence, bench) == [("step 1 (fake): equals", "error")]


def test_an_error_that_was_expected_stops_nothing() -> None:
    bench = Bench(TIMEOUT, 1)
    raises = Step(target=Target(kind="fake", spec={}), expect=(Expect("raises", None),))

    def lenient(expects: Any, evidence: Evidence) -> Any:
        return judge(
            () if evidence.error else expects, msgspec.structs.replace(evidence, error=None)
        )

    bench.changes["judge"] = lenient
    assert bench.run(raises, step(1)).error is None
    assert len(bench.target.asked) == 2


def test_expectations_take_saved_values_where_they_are_the_whole_string() -> None:
    bench = Bench({"id": 7}, {"id": 7, "text": ["{id}", "is {id}", "{id}"]})
    wanted = {"id": "{id}", "text": ["{{id}}", "is {id}", "{{id}}"]}
    evidence = bench.run(step(save={"id": "$.id"}), step(wanted))
    assert statuses(evidence, bench) == [("step 2 (fake): equals", "passed")]


def test_teardown_runs_after_a_failure_with_all_of_its_steps() -> None:
    bench = Bench({"id": 7}, "bad", "also bad", "fine")
    evidence = bench.run(
        step(save={"id": "$.id"}),
        step("good"),
        teardown=(step("fine", {"x": "{id}"}), step("fine")),
    )
    assert [each.phase for each in evidence.steps] == ["step", "step", "teardown", "teardown"]
    assert bench.target.asked[2] == {"x": 7}
    assert statuses(evidence, bench)[1:] == [
        ("teardown 1 (fake): equals", "failed"),
        ("teardown 2 (fake): equals", "passed"),
    ]


def test_teardown_has_time_of_its_own_after_the_case_used_up_its_own() -> None:
    bench = Bench(1, 2, 3, takes_s=10.0, timeout_s=15.0)
    evidence = bench.run(step(), step(), step(), teardown=(step(), step()))
    assert [each.timeout_s for each in bench.target.contexts] == [15.0, 5.0, 30.0, 20.0]
    assert evidence.error is not None
    assert evidence.error.kind == "timeout"
    assert evidence.error.message == "step 3 (fake): no time was left for this step"


def test_a_steps_own_timeout_holds_within_that_of_the_case() -> None:
    bench = Bench(timeout_s=15.0)
    bench.run(step(timeout_s=2.0), step(timeout_s=60.0))
    assert [each.timeout_s for each in bench.target.contexts] == [2.0, 15.0]


def test_without_any_limit_a_step_has_none() -> None:
    bench = Bench()
    bench.run(step())
    assert bench.target.contexts[0].timeout_s is None


def test_teardown_runs_when_the_case_is_cancelled() -> None:
    bench = Bench(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        bench.run(step(), teardown=(step(spec={"clean": "up"}),))
    assert bench.target.asked == [{}, {"clean": "up"}]


def test_teardown_is_not_cut_short_when_the_case_is_cancelled_meanwhile() -> None:
    bench = Bench()
    ended: list[str] = []

    class Slow:
        def __init__(self) -> None:
            self.has_begun = asyncio.Event()
            self.may_end = asyncio.Event()

        async def call(self, spec: Mapping[str, Any], context: CallContext) -> Evidence:
            self.has_begun.set()
            await self.may_end.wait()
            ended.append("teardown")
            return Evidence()

    async def main() -> None:
        slow = Slow()
        bench.changes["load"] = lambda kind, name: slow
        task = asyncio.ensure_future(TARGET.call({}, bench.context(teardown=(step(),))))
        await slow.has_begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        slow.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ended == ["teardown"]


def until(expect: Any, **limits: float) -> Until:
    return Until(expect=(Expect("equals", expect),), **limits)


def test_until_repeats_until_it_holds_and_keeps_the_last_evidence() -> None:
    bench = Bench("pending", TIMEOUT, "done", "too far")
    evidence = bench.run(step(until=until("done", every_s=0.5, within_s=20.0)))
    (kept,) = evidence.steps
    assert (kept.tries, kept.evidence.value) == (3, "done")
    assert bench.clock.at == 101.0
    assert statuses(evidence, bench) == [("step 1 (fake): until", "passed")]


def test_until_that_is_not_reached_fails_and_stops_the_steps() -> None:
    bench = Bench(*["pending"] * 9)
    evidence = bench.run(step(until=until("done", every_s=1.0, within_s=3.5)), step())
    (kept,) = evidence.steps
    assert kept.tries == 4
    (finding,) = judge_case(bench.context().case, evidence, judge)
    assert finding.status == "failed"
    assert "not reached within 3.5 s, after 4 tries" in finding.message
    assert "'pending'" in finding.message


def test_until_gives_each_call_what_is_left_and_does_not_outlive_the_case() -> None:
    bench = Bench(*["pending"] * 9, timeout_s=2.5)
    evidence = bench.run(step(until=until("done", every_s=1.0, within_s=60.0)))
    assert (evidence.steps[0].tries, evidence.steps[0].evidence.value) == (3, "pending")
    assert [each.timeout_s for each in bench.target.contexts] == [2.5, 1.5, 0.5]


def test_what_cannot_be_saved_fails_the_step_and_stops() -> None:
    bench = Bench({"id": 7}, 1)
    evidence = bench.run(step(save={"id": "$.id", "other": "$.other"}), step())
    assert len(evidence.steps) == 1
    assert evidence.value == {"id": 7}
    assert statuses(evidence, bench) == [("step 1 (fake): save", "failed")]


def test_nothing_is_saved_from_a_step_that_did_not_pass() -> None:
    bench = Bench({"id": 7})
    bench.run(step("other", save={"id": "$.id"}))
    assert bench.variables == {}


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (step(spec={"url": "/{missing}"}), "MissingName"),
        (step("{missing}"), "MissingName"),
        (step(until=until("{missing}")), "MissingName"),
        (Step(target=Target(kind="none", spec={})), "UsageError"),
    ],
)
def test_a_step_that_cannot_be_prepared_is_a_set_up_error(broken: Step, kind: str) -> None:
    bench = Bench()
    evidence = bench.run(broken)
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.error.type) == ("setup", kind)
    assert bench.target.asked == []


def test_validators_of_a_step_are_asked_about_what_it_left() -> None:
    class Assessing(Executor):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[tuple[Any, float]] = []

        async def assess(self, calls: Any, value: Any, timeout_s: float) -> Any:
            self.asked.append((value, timeout_s))
            return tuple(Assessment(key=call.key, answer="passed") for call in calls)

    find: Callable[[Any], Any] = lambda expects: tuple(  # noqa: E731
        AssessorCall(key=each.name, ref="m:f") for each in expects
    )
    executor = Assessing()
    bench = Bench(5, TIMEOUT, executor=executor, options={"assessors_of": find}, timeout_s=8.0)
    evidence = bench.run(step(5), step(1))
    assert executor.asked == [(5, 8.0)]
    assert evidence.steps[0].evidence.assessments == (Assessment(key="equals", answer="passed"),)
    assert bench.target.contexts[0].assessors == (AssessorCall(key="equals", ref="m:f"),)


def test_all_steps_share_one_session() -> None:
    class Sessions:
        def __init__(self) -> None:
            self.made = 0

        def session(self) -> Any:
            self.made += 1
            return Session(self.made)

    class Session:
        def __init__(self, number: int) -> None:
            self.number = number

        def session(self) -> Any:
            return self

    bench = Bench(http=Sessions())
    bench.run(step(), step(), teardown=(step(),))
    assert [each.http.number for each in bench.target.contexts] == [1, 1, 1]


def test_a_list_around_cases_runs_on_its_own() -> None:
    bench = Bench(1, 2)
    kept = asyncio.run(TARGET.run_list([step(2), step(2)], "after_each", bench.context()))
    assert [each.name for each in kept] == ["after_each 1 (fake)", "after_each 2 (fake)"]
    kept = asyncio.run(TARGET.run_list([step(2), step(2)], "before_each", bench.context()))
    assert len(kept) == 1
