"""Which numbers does a report show? All of them are computed here, once."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from holdfast.model.evidence import Series
from holdfast.model.run import Counts, GateRule, RunRow, Verdict
from holdfast.model.summary import Summary
from holdfast.report.usage_view import UnusualView, UsageView, unusual_view, usage_view

__all__ = ["RunView", "view"]

_VERDICTS: dict[str, Verdict] = {
    "passed": "passed",
    "failed": "failed",
    "undecided": "undecided",
    "incomplete": "incomplete",
}


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run as every report shows it.

    `is_finished` is false while it runs and after it was cut off; such a run is
    incomplete, whatever its results say. `usage` is what its processes used, `unusual`
    which cases took far longer than in their own past.
    """

    row: RunRow
    summary: Summary
    counts: Counts
    verdict: Verdict
    exit_code: int
    gate: tuple[GateRule, ...]
    is_finished: bool
    usage: UsageView = UsageView()
    unusual: UnusualView = UnusualView()


def view(row: RunRow, summary: Summary, series: Mapping[str, Series] | None = None) -> RunView:
    """Compute what is shown of a run.

    The counts are those of the results that are there. Where they do not bear
    out that the books were closed, the run is shown as incomplete. Without `series` only
    the peaks of its processes are known.
    """
    counts = summary.counts
    is_finished = bool(row.finished) and row.exit_code is not None
    is_closed = counts.planned == counts.recorded
    verdict = _VERDICTS.get(row.verdict, "incomplete") if is_finished else "incomplete"
    exit_code = row.exit_code if is_finished and row.exit_code is not None else 3
    gate = row.gate
    if not is_closed and exit_code in {0, 1}:
        verdict, exit_code = "incomplete", 3
    if not is_closed or not is_finished:
        gate = tuple(rule for rule in gate if rule.name != "complete")
        gate = (_open_books(counts, is_finished=is_finished), *gate)
    return RunView(
        row=row,
        summary=summary,
        counts=counts,
        verdict=verdict,
        exit_code=exit_code,
        gate=gate,
        is_finished=is_finished,
        usage=usage_view(row, series or {}),
        unusual=unusual_view(row.watched),
    )


def _open_books(counts: Counts, *, is_finished: bool) -> GateRule:
    missing = counts.planned - counts.recorded
    message = f"{missing:,} of {counts.planned:,} planned cases have no recorded result"
    if not is_finished:
        message = f"the run has not finished; {message}"
    return GateRule(
        name="complete",
        held=False,
        threshold=counts.planned,
        observed=counts.recorded,
        message=message,
    )
