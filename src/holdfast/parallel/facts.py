"""What of a plan is kept as evidence? Numbers and texts, without the data."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from holdfast.parallel.plan import Plan
from holdfast.parallel.verdict import Equality

__all__ = ["Mapped", "PlanFacts", "facts_of"]


class PlanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, flat: the choice, what it rests on, and what each part of it cost in seconds.

    `chunks` and the items in them are counted where a log of them was asked for (`profile`).
    """

    executor: str
    n_jobs: int
    chunksize: int
    reason: str
    estimated_speedup: float
    speedup_interval: tuple[float, float]
    items: int | None
    warnings: tuple[str, ...]
    item_s: float
    spread: float
    in_bytes: float
    out_bytes: float
    idle_share: float
    total_s: float
    calls_s: float
    serial_s: float | None
    best_s: float | None
    regret: float | None
    start_s: float
    bytes_s: float
    dispatch_s: float
    deciding_s: float
    waiting_s: float
    serial_share: float
    amdahl_ceiling: float | None
    cores: int
    bound: str
    start_method: str
    lost_workers: int
    chunks: int
    chunk_items: int
    explained: str


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """What a map in a case file leaves: its results, and all it takes to run it again.

    `equality` is there where the map itself compared every result with a serial run.
    """

    func: str
    source: dict[str, Any]
    results: list[Any]
    items: int
    plan: PlanFacts
    seed: int | None = None
    equality: Equality | None = None


def facts_of(plan: Plan) -> PlanFacts:
    """Return what is kept of a plan."""
    profile, seen = plan.profile, plan.profile.measured
    ceiling = profile.amdahl_ceiling
    return PlanFacts(
        executor=plan.executor,
        n_jobs=plan.n_jobs,
        chunksize=plan.chunksize,
        reason=plan.reason,
        estimated_speedup=plan.estimated_speedup,
        speedup_interval=plan.speedup_interval,
        items=plan.items,
        warnings=plan.warnings,
        item_s=seen.item_s,
        spread=seen.spread,
        in_bytes=seen.in_bytes,
        out_bytes=seen.out_bytes,
        idle_share=seen.idle_share,
        total_s=profile.total_s,
        calls_s=profile.calls_s,
        serial_s=profile.serial_estimate_s,
        best_s=profile.best_s,
        regret=profile.regret,
        start_s=profile.start_s,
        bytes_s=profile.bytes_s,
        dispatch_s=profile.dispatch_s,
        deciding_s=profile.deciding_s,
        waiting_s=profile.waiting_s,
        serial_share=profile.serial_share,
        amdahl_ceiling=ceiling if math.isfinite(ceiling) else None,
        cores=profile.cores,
        bound=profile.bound,
        start_method=profile.start_method,
        lost_workers=profile.lost_workers,
        chunks=len(profile.chunks),
        chunk_items=sum(chunk.items for chunk in profile.chunks),
        explained=plan.explain(),
    )
