"""Which crew runs a job?"""

from __future__ import annotations

from concurrent.futures import Executor

from holdfast.parallel.crew import Crew
from holdfast.parallel.futures_crew import FuturesCrew, make_interpreters
from holdfast.parallel.inner import inner_threads
from holdfast.parallel.job import Job
from holdfast.parallel.process_crew import ProcessCrew
from holdfast.parallel.thread_crew import ThreadCrew

__all__ = ["make_crew"]


def make_crew(kind: str | Executor, job: Job, workers: int) -> Crew:
    """Start the workers; the caller closes the crew, whatever happens."""
    # Never cores times cores: what an item starts inside shares the cores as well.
    inner = max(1, job.limits.cores // workers) if inner_threads() > 1 else None
    if kind == "process":
        return ProcessCrew(
            job.func,
            job.rules,
            items=job.items,
            workers=workers,
            method=job.limits.start_method,
            timeout_s=job.timeout_s,
            inner=inner,
        )
    if kind == "thread":
        return ThreadCrew(job.func, job.rules, items=job.items, workers=workers, inner=inner)
    own = isinstance(kind, str)
    if isinstance(kind, Executor):
        executor = kind
        # A pool of its own size; two chunks each keep its workers from waiting.
        workers = max(workers, 2 * int(getattr(kind, "_max_workers", workers)))
    else:
        executor = make_interpreters(workers)
    return FuturesCrew(
        executor, job.func, job.rules, items=job.items, workers=workers, own=own, inner=inner
    )
