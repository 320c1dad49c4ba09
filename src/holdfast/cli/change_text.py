"""What is judged otherwise than before?"""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.model.result import Result
from holdfast.model.summary import headline
from holdfast.rejudge import Change, Rejudged
from holdfast.report.clean import clean, one_line
from holdfast.report.paint import Paint

__all__ = ["change_text"]

MAX_LISTED = 50
MAX_MESSAGE = 300


def change_text(done: Rejudged, paint: Paint) -> str:
    """Return which cases changed, first those with another status."""
    turned = [change for change in done.changes if change.before.status != change.after.status]
    lines = [line for change in turned[:MAX_LISTED] for line in _lines(change, paint)]
    if len(turned) > MAX_LISTED:
        lines.append(f"and {len(turned) - MAX_LISTED:,} more")
    noun = "case" if done.judged == 1 else "cases"
    count = f"{done.judged:,} {noun} judged again: {len(turned):,} with another status"
    others = len(done.changes) - len(turned)
    if others:
        count += f", {others:,} with other findings"
    if done.unjudged:
        count += f"; {done.unjudged:,} without evidence stay as they were"
    return "\n".join([*lines, count])


def _lines(change: Change, paint: Paint) -> Iterator[str]:
    before, after = change.before.status, change.after.status
    yield f"{clean(change.after.full_id)}: {paint(before, before)} -> {paint(after, after)}"
    reason = _reason(change.after)
    if reason:
        yield f"  {one_line(reason, MAX_MESSAGE)}"


def _reason(result: Result) -> str:
    return headline(result)
