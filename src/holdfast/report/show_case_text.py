"""What does `holdfast show RUN CASE` say of one case? Every attempt with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from holdfast.model.codec import encode_json
from holdfast.model.evidence import CaseError, Evidence, Output, StepEvidence
from holdfast.model.result import Attempt, Result
from holdfast.model.summary import error_title
from holdfast.ports import PlannedRow
from holdfast.report.case_text import case_line, finding_lines, reproduce
from holdfast.report.clean import clean, clean_lines, one_line
from holdfast.report.lag_text import lag_lines
from holdfast.report.paint import Paint
from holdfast.report.timers_text import timer_lines
from holdfast.text.format import format_duration, format_number

__all__ = ["case_text"]

MAX_VALUE = 2_000
MAX_OUTPUT_LINES = 40
MAX_LINE = 500
MAX_FACT = 300
# Facts with a form of their own; the others are shown as JSON.
FACT_LINES: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "loop_lag": lag_lines,
    "timers": timer_lines,
}


def case_text(
    row: PlannedRow,
    result: Result | None,
    evidence: Mapping[int, Evidence],
    *,
    seed: int,
    paint: Paint,
) -> str:
    """Return one case as text; `evidence` is what each attempt (by number) left."""
    full_id = f"{row.suite}/{row.id}"
    facts = [("source", row.source), ("tags", ", ".join(row.tags)), ("key", row.key)]
    head = [f"{name}: {clean(text)}" for name, text in facts if text]
    if result is None:
        lines = [paint(clean(full_id), "bold"), *head, "no result yet"]
        return "\n".join(lines) + "\n"
    parts = ["\n".join([case_line(result, paint), *head])]
    if result.measurements:
        numbers = (f"  {clean(k)}: {format_number(v)}" for k, v in result.measurements.items())
        parts.append("\n".join([paint("measurements", "bold"), *numbers]))
    for attempt in result.attempts:
        lines = list(_attempt(attempt, evidence.get(attempt.n), paint))
        parts.append("\n".join(lines))
    parts.append(f"reproduce: {reproduce(full_id, seed, source=row.source)}")
    return "\n\n".join(parts) + "\n"


def _attempt(attempt: Attempt, left: Evidence | None, paint: Paint) -> Iterator[str]:
    title = paint(f"attempt {attempt.n}", "bold")
    facts = f"{format_duration(attempt.duration_s)} on {clean(attempt.worker) or 'no worker'}"
    note = "" if attempt.counts else "; not counted as a try"
    started = f"started at {format_duration(attempt.started_s)}"
    yield f"{title}  {paint(attempt.status, attempt.status)}  {facts}, {started}{note}"
    if attempt.error is not None:
        yield from (f"  {line}" for line in _error(attempt.error, paint))
    for finding in attempt.findings:
        word = paint(f"{finding.status:<9}", finding.status)
        first, *rest = finding_lines(finding, paint)
        yield f"  {word} {first}"
        yield from (f"            {line}" for line in rest)
    if left is None:
        yield paint("  no evidence was kept", "dim")
        return
    yield from (f"  {line}" for line in _evidence(left, paint))


def _error(error: CaseError, paint: Paint) -> Iterator[str]:
    for line in clean_lines(error_title(error)).split("\n"):
        yield paint(line[:MAX_LINE], "error")
    if error.traceback.strip():
        yield from (
            f"| {line[:MAX_LINE]}" for line in clean_lines(error.traceback.rstrip()).split("\n")
        )


def _evidence(left: Evidence, paint: Paint) -> Iterator[str]:
    if left.has_value:
        yield f"{paint('value', 'dim')} {_value(left.value)}"
    if left.call_s is not None:
        yield f"{paint('call', 'dim')} {format_duration(left.call_s)}"
    for name, fact in left.facts.items():
        lines = FACT_LINES.get(name)
        if lines is None:
            yield f"{paint(clean(name), 'dim')} {one_line(_plain(fact), MAX_FACT)}"
            continue
        yield paint(name, "dim")
        yield from (f"  {line[:MAX_LINE]}" for line in lines(fact))
    for name, number in left.measurements.items():
        yield f"{paint(clean(name), 'dim')} {format_number(number)}"
    for step in left.steps:
        yield from _step(step, paint)
    for note in left.notes:
        yield f"{paint('note', 'dim')} {one_line(note, MAX_LINE)}"
    yield from _output("stdout", left.stdout, paint)
    yield from _output("stderr", left.stderr, paint)


def _step(step: StepEvidence, paint: Paint) -> Iterator[str]:
    tries = f", {step.tries} tries" if step.tries > 1 else ""
    phase = "" if step.phase == "step" else f" ({step.phase})"
    yield f"{paint('step', 'dim')} {clean(step.name)}{phase}{tries}"
    if step.evidence.error is not None:
        yield from (f"  {line}" for line in _error(step.evidence.error, paint))
    yield from (f"  {line}" for line in _evidence(step.evidence, paint))


def _output(name: str, output: Output | None, paint: Paint) -> Iterator[str]:
    if output is None or not output.text:
        return
    cut = f" ({output.cut_bytes:,} bytes cut)" if output.cut_bytes else ""
    yield paint(f"{name}{cut}", "dim")
    lines = clean_lines(output.text).rstrip("\n").split("\n")
    if len(lines) > MAX_OUTPUT_LINES:
        half = MAX_OUTPUT_LINES // 2
        left_out = f"... {len(lines) - MAX_OUTPUT_LINES:,} lines left out ..."
        lines = [*lines[:half], left_out, *lines[-half:]]
    yield from (f"  | {line[:MAX_LINE]}" for line in lines)


def _value(value: object) -> str:
    text = _plain(value)
    return clean(
        text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}... ({len(text):,} characters)"
    )


def _plain(value: object) -> str:
    return encode_json(value).decode()
