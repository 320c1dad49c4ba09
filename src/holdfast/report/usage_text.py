"""How is it told what a run used, and which of its cases took unusually long?"""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.model.watched import Anomaly
from holdfast.report.clean import clean
from holdfast.report.paint import Paint
from holdfast.report.usage_view import ProcessUse, UnusualView, UsageView
from holdfast.text.format import format_bytes, format_duration, format_number, format_share

__all__ = [
    "COLUMNS",
    "MACHINE",
    "memory_text",
    "process_cells",
    "unusual_sentence",
    "unusual_text",
    "watched_facts",
]

MAX_UNUSUAL = 5
MAX_PROCESSES = 16
MAX_MISSING = 5
MACHINE = (
    "more than half of what ran took far longer than it used to: "
    "that looks like the machine rather than the cases"
)
COLUMNS = ("process", "first", "peak", "last", "growth", "cpu")


def unusual_text(unusual: UnusualView, paint: Paint, *, limit: float = MAX_UNUSUAL) -> str:
    """Return the paragraph on the cases that stood out, "" where none did."""
    cases = unusual.cases
    if not cases:
        return ""
    shown = cases if len(cases) <= limit else cases[: int(limit)]
    judged = f"{unusual.count:,} of {unusual.judged:,} with a past"
    lines = [paint(f"took unusually long ({judged})", "bold")]
    lines += (f"  {clean(each.case)} {unusual_sentence(each)}" for each in shown)
    if len(shown) < unusual.count:
        lines.append(f"  and {unusual.count - len(shown):,} more")
    if unusual.is_machine:
        lines.append(f"  {paint(MACHINE, 'undecided')}")
    return "\n".join(lines)


def unusual_sentence(case: Anomaly) -> str:
    """Say how long a case took, and what is usual for it."""
    took = format_duration(case.duration_s)
    said = f"took {took}" if case.is_over else f"had taken {took} and was not over"
    usual = format_duration(case.usual_s)
    return f"{said}, usually {usual} (its last {case.runs} runs, score {case.score:.1f})"


def memory_text(usage: UsageView, paint: Paint) -> str:
    """Return the paragraph on memory: a line per process, and what the watching was worth."""
    facts = watched_facts(usage)
    if not usage.processes and not facts:
        return ""
    lines = [paint("memory", "bold")]
    if usage.processes:
        lines += _table(usage.processes[:MAX_PROCESSES], paint)
    rest = len(usage.processes) - MAX_PROCESSES
    if rest > 0:
        lines.append(f"  and {rest:,} more processes in the report")
    lines += (f"  {paint(fact, 'dim')}" for fact in facts)
    return "\n".join(lines)


def watched_facts(usage: UsageView) -> list[str]:
    """Return what is to be known of the watching: rate and cost, or why there was none."""
    facts: list[str] = []
    if usage.asked_hz:
        achieved = format_number(usage.achieved_hz, digits=3)
        asked = format_number(usage.asked_hz, digits=3)
        cost = format_share(usage.share, digits=2)
        facts.append(f"watched {achieved} of {asked} times a second, for {cost} of one core")
    if usage.reason:
        said = "not watched to the end" if usage.processes else "nothing was watched"
        facts.append(f"{said}: {clean(usage.reason)}")
    facts += (f"not seen: {clean(name)}: {clean(why)}" for name, why in usage.missing[:MAX_MISSING])
    if len(usage.missing) > MAX_MISSING:
        facts.append(f"not seen: {len(usage.missing) - MAX_MISSING} more, in the report")
    return facts


def process_cells(use: ProcessUse) -> tuple[str, ...]:
    """Return what stands in the columns: name, first, peak, last, growth, CPU time."""
    growth = ""
    if use.growth_bytes is not None:
        growth = f"{'+' if use.growth_bytes > 0 else ''}{format_bytes(use.growth_bytes)}"
    return (
        clean(use.name),
        _size(use.first_bytes),
        format_bytes(use.peak_bytes),
        _size(use.last_bytes),
        growth or "-",
        "-" if use.cpu_s is None else format_duration(use.cpu_s),
    )


def _size(size: int | None) -> str:
    return "-" if size is None else format_bytes(size)


def _table(processes: tuple[ProcessUse, ...], paint: Paint) -> Iterator[str]:
    rows = [COLUMNS, *map(process_cells, processes)]
    wide = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    for row in rows:
        name, *sizes = row
        cells = [f"{name:<{wide[0]}}", *(f"{s:>{w}}" for s, w in zip(sizes, wide[1:], strict=True))]
        line = f"  {'  '.join(cells)}"
        yield paint(line, "dim") if row is COLUMNS else line
