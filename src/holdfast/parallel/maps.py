"""How is a function mapped over data, faster where that is possible, and always right?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any, TypeVar, cast

from holdfast.clock import monotonic
from holdfast.parallel.books import Books
from holdfast.parallel.drive import Drive
from holdfast.parallel.failure import ParallelDiffers, WrongArgument
from holdfast.parallel.history import recall, remember
from holdfast.parallel.host import Host
from holdfast.parallel.items import is_endless
from holdfast.parallel.job import check_word, make_job
from holdfast.parallel.outcome import make_plan, plan_ahead
from holdfast.parallel.plan import Plan
from holdfast.parallel.progress import Progress
from holdfast.parallel.recheck import VERIFY, Witness
from holdfast.parallel.verdict import Equality
from holdfast.text.format import format_bytes

__all__ = ["execute", "optimize", "stream"]

T = TypeVar("T")
R = TypeVar("R")

# What a stream holds back at most: the results that came before an earlier one.
BUFFER_ITEMS = 10_000
BUFFER_BYTES = 64 * 1024 * 1024


def execute(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    *,
    n_jobs: int | None = None,
    executor: str | Executor | None = None,
    chunksize: int | None = None,
    verify: str = "cover",
    on_error: str = "raise",
    timeout_s: float | None = None,
    verbose: bool = False,
    profile: bool = False,
    progress: Callable[..., Any] | None = None,
    return_plan: bool = False,
    cost: Callable[[Any], float] | None = None,
    seed: int | None = None,
    start_method: str | None = None,
    tolerance: float | None = None,
    history: str | None = None,
    first_index: int = 0,
    host: Host | None = None,
) -> Any:
    """Return `[func(item) for item in data]`, run side by side where that is faster.

    Without `executor` the first items run here, and it is decided, again and again, how
    to go on; no item runs twice. An explicit executor is obeyed. Results keep the order
    of the data. `on_error="collect"` puts a `Failure` in the place of an item that failed.
    `timeout_s` bounds each item; a worker that takes longer is killed. `cost` orders the
    items, longest first; `seed` seeds random and numpy anew for each item. `history`
    names a file that keeps what items cost; it is a hint and never decides. `first_index`
    is the first item's, where the data is a part of something larger.

    Raises:
        WrongArgument: an argument cannot be used, and nothing was run; or the results of data
            without a length fill the memory.
        ParallelDiffers: `verify` found a difference, and no plan is returned to tell it.
        Exception: what the function raised for the first item that failed, with its index.
    """
    check_word("verify", verify, VERIFY)
    if history is not None and not isinstance(cast("Any", history), str | os.PathLike):
        raise WrongArgument(f"history must name a file, got {history!r}")
    _refuse_endless(data)
    job = make_job(
        func,
        data,
        executor=executor,
        n_jobs=n_jobs,
        chunksize=chunksize,
        on_error=on_error,
        timeout_s=timeout_s,
        seed=seed,
        cost=cost,
        start_method=start_method,
        first_index=first_index,
        host=host,
    )
    books = Books(keep_chunks=profile)
    drive = Drive(job, Progress(progress, verbose=verbose, warn=books.warn), books)
    witness = Witness(job, verify, tolerance=tolerance)
    results, plan = _run(drive, witness, history)
    if plan.equality is not None and not plan.equality and not return_plan:
        raise _difference(plan.equality)
    return (results, plan) if return_plan else results


def _run(drive: Drive, witness: Witness, history: str | None) -> tuple[list[Any], Plan]:
    job, books = drive.job, drive.books
    if history is not None:
        books.prior_s = recall(history, job.func, job.host)
    began = monotonic()
    results = _gather(drive)
    total_s = monotonic() - began
    equality = witness.judge(results)
    if history is not None:
        try:
            remember(history, job.func, job.host, books.measured())
        except OSError as error:
            # A hint that cannot be kept costs no result.
            books.warn(f"history must be a file that can be written, got {history}: {error}")
    plan = make_plan(drive, total_s=total_s, equality=equality)
    drive.progress.say_all(plan.explain)
    return results, plan


def _difference(equality: Equality) -> ParallelDiffers:
    place = "" if equality.index is None else f" at item {equality.index}"
    return ParallelDiffers(
        f"the parallel result must equal the serial one, got {equality.status}{place}: "
        f"{equality.detail}",
        equality=equality,
    )


def stream(
    func: Callable[[T], R],
    data: Iterable[T],
    *,
    ordered: bool = True,
    n_jobs: int | None = None,
    executor: str | Executor | None = None,
    chunksize: int | None = None,
    on_error: str = "raise",
    timeout_s: float | None = None,
    verbose: bool = False,
    progress: Callable[..., Any] | None = None,
    seed: int | None = None,
    start_method: str | None = None,
    buffer_items: int = BUFFER_ITEMS,
    buffer_bytes: int = BUFFER_BYTES,
    host: Host | None = None,
) -> Iterator[R]:
    """Yield `func(item)` for each item, as `execute`, with bounded memory.

    Items are taken as results are; at most `buffer_items` items and about `buffer_bytes`
    of results wait. With `ordered=False` results come as they are done. The data may be
    endless. Closing the iterator ends the workers.

    Raises:
        WrongArgument: an argument cannot be used, told at once; nothing was run.
    """
    job = make_job(
        func,
        data,
        executor=executor,
        n_jobs=n_jobs,
        chunksize=chunksize,
        on_error=on_error,
        timeout_s=timeout_s,
        seed=seed,
        start_method=start_method,
        host=host,
    )
    for name, value in (("buffer_items", buffer_items), ("buffer_bytes", buffer_bytes)):
        if isinstance(value, bool) or not isinstance(cast("Any", value), int) or value < 1:
            raise WrongArgument(f"{name} must be a whole number of at least 1, got {value!r}")
    job.buffer_items, job.buffer_bytes = buffer_items, buffer_bytes
    books = Books()
    drive = Drive(job, Progress(progress, verbose=verbose, warn=books.warn), books)
    return _in_order(drive) if ordered else _as_done(drive)


def optimize(
    func: Callable[[T], R],
    data: Iterable[T],
    *,
    sample_s: float = 0.005,
    verbose: bool = False,
    profile: bool = False,
    progress: Callable[..., Any] | None = None,
    n_jobs: int | None = None,
    start_method: str | None = None,
    host: Host | None = None,
) -> Plan:
    """Probe a few items and return how to map the rest, for those who run the pool.

    `Pool(plan.n_jobs).map(func, plan.data, plan.chunksize)` is complete and in order:
    `plan.data` holds the probed items too, also of a generator. Those run twice then,
    which `execute` avoids.

    Raises:
        WrongArgument: an argument cannot be used; nothing was run.
    """
    job = make_job(
        func, data, n_jobs=n_jobs, sample_s=sample_s, start_method=start_method, host=host
    )
    books = Books(keep_chunks=profile)
    teller = Progress(progress, verbose=verbose, warn=books.warn)
    plan = plan_ahead(job, data, books, teller)
    teller.say_all(plan.explain)
    return plan


def _refuse_endless(data: Any) -> None:
    if is_endless(data):
        raise WrongArgument(
            f"data must end, got an endless {type(data).__name__}",
            hint="use holdfast.parallel.stream, or cut it with itertools.islice",
        )


def _gather(drive: Drive) -> list[Any]:
    job = drive.job
    results: list[Any] = []
    if job.items.length is not None:
        results = [None] * job.items.length
    count, is_told = 0, False
    blocks = drive.blocks()
    try:
        for start, values in blocks:
            stop = start + len(values)
            if stop > len(results):
                results.extend([None] * (stop - len(results)))
            results[start:stop] = values
            count += len(values)
            is_told = is_told or _warn_of_size(drive, count)
    finally:
        blocks.close()
    # A container may give fewer items than its length says.
    del results[job.items.taken :]
    if job.items.order is None:
        return results
    ordered: list[Any] = [None] * len(results)
    for position, value in enumerate(results):
        ordered[job.items.order[position]] = value
    return ordered


def _warn_of_size(drive: Drive, count: int) -> bool:
    """Say once that the results will not fit; where no end is known, end before they do not."""
    memory = drive.job.limits.memory
    total = drive.job.items.length or count
    size = drive.books.out_bytes * total
    if not memory or size <= memory:
        return False
    if drive.job.items.length is None:
        raise WrongArgument(
            f"data must end before its results fill the memory, got {count} results that take "
            f"about {format_bytes(size)} of the {format_bytes(memory)} left",
            hint="use holdfast.parallel.stream",
        )
    drive.books.warn(
        f"the results take about {format_bytes(size)}, more than the "
        f"{format_bytes(memory)} left: use holdfast.parallel.stream"
    )
    return True


def _as_done(drive: Drive) -> Iterator[Any]:
    blocks = drive.blocks()
    try:
        for _, values in blocks:
            drive.desk.released += len(values)
            yield from values
    finally:
        blocks.close()


def _in_order(drive: Drive) -> Iterator[Any]:
    waiting: dict[int, list[Any]] = {}
    position = 0
    blocks = drive.blocks()
    try:
        for start, values in blocks:
            waiting[start] = values
            while position in waiting:
                ready = waiting.pop(position)
                position += len(ready)
                drive.desk.released = position
                yield from ready
    finally:
        blocks.close()
