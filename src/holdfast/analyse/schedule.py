"""Where did the time go, and how much shorter could the run have been?

The lower bound is the longest of four times that no order of the same attempts
could beat: all of them over the slots, the sync ones over the workers, each
resource's use over its permits, and the longest chain of needs. It is the bound
of Graham (1969), "Bounds on Multiprocessing Timing Anomalies", with permits as
further machines.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.run import Schedule, WorkerShare
from holdfast.model.span import SpanLog

__all__ = ["schedule"]


def schedule(spans: SpanLog, plan: Plan, *, slots: int, workers: int) -> Schedule:
    """Tell where the time of a run went.

    `spans` are the attempts that ran; their indexes are places in `plan.cases`.
    A share of 0 to 1 is: `idle_share` of the workers' time in which they ran
    nothing, `busy_share` of the makespan in which one worker ran something
    (waiting left out), and `efficiency` = speedup over what could run at once.
    """
    if not len(spans):
        return Schedule(slots=slots, workers=workers)
    makespan_s = max(spans.ended) - min(spans.started)
    durations = _durations(spans, len(plan.cases))
    sequential_s = sum(durations)
    sync_s = sum(
        e - s for s, e, sync in zip(spans.started, spans.ended, spans.sync, strict=True) if sync
    )
    path = _critical_path(plan.cases, durations)
    per_worker = _per_worker(spans, makespan_s)
    bound_s = max(
        sequential_s / max(slots, 1),
        sync_s / max(workers, 1),
        _resources_s(plan, durations),
        sum(durations[index] for index in path),
    )
    speedup = sequential_s / makespan_s if makespan_s > 0 else 1.0
    return Schedule(
        makespan_s=makespan_s,
        lower_bound_s=bound_s,
        slots=slots,
        workers=workers,
        idle_share=_idle_share(spans, per_worker, workers),
        permit_wait_s=spans.permit_wait_s,
        critical_path=tuple(plan.cases[index].case.full_id for index in path),
        sequential_s=sequential_s,
        speedup=speedup,
        efficiency=speedup / _lanes(spans, slots, workers),
        per_worker=per_worker,
    )


def _durations(spans: SpanLog, cases: int) -> array[float]:
    """Return each case's seconds, all its attempts together, back-off left out."""
    durations = array("d", bytes(8 * cases))
    for index, started_s, ended_s in zip(spans.index, spans.started, spans.ended, strict=True):
        durations[index] += ended_s - started_s
    return durations


def _resources_s(plan: Plan, durations: Sequence[float]) -> float:
    """Return the longest time for which a resource alone must keep the run."""
    busy_s: dict[str, float] = {}
    for planned, duration_s in zip(plan.cases, durations, strict=True):
        for name, permits in planned.case.uses.items():
            busy_s[name] = busy_s.get(name, 0.0) + permits * duration_s
    return max((used / _permits(plan, name) for name, used in busy_s.items()), default=0.0)


def _permits(plan: Plan, name: str) -> int:
    resource = plan.resources.get(name)
    return max(resource.permits, 1) if resource else 1


def _critical_path(cases: Sequence[PlannedCase], durations: Sequence[float]) -> list[int]:
    """Return the longest chain of needs, first case first."""
    chains: dict[int, tuple[float, int]] = {}
    for index, planned in enumerate(cases):
        if planned.needs:
            _reach(index, cases, durations, chains)

    def end_of(index: int) -> float:
        return chains[index][0] if index in chains else durations[index]

    last = max(range(len(cases)), key=end_of)
    path = [last]
    while path[-1] in chains and chains[path[-1]][1] >= 0:
        path.append(chains[path[-1]][1])
    # A case that never ran adds nothing, and is not shown.
    return [index for index in reversed(path) if durations[index] > 0]


def _reach(
    start: int,
    cases: Sequence[PlannedCase],
    durations: Sequence[float],
    chains: dict[int, tuple[float, int]],
) -> None:
    """Fill in, for a case and all before it, when its longest chain ends and what precedes it.

    A loop with a stack of its own: chains may be longer than Python's stack.
    """
    stack = [start]
    while stack:
        index = stack[-1]
        if index in chains:
            stack.pop()
            continue
        missing = [need for need in cases[index].needs if need not in chains]
        if missing:
            stack += missing
            continue
        before = max(cases[index].needs, key=lambda need: chains[need][0], default=-1)
        earlier_s = chains[before][0] if before >= 0 else 0.0
        chains[index] = (earlier_s + durations[index], before)
        stack.pop()


def _per_worker(spans: SpanLog, makespan_s: float) -> tuple[WorkerShare, ...]:
    """Return what each worker did; a worker with many attempts at once is busy once."""
    names = spans.workers
    busy_s = [0.0] * len(names)
    busy_until = [float("-inf")] * len(names)
    cases: list[set[int]] = [set() for _ in names]
    for place in sorted(range(len(spans)), key=spans.started.__getitem__):
        worker, ended_s = spans.worker[place], spans.ended[place]
        cases[worker].add(spans.index[place])
        begun_s = max(spans.started[place], busy_until[worker])
        if ended_s > begun_s:
            busy_s[worker] += ended_s - begun_s
            busy_until[worker] = ended_s
    shares = [min(1.0, busy / makespan_s) if makespan_s > 0 else 1.0 for busy in busy_s]
    found = [
        WorkerShare(name=name, cases=len(ran), busy_share=share)
        for name, ran, share in zip(names, cases, shares, strict=True)
    ]
    return tuple(sorted(found, key=lambda worker: _natural(worker.name)))


def _natural(name: str) -> tuple[str, int, str]:
    """Order worker-2 before worker-10."""
    stem = name.rstrip("0123456789")
    number = name[len(stem) :]
    return stem, int(number[:18] or 0), name


def _idle_share(spans: SpanLog, per_worker: Sequence[WorkerShare], workers: int) -> float:
    """Return the idle share of all workers' time; sync workers that never ran count as idle."""
    is_sync = _sync_workers(spans)
    unused = max(0, workers - len(is_sync)) if is_sync else 0
    busy = sum(worker.busy_share for worker in per_worker)
    return min(1.0, max(0.0, 1 - busy / (len(per_worker) + unused)))


def _sync_workers(spans: SpanLog) -> set[int]:
    return {worker for worker, sync in zip(spans.worker, spans.sync, strict=True) if sync}


def _lanes(spans: SpanLog, slots: int, workers: int) -> int:
    """Return how many attempts could have run at once."""
    lanes = min(slots, len(spans))
    if all(spans.sync):
        lanes = min(lanes, workers)
    return max(lanes, 1)
