"""What does the stored evidence of a run say, judged again? And what does the gate say of it now?

evidence --> [ validators, where the value is the very value ] --> judged --> gate
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from holdfast.analyse.summary import summarise
from holdfast.assembly.secrecy import Secrecy
from holdfast.assembly.surround import case_judge
from holdfast.errors import UsageError
from holdfast.execute.retry import final_result
from holdfast.gate.judge_run import decide
from holdfast.judge.combine import assessors_of, make_judge
from holdfast.model import codec
from holdfast.model.case import Case, Expect
from holdfast.model.evidence import Assessment, Evidence, StepEvidence
from holdfast.model.finding import Finding, combine
from holdfast.model.result import Result
from holdfast.model.run import RunRow
from holdfast.model.steps import FACTS
from holdfast.model.summary import Summary
from holdfast.ports import Executor, PlannedRow, Store
from holdfast.registry import Registry
from holdfast.settings import GateSettings

__all__ = ["Change", "Rejudged", "gate_again", "judge_again"]

# Rules that `decide` makes itself; others were handed to it when the run ended, and still hold.
OWN_RULES = frozenset(
    {"complete", "budget", "interrupt", "selection", "success_rate", "passed", "undecided", "flaky"}
)
FLUSH_CASES = 500
NOT_KEPT = "value not kept"
# What stands in the place of a secret (text/redact.py): such a value is not the one that was seen.
REDACTED = b"[redacted "


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A case that is judged otherwise than before."""

    before: Result
    after: Result


class Rejudged(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was judged again: its new row, what changed, and how many cases were judged.

    `changes` are cases with another status or other findings; `unjudged` have no
    evidence, or never came to an end, and stay as they were.
    """

    row: RunRow
    summary: Summary
    changes: tuple[Change, ...] = ()
    judged: int = 0
    unjudged: int = 0


def gate_again(row: RunRow, summary: Summary, settings: GateSettings) -> RunRow:
    """Return a run's row with what the gate says of its results under these settings."""
    stops = {rule.name for rule in row.gate if not rule.held}
    counts = summary.counts
    decision = decide(
        counts,
        {suite.name: suite.counts for suite in summary.suites},
        settings,
        is_complete=bool(row.finished) and counts.planned == counts.recorded,
        budget_spent="budget" in stops,
        interrupted="interrupt" in stops,
        has_selection=True,
        extra=[
            rule
            for rule in row.gate
            if rule.name not in OWN_RULES and not _is_suite_rate(rule.name)
        ],
    )
    return msgspec.structs.replace(
        row,
        exit_code=decision.exit_code,
        verdict=decision.verdict,
        gate=decision.rules,
        counts=counts,
    )


async def judge_again(
    row: RunRow,
    store: Store,
    gate: GateSettings,
    *,
    registry: Registry,
    executor: Executor,
    secrecy: Secrecy,
    timeout_s: float,
) -> Rejudged:
    """Judge what every case of a finished run left, and close its books again.

    A user's validator is called again only where the stored value is the very value
    that it saw; else its earlier answer is kept and marked with the run.

    Raises:
        UsageError: the run has not finished.
    """
    if not row.finished:
        raise UsageError(
            f"run {row.id} has not finished, so it cannot be judged again",
            hint=f"`holdfast run --resume {row.id}` goes on with it; `holdfast show {row.id}` shows it",
        )
    bench = _Bench(row, registry=registry, executor=executor, secrecy=secrecy, timeout_s=timeout_s)
    changes: list[Change] = []
    judged = unjudged = 0
    cases = store.planned(row.id, with_case=True)
    for planned, before in store.results(row.id):
        case = next(each.case for each in cases if each.index == planned.index)
        after = await bench.judge(case, planned, before, store) if case else None
        if after is None:
            unjudged += 1
            continue
        judged += 1
        if after != before:
            changes.append(Change(before=before, after=after))
            store.replace_findings(row.id, planned.index, after)
        if judged % FLUSH_CASES == 0:
            store.flush()
    store.flush()
    summary = summarise(store.planned(row.id), store.results(row.id))
    closed = gate_again(row, summary, gate)
    store.close_run(closed)
    return Rejudged(
        row=closed, summary=summary, changes=tuple(changes), judged=judged, unjudged=unjudged
    )


class _Bench:
    """Judges one case after the other with what they share."""

    def __init__(
        self,
        row: RunRow,
        *,
        registry: Registry,
        executor: Executor,
        secrecy: Secrecy,
        timeout_s: float,
    ) -> None:
        self._row = row
        self._judge = make_judge(registry)
        self._assessors_of = partial(assessors_of, registry)
        self._executor = executor
        self._secrecy = secrecy
        self._timeout_s = timeout_s
        # An xfail that has expired since then held on the day of the run.
        self._day = row.started[:10]

    async def judge(
        self, case: Case, planned: PlannedRow, before: Result, store: Store
    ) -> Result | None:
        """Return the new result of a case, or None where there is nothing to judge."""
        last = before.attempts[-1] if before.attempts else None
        is_settled = before.status != "skipped" or before.skip_kind == "xfail"
        if last is None or not last.counts or not is_settled or before.cached_from:
            return None
        evidence = store.evidence(self._row.id, planned.index, last.n)
        if evidence is None:
            return None
        kept: dict[int, Evidence] = {}
        evidence = await self._assess_again(case.expect, evidence, case, kept)
        findings = case_judge(partial(self._judge_marked, kept))(case, evidence)
        attempt = msgspec.structs.replace(
            last,
            status=combine(findings),
            findings=findings,  # type: ignore[arg-type]
        )
        after = final_result(case, [*before.attempts[:-1], attempt], self._day)
        return msgspec.structs.replace(
            after,
            started_s=before.started_s,
            duration_s=before.duration_s,
            measurements=before.measurements,
        )

    async def _assess_again(
        self, expects: Sequence[Expect], evidence: Evidence, case: Case, kept: dict[int, Evidence]
    ) -> Evidence:
        """Return the evidence with new answers of validators; note in `kept` whose answers are old."""
        if evidence.steps:
            steps = [await self._step_again(step, case, kept) for step in evidence.steps]
            evidence = msgspec.structs.replace(evidence, steps=tuple(steps))
        calls = self._assessors_of(expects)
        if not calls or evidence.error is not None:
            return evidence
        # With which arguments a call was made is known only while it is made.
        if not _is_the_value(evidence) or any(call.takes_arguments for call in calls):
            kept[id(evidence)] = evidence
            return evidence
        limit_s = case.timeout_s or self._timeout_s
        answers = await self._executor.assess(calls, evidence.value, limit_s)
        return msgspec.structs.replace(evidence, assessments=self._clean(answers))

    async def _step_again(
        self, step: StepEvidence, case: Case, kept: dict[int, Evidence]
    ) -> StepEvidence:
        record = step.evidence.facts.get(FACTS, {})
        pairs = [*record.get("expect", ()), *record.get("until", ())]
        expects = [Expect(name, params) for name, params in pairs]
        evidence = await self._assess_again(expects, step.evidence, case, kept)
        return msgspec.structs.replace(step, evidence=evidence)

    def _clean(self, answers: tuple[Assessment, ...]) -> tuple[Assessment, ...]:
        raw = codec.encode(answers)
        clean = self._secrecy.evidence(raw)
        return answers if clean is raw else codec.decode(clean, tuple[Assessment, ...])

    def _judge_marked(
        self, kept: dict[int, Evidence], expects: Sequence[Expect], evidence: Evidence
    ) -> tuple[Finding, ...]:
        """Judge; findings that rest on an earlier answer of a validator name the run that asked it."""
        findings = self._judge(expects, evidence)
        if id(evidence) not in kept or len(findings) != len(expects):
            return findings
        known = {answer.key for answer in evidence.assessments}
        return tuple(
            self._mark(expect, finding, known)
            for expect, finding in zip(expects, findings, strict=True)
        )

    def _mark(self, expect: Expect, finding: Finding, known: set[str]) -> Finding:
        keys = {call.key for call in self._assessors_of([expect])}
        if not keys:
            return finding
        if not keys <= known:
            return msgspec.structs.replace(finding, status="undecided", message=NOT_KEPT)
        return msgspec.structs.replace(finding, assessed_in=finding.assessed_in or self._row.id)


def _is_the_value(evidence: Evidence) -> bool:
    """Tell whether the stored value is the very value that was judged: whole, and without redactions."""
    if not (evidence.has_value and evidence.round_trips):
        return False
    return REDACTED not in codec.encode(evidence.value)


def _is_suite_rate(name: str) -> bool:
    return name.startswith("suite.") and name.endswith(".success_rate")
