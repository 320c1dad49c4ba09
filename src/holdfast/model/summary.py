"""What do all results of a run say together, without holding them all?"""

from __future__ import annotations

import msgspec

from holdfast.model.evidence import CaseError
from holdfast.model.result import Result
from holdfast.model.run import Counts, SuiteSummary

__all__ = ["Entry", "SlowCase", "Summary", "error_title", "headline"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A result that a reader must see, with the place of its case (`path:line`)."""

    result: Result
    source: str = ""


class SlowCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case that took long."""

    full_id: str
    duration_s: float
    status: str
    attempts: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a run and the results that need attention.

    `failed` (failures and errors), `undecided` and `flaky` hold the first ones
    only; how many there are is in `counts`. `skipped` is (reason, how many),
    most frequent first; `errors_cut` counts the errors that the suites leave out.
    """

    counts: Counts = Counts()
    suites: tuple[SuiteSummary, ...] = ()
    failed: tuple[Entry, ...] = ()
    undecided: tuple[Entry, ...] = ()
    flaky: tuple[Entry, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    slowest: tuple[SlowCase, ...] = ()
    errors_cut: int = 0


def headline(result: Result) -> str:
    """Return the one sentence that says why a case did not pass, or what its pass takes for granted."""
    if result.status == "passed":
        return result.reason if result.is_assumed else ""
    if result.status == "error" and result.error is not None:
        return error_title(result.error)
    for finding in result.findings:
        if finding.status == result.status and finding.message:
            return finding.message
    return result.reason or (error_title(result.error) if result.error else "")


def error_title(error: CaseError) -> str:
    """Return what an error is called, and its message where it has one."""
    # The type of an exception says enough; what else went wrong is named by its kind first.
    kind = "" if error.kind == "exception" and error.type else error.kind
    return ": ".join(part for part in (kind, error.type, error.message) if part)
