"""What is said when a run starts, and when something besides a case happens?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from holdfast.model.plan import Plan
from holdfast.model.run import RunRow
from holdfast.report.clean import clean, one_line
from holdfast.report.paint import Paint
from holdfast.report.summary_text import deselected_text, header_text
from holdfast.text.format import format_duration

__all__ = ["event_sentence", "event_text", "start_text"]

MAX_FACTS = 300


def start_text(row: RunRow, plan: Plan, paint: Paint) -> str:
    """Return what is said before the first case starts."""
    suites = len({planned.case.suite for planned in plan.cases})
    cases = f"{len(plan.cases):,} {'case' if len(plan.cases) == 1 else 'cases'}"
    if plan.needed:
        cases += f" (+{plan.needed:,} needed)"
    where = f" in {suites:,} suites" if suites != 1 else ""
    lines = [f"{header_text(row, paint)}: {cases}{where}"]
    deselected = deselected_text((one.suite, one.id, one.reason) for one in plan.deselected)
    if deselected:
        lines.append(deselected)
    return "\n".join(lines)


def event_text(name: str, facts: Mapping[str, Any], paint: Paint) -> str:
    """Return an event on one line."""
    return f"{paint('note', 'undecided')}: {event_sentence(name, facts)}"


def event_sentence(name: str, facts: Mapping[str, Any]) -> str:
    """Say what happened; an event that is not known here is told as it came."""
    match (name, facts):
        case ("note", {"text": str(text)}):
            return one_line(text, MAX_FACTS)
        case ("stopping", {"reason": reason}):
            return one_line(f"stopping, no more cases are started: {reason}", MAX_FACTS)
        case ("breaker", {"open": resource, "ended": int(ended)}):
            cases = f"{ended:,} waiting {'case' if ended == 1 else 'cases'}"
            text = f"{resource} failed too often in a row, {cases} ended as endpoint down"
            return one_line(text, MAX_FACTS)
        case (
            "unusual",
            {"case": str(case), "duration_s": float(lasted), "usual_s": float(before)},
        ):
            verb = "took" if facts.get("is_over") else "has taken"
            text = f"{case} {verb} {format_duration(lasted)}, usually {format_duration(before)}"
            return one_line(f"{text} (its last {facts.get('runs')} runs)", MAX_FACTS)
        case ("snapshots", {"written": written}):
            files = cast("Sequence[object]", written)
            names = f": {', '.join(map(str, files))}" if files else ""
            text = f"{len(files)} {'snapshot' if len(files) == 1 else 'snapshots'} written{names}"
            return one_line(text, MAX_FACTS)
        case _:
            told = ", ".join(f"{key} {value}" for key, value in facts.items())
            return f"{clean(name)}: {one_line(told, MAX_FACTS)}" if told else clean(name)
