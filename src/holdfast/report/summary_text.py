"""What does the end of a run say on the console? Pure text, from the view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from holdfast.model.run import Counts, GateRule, RunRow
from holdfast.model.summary import Entry
from holdfast.report.case_text import case_line, entry_text
from holdfast.report.clean import clean, one_line
from holdfast.report.paint import Paint
from holdfast.report.schedule_text import durations_text, schedule_text
from holdfast.report.usage_text import unusual_text
from holdfast.report.view import RunView
from holdfast.text.format import format_duration, format_share

__all__ = [
    "counts_text",
    "deselected_text",
    "gate_text",
    "header_text",
    "summary_text",
    "verdict_text",
]

# Whoever has more failures than this reads the report.
MAX_SHOWN = 20
MAX_REASONS = 10


def summary_text(
    shown: RunView,
    *,
    width: int,
    paint: Paint,
    durations: int = 0,
    reports: Sequence[str] = (),
) -> str:
    """Return the whole text at the end of a run, paragraphs parted by empty lines.

    `durations` is how many of the longest cases to list; `reports` are the paths
    of what was written.
    """
    summary, counts, seed = shown.summary, shown.counts, shown.row.seed

    def section(title: str, entries: Sequence[Entry], total: int) -> str:
        return _section(title, entries, total, width=width, paint=paint, seed=seed)

    parts = [
        header_text(shown.row, paint),
        section("failures", summary.failed, counts.failed + counts.error),
        section("undecided", summary.undecided, counts.undecided),
        _flaky(summary.flaky, paint, width=width),
        _skipped(summary.skipped, counts.skipped, paint),
        deselected_text(shown.row.deselected),
        durations_text(summary.slowest, durations, paint),
        unusual_text(shown.unusual, paint),
        schedule_text(shown.row.schedule, paint),
        gate_text(shown.gate, paint),
        verdict_text(shown, paint),
    ]
    if reports:
        parts[-1] += "".join(f"\nreport: {clean(path)}" for path in reports)
    return "\n\n".join(part for part in parts if part) + "\n"


def header_text(row: RunRow, paint: Paint) -> str:
    """Return the line that identifies a run."""
    text = f"run {clean(row.id)}, seed {row.seed}"
    if row.commit:
        text += f", commit {clean(row.commit[:12])}{' with changes' if row.dirty else ''}"
    if row.segments > 1:
        text += f", resumed {row.segments - 1} x"
    return paint(text, "bold")


def deselected_text(deselected: Iterable[tuple[str, str, str]]) -> str:
    """Return how many cases did not run because they were not selected, and why."""
    reasons = Counter(reason for _, _, reason in deselected)
    if not reasons:
        return ""
    shown = [f"{number:,} {clean(reason)}" for reason, number in reasons.most_common()]
    return f"{reasons.total():,} deselected: {', '.join(shown)}"


def gate_text(rules: Iterable[GateRule], paint: Paint) -> str:
    """Return the rules that did not hold, then what rules that held warn of."""
    lines: list[str] = []
    for rule in sorted(rules, key=lambda rule: rule.held):
        if not rule.held:
            lines.append(f"{paint('gate not met', 'failed')}: {_rule(rule)}")
        elif rule.message:
            lines.append(f"{paint('warning', 'undecided')}: {_rule(rule)}")
    return "\n".join(lines)


def counts_text(counts: Counts, paint: Paint) -> str:
    """Return how many cases ended how; what there is none of is left out."""
    parts = [
        paint(f"{number:,} {word}", word)
        for word, number in (
            ("passed", counts.passed),
            ("failed", counts.failed),
            ("error", counts.error),
            ("undecided", counts.undecided),
            ("skipped", counts.skipped),
            ("flaky", counts.flaky),
            ("cached", counts.cached),
            ("assumed", counts.assumed),
        )
        if number
    ]
    return ", ".join(parts) or "no results"


def verdict_text(shown: RunView, paint: Paint) -> str:
    """Return the last word on a run; it says PASSED for exit code 0 alone."""
    counts, row = shown.counts, shown.row
    word, style = _word(shown)
    recorded = f"{counts.recorded:,} of " if counts.recorded != counts.planned else ""
    noun = "case" if counts.planned == 1 else "cases"
    text = f"{counts_text(counts, paint)} of {recorded}{counts.planned:,} {noun}"
    text += f"; success rate {format_share(counts.success_rate)}"
    if row.duration_s:
        text += f"; {format_duration(row.duration_s)}"
    line = f"{paint(word, style)}  {text} (exit code {shown.exit_code})"
    if shown.exit_code == 130 or shown.verdict == "incomplete":
        line += f"\nhint: holdfast run --resume {clean(row.id)}"
    return line


def _word(shown: RunView) -> tuple[str, str]:
    undecided = shown.counts.undecided
    if shown.exit_code == 130:
        return "INTERRUPTED", "incomplete"
    if shown.exit_code == 0 and shown.verdict == "passed":
        return ("PASSED" if not undecided else f"PASSED with {undecided:,} undecided"), "passed"
    if shown.exit_code == 1:
        return "FAILED", "failed"
    if shown.verdict == "undecided":
        return "UNDECIDED", "undecided"
    return "INCOMPLETE", "incomplete"


def _section(
    title: str, entries: Sequence[Entry], total: int, *, width: int, paint: Paint, seed: int
) -> str:
    if not entries:
        return ""
    parts = [paint(f"{title} ({total:,})", "bold")]
    parts += (entry_text(entry, paint, width=width, seed=seed) for entry in entries[:MAX_SHOWN])
    rest = total - min(len(entries), MAX_SHOWN)
    if rest > 0:
        parts.append(f"and {rest:,} more in the report")
    return "\n\n".join(parts)


def _flaky(entries: Sequence[Entry], paint: Paint, *, width: int) -> str:
    if not entries:
        return ""
    lines = [paint("passed, but attempts disagree", "bold")]
    lines += (f"  {case_line(entry.result, paint, width=width)}" for entry in entries[:MAX_SHOWN])
    if len(entries) > MAX_SHOWN:
        lines.append("  and more in the report")
    return "\n".join(lines)


def _skipped(reasons: Sequence[tuple[str, int]], total: int, paint: Paint) -> str:
    if not reasons:
        return ""
    lines = [paint(f"skipped ({total:,})", "bold")]
    lines += (f"  {number:,} x {one_line(reason, 200)}" for reason, number in reasons[:MAX_REASONS])
    rest = sum(number for _, number in reasons[MAX_REASONS:])
    if rest:
        lines.append(f"  {rest:,} x other reasons, in the report")
    return "\n".join(lines)


def _rule(rule: GateRule) -> str:
    name = clean(rule.name)
    if rule.message:
        return f"{name}: {clean(rule.message)}"
    return f"{name}: {clean(str(rule.observed))} (limit {clean(str(rule.threshold))})"
