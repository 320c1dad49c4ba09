"""How did a case end?"""

from __future__ import annotations

from typing import Literal

import msgspec

from holdfast.model.evidence import CaseError
from holdfast.model.finding import Finding, Status

__all__ = ["ASSUMED", "Attempt", "AttemptStatus", "Result", "SkipKind"]

AttemptStatus = Literal["passed", "failed", "undecided", "error", "lost"]

# Why a case was skipped; only what its author asked for leaves the rate alone.
SkipKind = Literal[
    "", "author", "xfail", "need", "interrupt", "budget", "fail-fast", "stop", "requires"
]


# How the reason of a pass begins that takes something for granted.
ASSUMED = "assumed: "


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One execution of a case.

    `started_s` counts from the run's start, `duration_s` covers the whole attempt
    with its set-up and teardown. `counts` is false for an attempt that ended
    without fault of its own (its host died under it); it is kept and shown, but
    does not use up a retry.
    """

    n: int
    status: AttemptStatus
    started_s: float
    duration_s: float
    worker: str = ""
    error: CaseError | None = None
    findings: tuple[Finding, ...] = ()
    counts: bool = True


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A case's final status with its attempts.

    `duration_s` runs from the first start to the last end, back-off included.
    `cached_from` names the run whose passed result was reused.
    """

    suite: str
    id: str
    status: Status
    reason: str = ""
    skip_kind: SkipKind = ""
    is_flaky: bool = False
    started_s: float = 0.0
    duration_s: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    measurements: dict[str, float] = {}
    cached_from: str = ""

    @property
    def is_assumed(self) -> bool:
        """It passed, and rests on a double that was not verified."""
        return self.status == "passed" and self.reason.startswith(ASSUMED)

    @property
    def full_id(self) -> str:
        """The id that is unique in the run."""
        return f"{self.suite}/{self.id}"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the last attempt."""
        return self.attempts[-1].findings if self.attempts else ()

    @property
    def error(self) -> CaseError | None:
        """The error of the last attempt."""
        return self.attempts[-1].error if self.attempts else None
