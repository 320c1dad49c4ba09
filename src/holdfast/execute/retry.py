"""Is a case attempted again, and what is its final result?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from holdfast.model.case import Case, Retries
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Status
from holdfast.model.result import ASSUMED, Attempt, Result, SkipKind

__all__ = ["backoff_s", "endpoint_down", "final_result", "is_down", "may_retry", "skipped"]

# A resource that answers is up, whatever it answers; these say that it did not.
DOWN_KINDS = frozenset({"timeout"})
MAX_BACKOFF_S = 600.0


def may_retry(case: Case, attempts: Sequence[Attempt], evidence: Evidence) -> bool:
    """Tell whether the last attempt is followed by another one."""
    last = attempts[-1]
    if last.status not in {"failed", "error"}:
        return False
    if sum(attempt.counts for attempt in attempts) > case.retries.times:
        return False
    return not case.retries.on or bool(_traits(last, evidence) & set(case.retries.on))


def backoff_s(retries: Retries, attempts: Sequence[Attempt]) -> float:
    """Return how long to wait before the next attempt: exponential, at most ten minutes."""
    made = sum(1 for attempt in attempts if attempt.counts)
    return min(retries.backoff_s * retries.factor ** max(made - 1, 0), MAX_BACKOFF_S)


def is_down(attempt: Attempt, evidence: Evidence) -> bool:
    """Tell whether an attempt says that what it used does not answer."""
    error = evidence.error
    return (
        attempt.counts
        and error is not None
        and (error.kind in DOWN_KINDS or "connection" in error.tags)
    )


def final_result(
    case: Case,
    attempts: Sequence[Attempt],
    today: str,
    left: Evidence | None = None,
) -> Result:
    """Return what a case's attempts come to: the last one counts, the others are kept.

    `today` is the ISO date against which the expiry of an `xfail` is held;
    `left` is what the last attempt left: its measurements, and what it took for granted.
    """
    counted = [attempt for attempt in attempts if attempt.counts] or attempts
    last = counted[-1]
    status: Status = "error" if last.status == "lost" else last.status
    reason, skip_kind = _reason(last), ""
    waiver = case.xfail
    if waiver is not None and not (waiver.until and today > waiver.until):
        if status == "failed":
            status, skip_kind, reason = "skipped", "xfail", f"expected to fail: {waiver.reason}"
        elif status == "passed":
            reason = f"passed although expected to fail: {waiver.reason}"
    if status == "passed" and not reason and left is not None and (taken := _assumed(left)):
        reason = f"{ASSUMED}{'; '.join(taken)}"
    first = attempts[0]
    return Result(
        suite=case.suite,
        id=case.id,
        status=status,
        reason=reason,
        skip_kind=skip_kind,  # type: ignore[arg-type]
        is_flaky=len(counted) > 1 and any(attempt.status != last.status for attempt in counted),
        started_s=first.started_s,
        duration_s=last.started_s + last.duration_s - first.started_s,
        attempts=tuple(attempts),
        measurements=left.measurements if left is not None else {},
    )


def _assumed(left: Evidence) -> list[str]:
    """Return what a case and its steps took for granted, each once."""
    told = [left, *(step.evidence for step in left.steps)]
    return list(dict.fromkeys(each for one in told for each in one.facts.get("assumed", ())))


def skipped(case: Case, kind: SkipKind, reason: str, attempts: Sequence[Attempt]) -> Result:
    """Return the result of a case that was not carried out."""
    return Result(
        suite=case.suite,
        id=case.id,
        status="skipped",
        reason=reason,
        skip_kind=kind,
        started_s=attempts[0].started_s if attempts else 0.0,
        attempts=tuple(attempts),
    )


def endpoint_down(case: Case, resource: str, attempts: Sequence[Attempt], now_s: float) -> Result:
    """Return the result of a case that was not attempted (again), since what it uses does not answer."""
    message = f"endpoint down: {resource} failed too often in a row"
    last = Attempt(
        n=attempts[-1].n + 1 if attempts else 1,
        status="error",
        started_s=now_s,
        duration_s=0.0,
        worker="loop",
        error=CaseError(kind="setup", message=message),
    )
    return msgspec.structs.replace(final_result(case, [*attempts, last], ""), reason=message)


def _reason(attempt: Attempt) -> str:
    """Return why an attempt ended as it did, "" when it passed."""
    if attempt.status == "passed":
        return ""
    if attempt.error is not None and attempt.status == "error":
        error = attempt.error
        return (
            f"{error.kind}: {error.message}"
            if error.kind != "exception"
            else f"{error.type}: {error.message}"
        )
    if not attempt.findings:
        return "nothing was expected: name at least one expectation, or `completes`"
    worst = next(
        (finding for finding in attempt.findings if finding.status == attempt.status), None
    )
    return f"{worst.expectation}: {worst.message}" if worst is not None else ""


def _traits(attempt: Attempt, evidence: Evidence) -> set[str]:
    """Return the words by which `retries.on` may name an attempt."""
    traits = {attempt.status}
    if evidence.error is not None:
        traits |= {evidence.error.kind, *evidence.error.tags}
    status = evidence.facts.get("status")
    if status is not None:
        traits.add(f"status {status}")
    for step in evidence.steps:
        code = step.evidence.facts.get("status")
        if code is not None:
            traits.add(f"status {code}")
    return traits
