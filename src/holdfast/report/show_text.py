"""What does `holdfast show` say of a run, also while it goes on?"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from holdfast.model.result import Result
from holdfast.ports import PlannedRow
from holdfast.report.case_text import case_line
from holdfast.report.clean import clean
from holdfast.report.paint import Paint
from holdfast.report.summary_text import deselected_text, gate_text, header_text, verdict_text
from holdfast.report.usage_text import memory_text, unusual_text
from holdfast.report.view import RunView
from holdfast.text.format import format_duration

__all__ = ["RunningAttempt", "Standing", "standing_of", "standing_text"]

# What is listed of pending, running and finished cases each, unless all are asked for.
MAX_LISTED = 50


class RunningAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that has started and not ended."""

    full_id: str
    n: int
    started_s: float
    worker: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands: what runs, what waits, what ended last."""

    running: tuple[RunningAttempt, ...] = ()
    pending: int = 0
    next_up: tuple[str, ...] = ()
    finished: int = 0
    latest: tuple[Result, ...] = ()


def standing_of(
    planned: Iterable[PlannedRow],
    results: Iterable[tuple[PlannedRow, Result]],
    started: Iterable[tuple[int, int, float, str]],
    *,
    limit: float = MAX_LISTED,
) -> Standing:
    """Sort the cases of a run into finished, running and pending.

    The arguments are what `Store.planned`, `Store.results` and `Store.started`
    return; each is read once. No more than `limit` pending and finished ones are kept.
    """
    finished: set[int] = set()
    latest: list[tuple[float, int, Result]] = []
    for row, result in results:
        finished.add(row.index)
        ended = (result.started_s + result.duration_s, row.index, result)
        if len(latest) < limit:
            heapq.heappush(latest, ended)
        elif ended[:2] > latest[0][:2]:
            heapq.heapreplace(latest, ended)
    open_attempts = {one[0]: one for one in started if one[0] not in finished}
    running: list[RunningAttempt] = []
    next_up: list[str] = []
    pending = 0
    for row in planned:
        full_id = f"{row.suite}/{row.id}"
        if row.index in open_attempts:
            _, n, started_s, worker = open_attempts[row.index]
            running.append(RunningAttempt(full_id=full_id, n=n, started_s=started_s, worker=worker))
        elif row.index not in finished:
            pending += 1
            if len(next_up) < limit:
                next_up.append(full_id)
    return Standing(
        running=tuple(sorted(running, key=lambda one: one.started_s)),
        pending=pending,
        next_up=tuple(next_up),
        finished=len(finished),
        latest=tuple(
            result for _, _, result in sorted(latest, key=lambda one: one[:2], reverse=True)
        ),
    )


def standing_text(
    shown: RunView,
    standing: Standing,
    *,
    state: Literal["running", "stopped", "finished"],
    elapsed_s: float = 0.0,
    limit: float = MAX_LISTED,
    paint: Paint,
) -> str:
    """Return a run as text.

    `state` is `running` while a process works on it, `stopped` when it was cut
    off. `elapsed_s` is how long ago the run started, on the clock of its attempts;
    no more than `limit` unusual cases are listed.
    """
    parts = [header_text(shown.row, paint), deselected_text(shown.row.deselected)]
    if state != "finished":
        parts += [
            _running(standing.running, state=state, elapsed_s=elapsed_s, paint=paint),
            _workers(standing.running, paint) if state == "running" else "",
            _listed("pending", standing.pending, [clean(one) for one in standing.next_up], paint),
        ]
    lines = [case_line(result, paint) for result in standing.latest]
    parts += [
        _listed("finished", standing.finished, lines, paint),
        unusual_text(shown.unusual, paint, limit=limit),
        memory_text(shown.usage, paint),
        gate_text(shown.gate, paint),
    ]
    if state == "running":
        counts = f"{standing.finished:,} of {shown.counts.planned:,} cases are finished"
        parts.append(
            f"{paint('RUNNING', 'bold')}  {counts} after {format_duration(elapsed_s, digits=2)}"
        )
    else:
        parts.append(verdict_text(shown, paint))
    return "\n\n".join(part for part in parts if part) + "\n"


def _running(
    running: Sequence[RunningAttempt], *, state: str, elapsed_s: float, paint: Paint
) -> str:
    lines: list[str] = []
    for one in running:
        attempt = f", attempt {one.n}" if one.n > 1 else ""
        since = ""
        if state == "running":
            since = f" for {format_duration(max(0.0, elapsed_s - one.started_s), digits=2)}"
        lines.append(f"{clean(one.full_id)}{attempt}{since} on {clean(one.worker) or 'no worker'}")
    title = "running" if state == "running" else "lost, will run again on resume"
    return _listed(title, len(running), lines, paint)


def _workers(running: Sequence[RunningAttempt], paint: Paint) -> str:
    """Return what each worker does."""
    by_worker: dict[str, list[str]] = {}
    for one in running:
        by_worker.setdefault(one.worker, []).append(one.full_id)
    if not by_worker:
        return ""
    return "\n".join([paint("workers", "bold"), *_worker_lines(by_worker)])


def _worker_lines(by_worker: Mapping[str, Sequence[str]]) -> list[str]:
    lines: list[str] = []
    for worker, ids in sorted(by_worker.items()):
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        lines.append(f"  {clean(worker) or 'no worker'}: {clean(ids[0])}{more}")
    return lines


def _listed(title: str, total: int, lines: Sequence[str], paint: Paint) -> str:
    if not total:
        return ""
    shown = [paint(f"{title} ({total:,})", "bold"), *(f"  {line}" for line in lines)]
    if total > len(lines):
        shown.append(f"  and {total - len(lines):,} more; --all lists them")
    return "\n".join(shown)
