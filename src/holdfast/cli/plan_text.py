"""How is it told what would run? As a plan, as a list, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.assembly.prepare import Prepared
from holdfast.model.plan import Plan, PlannedCase
from holdfast.report.clean import clean
from holdfast.report.paint import Paint
from holdfast.text.format import format_duration

__all__ = ["fine_text", "list_json", "list_text", "plan_text"]

# A reader looks at the first; --verbose and `holdfast list` have all of them.
MAX_LISTED = 50


def plan_text(prepared: Prepared, *, slots: int, is_verbose: bool, paint: Paint) -> str:
    """Return what would run and in which order, how long it may take, and what would not run."""
    plan = prepared.plan
    limit = len(plan.cases) + len(plan.deselected) if is_verbose else MAX_LISTED
    parts = [
        "\n".join(_order(plan, limit, paint)),
        "\n".join(_deselected(plan, limit, paint)),
        "\n".join(f"{paint('note', 'undecided')}: {clean(note)}" for note in prepared.notes),
        _expected(plan, slots),
    ]
    return "\n\n".join(part for part in parts if part)


def fine_text(plan: Plan) -> str:
    """Return the last word on cases that were checked."""
    suites = len({planned.case.suite for planned in plan.cases})
    cases = _count(len(plan.cases), "case")
    is_are = "is" if len(plan.cases) == 1 else "are"
    return f"{cases} in {_count(suites, 'suite')} {is_are} fine{_needed(plan)}"


def list_text(prepared: Prepared, *, is_verbose: bool, paint: Paint) -> str:
    """Return one id per line with its tags, and a last line that counts them."""
    plan = prepared.plan
    lines = [_case_line(planned, paint) for planned in plan.cases]
    lines.append("")
    if is_verbose:
        lines += [*_deselected(plan, len(plan.deselected), paint), ""] if plan.deselected else []
        lines += [f"{paint('note', 'undecided')}: {clean(note)}" for note in prepared.notes]
    count = _count(len(plan.cases), "case") + _needed(plan)
    if plan.deselected:
        why = "" if is_verbose else "; --verbose says why"
        count += f", {len(plan.deselected):,} deselected{why}"
    return "\n".join([*lines, paint(count, "bold")])


def list_json(prepared: Prepared) -> dict[str, Any]:
    """Return the same as plain data."""
    plan = prepared.plan
    return {
        "cases": [_record(plan, planned) for planned in plan.cases],
        "needed": plan.needed,
        "deselected": [
            {"id": each.id, "suite": each.suite, "reason": each.reason} for each in plan.deselected
        ],
        "notes": list(prepared.notes),
    }


def _record(plan: Plan, planned: PlannedCase) -> dict[str, Any]:
    case = planned.case
    return {
        "id": case.id,
        "suite": case.suite,
        "target": case.target.kind,
        "tags": list(case.tags),
        "source": case.source,
        "priority": case.priority,
        "after": list(case.after),
        "expected_s": planned.expected_s if plan.has_history else None,
    }


def _order(plan: Plan, limit: int, paint: Paint) -> Iterator[str]:
    yield paint("would run, in this order", "bold")
    wide = len(f"{len(plan.cases):,}")
    for number, planned in enumerate(plan.cases[:limit], 1):
        expected = f"  {format_duration(planned.expected_s)}" if plan.has_history else ""
        line = f"  {number:>{wide},}  {_case_line(planned, paint)}{paint(expected, 'dim')}"
        needs = [plan.cases[need].case.full_id for need in planned.needs]
        if needs:
            more = f" and {len(needs) - 3} more" if len(needs) > 3 else ""
            line += paint(f"  after {', '.join(map(clean, needs[:3]))}{more}", "dim")
        yield line
    if len(plan.cases) > limit:
        yield f"  and {len(plan.cases) - limit:,} more"


def _deselected(plan: Plan, limit: int, paint: Paint) -> Iterator[str]:
    if not plan.deselected:
        return
    yield paint(f"deselected ({len(plan.deselected):,})", "bold")
    for each in plan.deselected[:limit]:
        yield f"  {clean(each.suite)}/{clean(each.id)}: {clean(each.reason)}"
    if len(plan.deselected) > limit:
        yield f"  and {len(plan.deselected) - limit:,} more"


def _case_line(planned: PlannedCase, paint: Paint) -> str:
    case = planned.case
    tags = "".join(f" #{clean(tag)}" for tag in case.tags)
    return clean(case.full_id) + (f" {paint(tags, 'dim')}" if tags else "")


def _expected(plan: Plan, slots: int) -> str:
    """Return how long the run should take, from how long its cases took before."""
    if not plan.has_history:
        return "expected time: not known, none of these cases ran before"
    total_s = sum(planned.expected_s for planned in plan.cases)
    chain_s = max(planned.path_s for planned in plan.cases)
    busy_s: dict[str, float] = {}
    for planned in plan.cases:
        for name, permits in planned.case.uses.items():
            share = permits / max(plan.resources[name].permits, 1)
            busy_s[name] = busy_s.get(name, 0.0) + planned.expected_s * share
    least_s = max(total_s / max(slots, 1), chain_s, *busy_s.values(), 0.0)
    return (
        f"expected time: at least {format_duration(least_s)}, "
        f"{format_duration(total_s)} one after another"
    )


def _needed(plan: Plan) -> str:
    return f" (+{plan.needed:,} needed)" if plan.needed else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"
