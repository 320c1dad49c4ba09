"""Who maps? Every side as a function of (func, data, options) that returns the list of results.

A side imports what it needs before the clock starts: `prepare` gives the function that is timed.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any

__all__ = ["RIVALS", "Map", "prepare"]

Map = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]

RIVALS = ("Pool.map", "ProcessPoolExecutor", "joblib", "mpire")

# A point of the grid reaches every function, as a user would who writes a `def` for it.
_INHERITED: list[Callable[[Any], Any]] = []


def prepare(side: str) -> Map:
    """Return the map of a side: "holdfast", a rival's name, or a point of the grid.

    A point is "serial", "thread:WORKERS:CHUNK" or "process:WORKERS:CHUNK[:INNER]", where INNER is
    the number of threads that numerical libraries may start in each worker.
    """
    if side in _SIDES:
        return _SIDES[side]()
    kind, *numbers = side.split(":")
    workers, chunk, *inner = (int(number) for number in numbers)
    if kind == "thread":
        return _threads(workers, chunk, inner[0] if inner else None)
    return _processes(workers, chunk, inner[0] if inner else None)


def _holdfast() -> Map:
    return importlib.import_module("holdfast.parallel").execute


def _pool() -> Map:
    def run(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
        with multiprocessing.Pool() as pool:
            return pool.map(func, data)

    return run


def _executor() -> Map:
    def run(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
        with ProcessPoolExecutor() as pool:
            return list(pool.map(func, data))

    return run


def _joblib() -> Map:
    joblib: Any = importlib.import_module("joblib")

    def run(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
        return joblib.Parallel(n_jobs=-1)(joblib.delayed(func)(item) for item in data)

    return run


def _mpire() -> Map:
    mpire: Any = importlib.import_module("mpire")

    def run(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
        with mpire.WorkerPool() as pool:
            if isinstance(data, list) and isinstance(data[0], tuple):
                # mpire spreads a tuple over the arguments; this is its way to pass one as it is.
                return pool.map(func, ((item,) for item in data), iterable_len=len(data))
            return pool.map(func, data)

    return run


def _serial() -> Map:
    return lambda func, data: [func(item) for item in data]


def _threads(workers: int, chunk: int, inner: int | None) -> Map:
    limit = _limit(inner)

    def run(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
        limit()
        with ThreadPool(workers) as pool:
            return pool.map(func, data, chunk)

    return run


def _processes(workers: int, chunk: int, inner: int | None) -> Map:
    limit = _limit(inner)
    context = multiprocessing.get_context("fork")

    def run(func: Callable[[Any], Any], data: Iterable[Any]) -> list[Any]:
        if "<" not in func.__qualname__:
            with context.Pool(workers, limit) as pool:
                return pool.map(func, data, chunk)
        _INHERITED.append(func)
        with context.Pool(workers, limit) as pool:
            return pool.map(_call_inherited, data, chunk)

    return run


def _call_inherited(item: Any) -> Any:
    return _INHERITED[0](item)


def _limit(inner: int | None) -> Callable[[], None]:
    if inner is None:
        return _leave
    library: Any = importlib.import_module("threadpoolctl")
    return lambda: library.threadpool_limits(limits=inner)


def _leave() -> None:
    """Leave numerical libraries as they are."""


_SIDES: dict[str, Callable[[], Map]] = {
    "holdfast": _holdfast,
    "Pool.map": _pool,
    "ProcessPoolExecutor": _executor,
    "joblib": _joblib,
    "mpire": _mpire,
    "serial": _serial,
}
