import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.assembly.request import Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.builtin import COMPONENTS
from holdfast.clock import SystemClock
from holdfast.errors import UsageError
from holdfast.model.case import Case, Expect, Target
from holdfast.model.evidence import Assessment, CaseError, Evidence
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt, Result
from holdfast.model.run import Counts, RunRow
from holdfast.ports import AssessorCall, PlannedRow
from holdfast.registry import Registry
from holdfast.rejudge import FLUSH_CASES, Rejudged, judge_again
from holdfast.settings import GateSettings

REGISTRY = Registry(COMPONENTS)
ROW = RunRow(
    id="r1",
    seed=3,
    started="2026-01-31T12:00:00+00:00",
    finished="2026-01-31T12:00:09+00:00",
    exit_code=0,
    verdict="passed",
)
ASKED = Expect("python", "rules:check")
OLD = Assessment(key="rules:check", answer="passed")
ONCE = Attempt(
    n=1, status="passed", started_s=0.0, duration_s=1.0, findings=(Finding(status="passed"),)
)


class Kept:
    """A store of one run: the cases, what they left, and what was replaced."""

    def __init__(self, cases: Sequence[tuple[Case, Result, Evidence | None]]) -> None:
        self.cases = cases
        self.replaced: dict[int, Result] = {}
        self.flushes = 0
        self.closed: list[RunRow] = []

    def planned(self, run_id: str, *, with_case: bool = False) -> Iterator[PlannedRow]:
        for index, (case, _, _) in enumerate(self.cases):
            shown = case if with_case else None
            yield PlannedRow(index=index, suite=case.suite, id=case.id, key="", case=shown)

    def results(self, run_id: str) -> Iterator[tuple[PlannedRow, Result]]:
        for planned, (_, result, _) in zip(self.planned(run_id), self.cases, strict=True):
            yield planned, self.replaced.get(planned.index, result)

    def evidence(self, run_id: str, index: int, n: int) -> Evidence | None:
        return self.cases[index][2]

    def replace_findings(self, run_id: str, index: int, result: Result) -> None:
        self.replaced[index] = result

    def flush(self) -> None:
        self.flushes += 1

    def close_run(self, row: RunRow) -> None:
        self.closed.append(row)


class Refusing:
    """An executor whose validators all answer no."""

    def __init__(self, message: str = "") -> None:
        self.values: list[Any] = []
        self.message = message

    async def assess(
        self, calls: Sequence[AssessorCall], value: Any, timeout_s: float
    ) -> tuple[Assessment, ...]:
        self.values.append(value)
        return tuple(
            Assessment(key=call.key, answer="failed", message=self.message) for call in calls
        )


def case(*expect: Expect, **fields: Any) -> Case:
    target = Target(kind="python", spec={"ref": "code:f"})
    return Case(**{"suite": "s", "id": "a", "target": target, "expect": expect, **fields})


def result(*attempts: Attempt, **fields: Any) -> Result:
    return Result(**{"suite": "s", "id": "a", "status": "passed", "attempts": attempts, **fields})


def judge(store: Kept, executor: Any = None, row: RunRow = ROW, secret: str = "") -> Rejudged:
    place = Workplace(
        registry=REGISTRY,
        clock=SystemClock(),
        root=Path(),
        env={},
        secrets={"TOKEN": secret} if secret else {},
        key=b"k" * 32,
    )
    return asyncio.run(
        judge_again(
            row,
            store,  # type: ignore[arg-type]
            GateSettings(),
            registry=REGISTRY,
            executor=executor or Refusing(),
            secrecy=Secrecy(place),
            timeout_s=1.0,
        )
    )


def test_a_validator_is_asked_again_about_the_very_value() -> None:
    evidence = Evidence(value={"n": 7}, assessments=(OLD,))
    store = Kept([(case(ASKED), result(ONCE), evidence)])
    executor = Refusing()

    done = judge(store, executor)

    assert executor.values == [{"n": 7}]
    assert store.replaced[0].status == "failed"
    assert [change.after.status for change in done.changes] == ["failed"]
    assert store.closed == [done.row]
    assert (done.row.verdict, done.row.exit_code) == ("failed", 1)
    assert done.row.counts == Counts(planned=1, recorded=1, failed=1)


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(value={"$opaque": "x"}, round_trips=False, assessments=(OLD,)),
        Evidence(value="my [redacted 1a2b3c4d] token", assessments=(OLD,)),
        Evidence(value=None, has_value=False, assessments=(OLD,)),
    ],
)
def test_an_answer_on_a_value_that_was_not_kept_stays_and_names_the_run(evidence: Evidence) -> None:
    store = Kept([(case(ASKED, Expect("completes")), result(ONCE), evidence)])
    executor = Refusing()

    judge(store, executor)

    first, second = store.replaced[0].findings
    assert executor.values == []
    assert (first.status, first.assessed_in) == ("passed", "r1")
    assert second.assessed_in == ""


def test_without_value_and_answer_nothing_can_be_decided() -> None:
    store = Kept([(case(ASKED), result(ONCE), Evidence(value=1, round_trips=False))])

    judge(store)

    (finding,) = store.replaced[0].findings
    assert (finding.status, finding.message) == ("undecided", "value not kept")


def test_an_answer_that_shows_a_secret_is_cleaned() -> None:
    store = Kept([(case(ASKED), result(ONCE), Evidence(value=1))])

    judge(store, Refusing("it is correct-horse-battery"), secret="correct-horse-battery")

    assert store.replaced[0].findings[0].message.startswith("it is [redacted ")


def test_an_error_is_no_value_to_ask_about() -> None:
    evidence = Evidence(has_value=False, error=CaseError(kind="crash", message="gone"))
    store = Kept([(case(ASKED), result(ONCE), evidence)])
    executor = Refusing()

    judge(store, executor)

    assert executor.values == []
    assert store.replaced[0].status == "error"


LOST = msgspec.structs.replace(ONCE, counts=False)


@pytest.mark.parametrize(
    ("before", "evidence"),
    [
        (result(status="skipped", skip_kind="author"), Evidence(value=1)),
        (result(ONCE, status="skipped", skip_kind="interrupt"), Evidence(value=1)),
        (result(ONCE, cached_from="r0"), Evidence(value=1)),
        (result(LOST), Evidence(value=1)),
        (result(ONCE), None),
    ],
)
def test_what_has_no_end_or_no_evidence_stays_as_it_was(
    before: Result, evidence: Evidence | None
) -> None:
    store = Kept([(case(ASKED), before, evidence)])

    done = judge(store)

    assert (done.judged, done.unjudged, store.replaced) == (0, 1, {})


def test_the_last_attempt_is_judged_and_earlier_ones_count_for_flakiness() -> None:
    first = msgspec.structs.replace(ONCE, status="failed")
    second = msgspec.structs.replace(ONCE, n=2, started_s=5.0)
    before = result(first, second, is_flaky=True, started_s=0.5, duration_s=6.5)
    store = Kept([(case(ASKED), before, Evidence(value=1))])

    judge(store)

    after = store.replaced[0]
    assert [attempt.status for attempt in after.attempts] == ["failed", "failed"]
    assert not after.is_flaky
    assert (after.started_s, after.duration_s) == (0.5, 6.5)


def test_nothing_is_held_back_in_a_long_run_and_nothing_written_where_nothing_changed() -> None:
    evidence = Evidence(value=1)
    store = Kept([(case(Expect("completes")), result(ONCE), evidence)] * (FLUSH_CASES + 1))

    done = judge(store)
    again = judge(store)

    assert done.judged == FLUSH_CASES + 1
    assert again.changes == ()
    assert store.flushes == 4


def test_a_run_that_has_not_finished_is_refused() -> None:
    store = Kept([])

    with pytest.raises(UsageError, match="run r1 has not finished"):
        judge(store, row=msgspec.structs.replace(ROW, finished=""))
    assert store.closed == []
