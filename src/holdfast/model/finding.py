"""What does one expectation, judged on the evidence, say?"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = ["Finding", "FindingStatus", "Status", "combine", "failed", "passed", "undecided"]

Status = Literal["passed", "failed", "undecided", "error", "skipped"]
FindingStatus = Literal["passed", "failed", "undecided", "error"]

# Worst first: the status of a case is the worst of its findings.
ORDER: dict[str, int] = {"error": 3, "failed": 2, "undecided": 1, "passed": 0}


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One expectation judged on the evidence.

    `message` is a sentence with its evidence; `expected` and `observed` are plain
    data, cut to what a reader can use. `assessed_in` names an earlier run whose
    answer was kept. A user's validator may return one of these.
    """

    expectation: str = ""
    status: FindingStatus
    message: str = ""
    expected: Any = None
    observed: Any = None
    score: float | None = None
    assessed_in: str = ""


def passed(
    message: str = "", *, expected: Any = None, observed: Any = None, score: float | None = None
) -> Finding:
    """Return a finding that the evidence bears out."""
    return Finding(
        status="passed", message=message, expected=expected, observed=observed, score=score
    )


def failed(
    message: str, *, expected: Any = None, observed: Any = None, score: float | None = None
) -> Finding:
    """Return a finding that the evidence contradicts."""
    return Finding(
        status="failed", message=message, expected=expected, observed=observed, score=score
    )


def undecided(message: str, *, expected: Any = None, observed: Any = None) -> Finding:
    """Return a finding that the evidence cannot decide; `message` names the reason."""
    return Finding(status="undecided", message=message, expected=expected, observed=observed)


def combine(findings: tuple[Finding, ...]) -> Status:
    """Return the worst status; nothing judged is `undecided`, never `passed`."""
    if not findings:
        return "undecided"
    worst: FindingStatus = "passed"
    for finding in findings:
        if ORDER[finding.status] > ORDER[worst]:
            worst = finding.status
    return worst
