"""Does a function give in parallel what it gives serially?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import Any

from holdfast.parallel.books import Books
from holdfast.parallel.drive import Drive
from holdfast.parallel.failure import Failure, NotPicklable, WrongArgument
from holdfast.parallel.items import is_endless
from holdfast.parallel.job import check_word, make_job
from holdfast.parallel.progress import Progress
from holdfast.parallel.recheck import Seen, check_tolerance, is_probed, settle, snapshot
from holdfast.parallel.verdict import Equality

__all__ = ["verify"]

MODES = ("sample", "full")


def verify(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    *,
    mode: str = "full",
    executor: str | Executor | None = None,
    n_jobs: int | None = None,
    start_method: str | None = None,
    chunksize: int | None = None,
    tolerance: float | None = None,
    seed: int | None = None,
) -> Equality:
    """Run items serially and in parallel, compare, and return the verdict.

    Serially first, some of them twice; then all of them in workers: `executor` is
    "process" unless another one is named, with two workers at least. A failure is a value
    like any other: the same exception on both sides is equal. `mode="sample"` compares
    ten items, "full" all.

    Raises:
        WrongArgument: an argument cannot be used; nothing was run.
    """
    check_word("mode", mode, MODES)
    check_tolerance(tolerance)
    if is_endless(data):
        raise WrongArgument(f"data must end, got an endless {type(data).__name__}")
    job = make_job(
        func,
        data,
        executor=executor or "process",
        n_jobs=n_jobs or 2,
        chunksize=chunksize,
        on_error="collect",
        seed=seed,
        start_method=start_method,
    )
    job.items.list_all()
    count = job.items.length or 0
    step = 1 if mode == "full" else max(1, count // 10)
    chosen: list[Seen] = []
    for number, index in enumerate(range(0, count, step)):
        item = job.items.between(index, index + 1)[0]
        seen = Seen(index=index, item=item, before=snapshot(item))
        seen.run(job, is_probed(number, -(-count // step)))
        if seen.is_changed:
            verdict = seen.judge(None, tolerance)
            if verdict is not None:
                return verdict
        chosen.append(seen)
    try:
        results = _run(Drive(job, _silent(), Books()))
    except NotPicklable as error:
        results = [Failure(index, error) for index in range(count)]
    for seen in chosen:
        verdict = seen.judge(results[seen.index], tolerance)
        if verdict is not None:
            return verdict
    return settle(chosen)


def _silent() -> Progress:
    return Progress(None, verbose=False, warn=lambda _: None)


def _run(drive: Drive) -> list[Any]:
    results: list[Any] = [None] * (drive.job.items.length or 0)
    blocks = drive.blocks()
    try:
        for start, values in blocks:
            results[start : start + len(values)] = values
    finally:
        blocks.close()
    return results
