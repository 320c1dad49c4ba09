"""What does the live view show at this moment? Lines from its state."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.report.clean import clean, one_line
from holdfast.report.paint import Paint
from holdfast.report.tally_line import Progress, bar, progress_line
from holdfast.text.format import format_bytes, format_duration

__all__ = ["LiveState", "live_lines"]

BAR = 30
MAX_SUITES = 8
MAX_RUNNING = 8
MAX_FAILURES = 4
SUITE_NAME = 24
_RSS = "rss_bytes."


class LiveState:
    """What the live view knows; added to per case, read a few times per second."""

    __slots__ = ("failures", "progress", "running", "started_s", "suites")

    def __init__(self) -> None:
        self.progress = Progress()
        # name -> [finished, planned, not passed]
        self.suites: dict[str, list[int]] = {}
        # full id -> (worker, when it started); the longest running come first
        self.running: dict[str, tuple[str, float]] = {}
        self.failures: list[str] = []
        self.started_s = 0.0


def live_lines(
    state: LiveState,
    doing: Mapping[str, str],
    used: Mapping[str, float],
    *,
    now_s: float,
    width: int,
    paint: Paint,
) -> list[str]:
    """Return the lines of the live view, from top to bottom."""
    progress = state.progress
    lines = [
        f"  {paint('last', 'dim')}  {failure}" for failure in list(state.failures)[-MAX_FAILURES:]
    ]
    lines += _running(state, doing, now_s=now_s, width=width, paint=paint)
    lines += _used(used, width=width, paint=paint)
    if len(state.suites) > 1:
        lines += _suites(state, paint)
    drawn = bar(progress.done, progress.planned, BAR)
    lines.append(f"{drawn}  {progress_line(progress, now_s - state.started_s, paint)}")
    return lines


def _running(
    state: LiveState, doing: Mapping[str, str], *, now_s: float, width: int, paint: Paint
) -> list[str]:
    """Return what runs now: by worker where the executor tells, else by case."""
    # Another thread adds meanwhile: a copy is taken in one step.
    running = list(state.running.items())
    lines: list[str] = []
    for full_id, (worker, started_s) in running[:MAX_RUNNING]:
        since = paint(format_duration(max(0.0, now_s - started_s), digits=2), "dim")
        name = f"{clean(worker):<10}  " if worker else ""
        lines.append(f"  {paint('runs', 'dim')}  {name}{clean(full_id)[: width - 24]}  {since}")
    if len(running) > MAX_RUNNING:
        lines.append(paint(f"  and {len(running) - MAX_RUNNING:,} more run", "dim"))
    if not running:
        for worker, what in list(doing.items())[:MAX_RUNNING]:
            lines.append(
                f"  {paint('runs', 'dim')}  {clean(worker):<10}  {one_line(what, width - 24)}"
            )
    return lines


def _used(used: Mapping[str, float], *, width: int, paint: Paint) -> list[str]:
    """Return what the processes of the run use now, and which of them holds most."""
    # Another thread adds meanwhile: a copy is taken in one step.
    latest = dict(used)
    held = {name[len(_RSS) :]: value for name, value in latest.items() if name.startswith(_RSS)}
    if not held:
        return []
    cores = sum(value for name, value in latest.items() if name.startswith("cpu."))
    most = max(held, key=lambda name: held[name])
    parts = [
        f"{cores:.1f} cores",
        f"{format_bytes(sum(held.values()))} (most: {clean(most)} {format_bytes(held[most])})",
        f"{latest.get('cases_in_flight', 0):,.0f} in flight",
        f"{latest.get('asyncio_tasks', 0):,.0f} tasks",
    ]
    return [f"  {paint('uses', 'dim')}  {', '.join(parts)[: width - 8]}"]


def _suites(state: LiveState, paint: Paint) -> list[str]:
    """Return a bar per suite; those under way come first."""
    suites = list(state.suites.items())
    suites.sort(key=lambda item: (item[1][0] >= item[1][1], item[1][0] == 0))
    lines: list[str] = []
    for name, (done, planned, bad) in suites[:MAX_SUITES]:
        worse = f"  {paint(f'{bad:,} not passed', 'failed')}" if bad else ""
        shown = one_line(name, SUITE_NAME)
        lines.append(
            f"  {shown:<{SUITE_NAME}} {bar(done, planned, BAR // 2)}  {done:,}/{planned:,}{worse}"
        )
    if len(suites) > MAX_SUITES:
        lines.append(paint(f"  and {len(suites) - MAX_SUITES:,} more suites", "dim"))
    return lines
