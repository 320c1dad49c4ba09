"""How are the books of a run closed, and what does the gate say of them?"""

from __future__ import annotations

import msgspec

from holdfast.analyse.schedule import schedule
from holdfast.analyse.summary import Tally
from holdfast.assembly.request import Request
from holdfast.clock import Clock
from holdfast.execute.runner import Runner
from holdfast.gate.judge_run import decide
from holdfast.model.plan import Plan
from holdfast.model.run import GateRule, RunRow
from holdfast.model.watched import Watched
from holdfast.ports import Store

__all__ = ["close_books"]


def close_books(
    request: Request,
    plan: Plan,
    row: RunRow,
    *,
    runner: Runner,
    tally: Tally,
    store: Store,
    clock: Clock,
    watched: Watched,
) -> RunRow:
    """Close the books and let the gate decide."""
    planned, recorded = store.count(row.id)
    stop = runner.stop.kind
    decision = decide(
        tally.counts(),
        tally.suite_counts(),
        request.settings.gate,
        is_complete=planned == recorded == len(plan.cases),
        budget_spent=stop == "budget",
        interrupted=stop == "interrupt",
        has_selection=True,
        extra=_broken_suites(runner),
    )
    spent_s = clock.now() - runner.started
    closed = msgspec.structs.replace(
        row,
        finished=clock.wall().isoformat(),
        duration_s=row.duration_s + spent_s,
        exit_code=decision.exit_code,
        verdict=decision.verdict,
        gate=decision.rules,
        counts=tally.counts(),
        schedule=schedule(runner.spans, plan, slots=runner.slots, workers=runner.workers),
        watched=_added(row.watched, watched),
        stopped=runner.stop.reason if stop in {"interrupt", "budget", "fail-fast"} else "",
    )
    store.close_run(closed)
    return closed


def _broken_suites(runner: Runner) -> list[GateRule]:
    return [
        GateRule(name=f"suite {name}", held=False, message=text)
        for name, text in runner.broken_suites().items()
    ]


def _added(before: Watched, now: Watched) -> Watched:
    """Return what all stretches of a run saw: of figures the newest, of peaks the highest."""
    names = {**before.peak_bytes, **now.peak_bytes}
    return msgspec.structs.replace(
        now if now.asked_hz or not before.asked_hz else before,
        peak_bytes={
            name: max(before.peak_bytes.get(name, 0), now.peak_bytes.get(name, 0)) for name in names
        },
        judged=before.judged + now.judged,
        unusual=before.unusual + now.unusual,
        anomalies=(*before.anomalies, *now.anomalies),
    )
