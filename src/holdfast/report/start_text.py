"""What is said when a run starts, and when something besides a case happens?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.model.plan import Plan
from holdfast.model.run import RunRow
from holdfast.report.clean import clean, one_line
from holdfast.report.paint import Paint
from holdfast.report.summary_text import deselected_text, header_text

__all__ = ["event_text", "start_text"]

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
    told = ", ".join(f"{key} {value}" for key, value in facts.items())
    text = f"{clean(name)}: {one_line(told, MAX_FACTS)}" if told else clean(name)
    return f"{paint('note', 'undecided')}: {text}"
