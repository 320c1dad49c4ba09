"""How is one case told to a person: what happened, why, and how to see it again?"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from typing import Any

from holdfast.model.evidence import CaseError
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt, Result
from holdfast.model.summary import Entry, error_title, headline
from holdfast.report.clean import clean, clean_lines, one_line, quoted_id
from holdfast.report.paint import Paint
from holdfast.text.diff import diff_values
from holdfast.text.format import format_duration

__all__ = ["case_line", "entry_text", "finding_lines", "reproduce", "told_once"]

# The end of a traceback names the cause, its beginning the case.
TRACEBACK_HEAD = 2
TRACEBACK_TAIL = 14
MAX_FINDINGS = 5
MAX_MESSAGE_LINES = 40
MAX_LINE = 500


def case_line(result: Result, paint: Paint, *, width: int = 0) -> str:
    """Return a case on one line: status, id, duration, and why it did not pass."""
    status = paint(f"{result.status:<9}", result.status)
    text = f"{status} {clean(result.full_id)}"
    if result.attempts:
        text += paint(f"  {format_duration(result.duration_s)}", "dim")
    if result.is_flaky:
        tries = len(result.attempts)
        text += paint(f"  flaky in {tries} attempts" if tries > 1 else "  flaky", "flaky")
    if result.cached_from:
        text += paint(f"  cached from {clean(result.cached_from)}", "dim")
    reason = headline(result)
    return f"{text}  {one_line(reason, width or MAX_LINE)}" if reason else text


def entry_text(entry: Entry, paint: Paint, *, width: int, seed: int) -> str:
    """Return all that a person needs of a case that did not pass."""
    result = entry.result
    facts = [paint(result.status, result.status)]
    if result.attempts:
        facts.append(format_duration(result.duration_s))
    if len(result.attempts) > 1:
        facts.append(_attempts(result.attempts))
    if entry.source:
        facts.append(clean(entry.source))
    lines = [f"{paint(clean(result.full_id), 'bold')}  {'  '.join(facts)}"]
    lines += (f"  {line}" for line in _body(result, paint, width=max(width - 2, 20)))
    lines.append(
        paint(f"  reproduce: {reproduce(result.full_id, seed, source=entry.source)}", "dim")
    )
    return "\n".join(lines)


def reproduce(full_id: str, seed: int, *, source: str = "") -> str:
    """Return the command that runs this case again with the same randomness.

    `source` is the place of the case (`path:line`): with its file named, the
    command needs no settings that name the suite.
    """
    file = clean(source.rpartition(":")[0])
    words = [shlex.quote(file)] if file else []
    return " ".join(["holdfast run", *words, quoted_id(full_id), f"--seed {seed}"])


def finding_lines(finding: Finding, paint: Paint) -> Iterator[str]:
    """Yield a finding's sentence and, where the sentence has none, the difference."""
    message = clean_lines(finding.message)
    first, *rest = message.split("\n")[:MAX_MESSAGE_LINES]
    shown = first or f"{finding.status} without a message"
    yield f"{paint(clean(finding.expectation) or 'expectation', finding.status)}: {_cut(shown)}"
    yield from (f"  {_cut(line)}" for line in rest)
    if finding.assessed_in:
        yield paint(f"  assessed in run {clean(finding.assessed_in)}", "dim")
    if not rest and (finding.expected is not None or finding.observed is not None):
        yield from (f"  {_cut(line)}" for line in _difference(finding, is_needed=not first))


def _body(result: Result, paint: Paint, *, width: int) -> Iterator[str]:
    reason, shown = told_once(result)
    if reason:
        yield from textwrap.wrap(clean(reason), width)
    if result.error is not None:
        yield from _error_lines(result.error, paint)
    for finding in shown[:MAX_FINDINGS]:
        yield from finding_lines(finding, paint)
    if len(shown) > MAX_FINDINGS:
        yield f"and {len(shown) - MAX_FINDINGS} more findings in the report"


def told_once(result: Result) -> tuple[str, list[Finding]]:
    """Return the reason and the findings that say more than the error of the last attempt.

    An error is told by itself, with its traceback; findings that passed are in the report.
    """
    error = result.error
    shown = [
        finding
        for finding in result.findings
        if finding.status != "passed" and not (error is not None and _repeats(finding, error))
    ]
    return "" if _is_told(result, shown) else result.reason, shown


def _repeats(finding: Finding, error: CaseError) -> bool:
    """Tell whether a finding says no more than the error of the attempt."""
    return finding.message == error.message or (
        finding.status == "error"
        and bool(error.message)
        and finding.message.endswith(error.message)
    )


def _is_told(result: Result, shown: list[Finding]) -> bool:
    """Tell whether the reason is the message of something that follows."""
    told = [finding.message for finding in shown] + ([result.error.message] if result.error else [])
    return any(message and result.reason.endswith(message) for message in told)


def _error_lines(error: CaseError, paint: Paint) -> Iterator[str]:
    for line in clean_lines(error_title(error)).split("\n")[:MAX_MESSAGE_LINES]:
        yield paint(_cut(line), "error")
    lines = clean_lines(error.traceback).rstrip().split("\n") if error.traceback.strip() else []
    if len(lines) > TRACEBACK_HEAD + TRACEBACK_TAIL + 1:
        left_out = len(lines) - TRACEBACK_HEAD - TRACEBACK_TAIL
        cut = f"  ... {left_out} lines left out; the report has them"
        lines = [*lines[:TRACEBACK_HEAD], cut, *lines[-TRACEBACK_TAIL:]]
    yield from (f"| {_cut(line)}" for line in lines)


def _difference(finding: Finding, *, is_needed: bool) -> list[str]:
    """Return where expected and observed differ, unless the sentence said it already."""
    expected, observed = finding.expected, finding.observed
    if not (is_needed or _is_large(expected) or _is_large(observed)):
        return []
    return clean_lines(diff_values(expected, observed)).split("\n")


def _is_large(value: Any) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, str) and "\n" in value)


def _attempts(attempts: tuple[Attempt, ...]) -> str:
    return f"{len(attempts)} attempts: {', '.join(attempt.status for attempt in attempts[-5:])}"


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}..."
