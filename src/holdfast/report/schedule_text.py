"""How is it told where the time went?"""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.model.run import Schedule
from holdfast.model.summary import SlowCase
from holdfast.report.clean import clean
from holdfast.report.paint import Paint
from holdfast.text.format import format_duration, format_number, format_share

__all__ = ["durations_text", "schedule_text", "time_facts"]

MAX_PATH = 5
MAX_WORKERS = 16


def schedule_text(schedule: Schedule, paint: Paint) -> str:
    """Return the paragraph on the time of a run, "" where nothing ran."""
    facts = time_facts(schedule)
    if not facts:
        return ""
    wide = max(len(name) for name, _ in facts)
    lines = [f"  {paint(f'{name:<{wide}}', 'dim')}  {text}" for name, text in facts]
    return "\n".join([paint("where the time went", "bold"), *lines])


def time_facts(schedule: Schedule) -> list[tuple[str, str]]:
    """Return (name, sentence) of each thing worth knowing about the time of a run."""
    if schedule.makespan_s <= 0:
        return []
    bound = format_duration(schedule.lower_bound_s)
    ratio = (
        f", {schedule.makespan_s / schedule.lower_bound_s:.2f} x its lower bound of {bound}"
        if schedule.lower_bound_s > 0
        else ""
    )
    speed = f"speedup {schedule.speedup:.2f}, efficiency {_percent(schedule.efficiency)}"
    facts = [
        ("makespan", f"{format_duration(schedule.makespan_s)}{ratio}"),
        ("sequential", f"{format_duration(schedule.sequential_s)}; {speed}"),
        ("idle", f"{_percent(schedule.idle_share)} of the workers' time"),
        ("permit waiting", f"{format_duration(schedule.permit_wait_s)}"),
    ]
    if schedule.critical_path:
        facts.append(("critical path", _path(schedule.critical_path)))
    for worker in schedule.per_worker[:MAX_WORKERS]:
        cases = f"{worker.cases:,} {'case' if worker.cases == 1 else 'cases'}"
        facts.append((clean(worker.name), f"{cases}, busy {_percent(worker.busy_share)}"))
    rest = schedule.per_worker[MAX_WORKERS:]
    if rest:
        cases = sum(worker.cases for worker in rest)
        facts.append((f"{len(rest)} more workers", f"{cases:,} cases"))
    return facts


def durations_text(slowest: Sequence[SlowCase], number: int, paint: Paint) -> str:
    """Return the table of the longest cases."""
    shown = slowest[:number]
    if not shown:
        return ""
    times = [format_duration(case.duration_s) for case in shown]
    wide = max(map(len, times))
    lines = [paint(f"{len(shown)} longest {'case' if len(shown) == 1 else 'cases'}", "bold")]
    for time, case in zip(times, shown, strict=True):
        attempts = f"  {case.attempts} attempts" if case.attempts > 1 else ""
        status = paint(f"{case.status:<9}", case.status)
        lines.append(f"  {time:>{wide}}  {status} {clean(case.full_id)}{attempts}")
    return "\n".join(lines)


def _path(ids: Sequence[str]) -> str:
    shown = [clean(case_id) for case_id in ids]
    if len(shown) > MAX_PATH:
        left_out = format_number(len(shown) - MAX_PATH + 1)
        shown = [*shown[: MAX_PATH - 2], f"({left_out} more)", shown[-1]]
    return " -> ".join(shown)


def _percent(share: float) -> str:
    return format_share(share, digits=3)
