"""What do the cases of this folder call, beside the maps themselves?"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from typing import Any

from examples.parallel import work
from holdfast import Finding
from holdfast.parallel import execute, optimize

__all__ = ["collatz_loop", "every_once", "pool_by_plan", "recommend", "together"]


def pool_by_plan(kind: str, count: int, n_jobs: int, method: str) -> list[int]:
    """Let holdfast choose the chunks, and run the pool by hand, with so many workers."""
    plan = optimize(work.collatz, items_of(kind, count))
    with multiprocessing.get_context(method).Pool(n_jobs) as pool:
        return pool.map(work.collatz, plan.data, plan.chunksize)


def collatz_loop(count: int) -> list[int]:
    """Return what a loop gives: the truth that a pool is held against."""
    return [work.collatz(n) for n in range(1, count + 1)]


def items_of(kind: str, count: int) -> Iterable[int]:
    """Return the numbers from 1, as a list, a range or a generator."""
    numbers = range(1, count + 1)
    if kind == "list":
        return list(numbers)
    return (n for n in numbers) if kind == "generator" else numbers


def every_once(value: Any, count: int) -> Finding:
    """Say whether each of the first `count` numbers came back once: none lost, none twice."""
    results: list[int] = value.results
    missing = sorted(set(range(count)) - set(results))
    if missing:
        return Finding(status="failed", message=f"lost: {missing[:5]}")
    if len(results) != count:
        return Finding(status="failed", message=f"{len(results)} results for {count} items")
    return Finding(status="passed", message=f"{count} numbers, each once")


def recommend(func: str, count: int) -> dict[str, Any]:
    """Return the choice for a function of work.py."""
    plan = optimize(getattr(work, func), list(range(count)))
    return {"executor": plan.executor, "n_jobs": plan.n_jobs, "chunksize": plan.chunksize}


def together(count: int, n_jobs: int) -> dict[str, Any]:
    """Map with verbose, profile and progress at once, which none of them may disturb."""
    told: list[tuple[str, int]] = []

    def progress(phase: str, done: int, total: int | None) -> None:
        told.append((phase, done if total == count else -1))

    results, plan = execute(
        work.square,
        range(count),
        executor="process",
        n_jobs=n_jobs,
        verbose=True,
        profile=True,
        progress=progress,
        return_plan=True,
    )
    return {
        "results": results,
        "logged_items": sum(chunk.items for chunk in plan.profile.chunks),
        "told_to_the_end": told[-1][1] == count,
    }
