"""What came of a map, or what would come of it, as a plan?"""

from __future__ import annotations

import itertools
import math
from typing import Any

from holdfast.clock import monotonic
from holdfast.parallel.books import Books
from holdfast.parallel.chunks import ChunkRule, Pace, next_chunk
from holdfast.parallel.decide import INNER_PARALLEL, start_cost
from holdfast.parallel.drive import Drive
from holdfast.parallel.job import Job
from holdfast.parallel.limits import capacity
from holdfast.parallel.meter import rss_bytes
from holdfast.parallel.plan import Plan
from holdfast.parallel.profile import Profile
from holdfast.parallel.progress import Progress
from holdfast.parallel.verdict import Equality

__all__ = ["make_plan", "plan_ahead"]

# Starting workers alone takes longer.
LEAST_S = 0.01


def make_plan(drive: Drive, *, total_s: float, equality: Equality | None = None) -> Plan:
    """Tell what a finished map decided and cost."""
    books, job = drive.books, drive.job
    profile = _profile(drive, total_s)
    serial_s = profile.serial_estimate_s or 0.0
    speedup = max(1e-9, serial_s / total_s) if total_s > 0 and serial_s else 1.0
    # Workers that were given up before they ran anything are no way that it went.
    by_workers = books.items > books.serial_items
    used = [each for each in books.decisions if each.executor != "serial" and by_workers]
    serial = [each for each in books.decisions if each.executor == "serial"]
    last = (used or serial or [None])[-1]
    return Plan(
        n_jobs=max(1, drive.workers if used else 1),
        chunksize=drive.chunk_size,
        executor=last.executor if last else "serial",
        reason=last.reason if last else _without_decision(books),
        estimated_speedup=speedup,
        speedup_interval=_interval(speedup, books.spread, books.items),
        warnings=(*job.limits.warnings, *books.warnings),
        profile=profile,
        decisions=tuple(books.decisions),
        equality=equality,
        items=job.items.taken,
    )


def _without_decision(books: Books) -> str:
    if not books.items:
        return "there is nothing to run"
    return f"all {books.items} items were done before there was anything to decide"


def plan_ahead(job: Job, data: Any, books: Books, progress: Progress) -> Plan:
    """Probe, decide once, and tell how to go on; nothing of the data is lost."""
    drive = Drive(job, progress, books)
    progress.tell("probing", 0, job.items.length)
    began = monotonic()
    probed, choice = drive.probe()
    profile = _profile(drive, 0.0)
    workers = choice.workers if choice.executor != "serial" else 1
    speedup = 1.0
    if choice.executor != "serial" and choice.predicted_s and choice.serial_s:
        speedup = max(1.0, choice.serial_s / choice.predicted_s)
    if job.items.sequence is None:
        data = itertools.chain(probed, job.items.rest())
    length = job.items.length
    pace = Pace()
    pace.add(1, profile.measured.item_s, int(profile.measured.out_bytes))
    size = next_chunk(ChunkRule(), pace, workers, length)
    if length is not None and workers == 1:
        size = max(1, min(size, length))
    executor: Any = "serial" if choice.executor == "trial" else choice.executor
    progress.tell("complete", 1, 1, is_last=True)
    books.deciding_s = monotonic() - began
    return Plan(
        n_jobs=workers,
        chunksize=size,
        executor=executor,
        reason=choice.reason,
        estimated_speedup=speedup,
        speedup_interval=_interval(speedup, books.spread, books.items),
        warnings=(*job.limits.warnings, *books.warnings),
        data=data,
        profile=profile,
        decisions=tuple(books.decisions),
        items=length,
    )


def _profile(drive: Drive, total_s: float) -> Profile:
    books, job = drive.books, drive.job
    measured = books.measured()
    # The parent's own part: what it pickles, pulls from the data and hands out.
    bytes_s = (measured.in_s + measured.out_s / 2) * max(0, books.items - books.serial_items)
    single = min(total_s, books.start_s + books.dispatch_s + bytes_s + books.deciding_s)
    share = 1.0
    if books.calls_s > 0:
        share = min(1.0, single / (single + books.calls_s))
    best = None
    if total_s > 0 and books.calls_s > 0:
        cores = capacity(job.host, job.limits.cores)
        even = books.calls_s / cores
        # Waiting items need no cores of their own.
        even *= 1.0 - measured.idle_share if measured.idle_share > 0.5 else 1.0
        best = max(even, min(books.longest_s, books.calls_s))
        if total_s < LEAST_S or not any(each.executor != "serial" for each in books.decisions):
            # In hindsight: what was learnt too late to decide otherwise counts as well.
            best = (
                min(books.calls_s, best + _start_s(drive)) if _could_share(drive) else books.calls_s
            )
    return Profile(
        measured=measured,
        total_s=total_s,
        calls_s=books.calls_s,
        serial_share=share,
        amdahl_ceiling=1.0 / share if share > 0 else math.inf,
        start_s=books.start_s,
        bytes_s=bytes_s,
        dispatch_s=books.dispatch_s,
        deciding_s=books.deciding_s,
        waiting_s=books.waiting_s,
        serial_estimate_s=books.calls_s or None,
        best_s=best,
        cores=job.limits.cores,
        bound=job.limits.bound,
        start_method=job.limits.start_method,
        start_reason=job.limits.start_reason,
        memory_bytes=job.limits.memory,
        lost_workers=books.lost_workers,
        chunks=tuple(books.chunks),
    )


def _could_share(drive: Drive) -> bool:
    """Tell whether other cores could have taken a part: there are some, and no item fills them by itself."""
    return drive.job.limits.cores > 1 and drive.books.measured().parallelism < INNER_PARALLEL


def _start_s(drive: Drive) -> float:
    limits = drive.job.limits
    return start_cost(limits.start_method, limits.cores, rss_bytes())


def _interval(speedup: float, spread: float, items: int) -> tuple[float, float]:
    """Bound a speedup by two standard errors of the time per item, and a tenth for the model."""
    error = 0.1 + 2 * spread / math.sqrt(max(1, items))
    return (speedup / (1 + error), speedup * (1 + error))
