"""What was asked for, checked before anything runs?"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, cast

import msgspec

from holdfast.parallel.calls import Rules, is_nested
from holdfast.parallel.failure import WrongArgument, name_of
from holdfast.parallel.host import Host
from holdfast.parallel.host_read import read_host
from holdfast.parallel.items import Items
from holdfast.parallel.limits import WINDOWS_WORKERS, Limits, find_limits
from holdfast.text.suggest import did_you_mean

__all__ = [
    "ON_ERROR",
    "Job",
    "check_count",
    "check_func",
    "check_iterable",
    "check_seconds",
    "check_word",
    "make_job",
]

EXECUTORS = ("serial", "thread", "process", "interpreter")
ON_ERROR = ("raise", "collect")


class Job(msgspec.Struct, kw_only=True):
    """A map as it was asked for, with the machine that it runs on.

    `executor` is None where the map decides; then `n_jobs` bounds and `chunksize` fixes
    what it decides.
    """

    func: Callable[[Any], Any]
    items: Items
    rules: Rules
    host: Host
    limits: Limits
    executor: str | Executor | None = None
    n_jobs: int | None = None
    chunksize: int | None = None
    timeout_s: float | None = None
    sample_s: float = 0.005
    buffer_items: int | None = None
    buffer_bytes: int | None = None
    nested: bool = False


def make_job(
    func: Any,
    data: Any,
    *,
    executor: Any = None,
    n_jobs: Any = None,
    chunksize: Any = None,
    on_error: str = "raise",
    timeout_s: Any = None,
    seed: int | None = None,
    cost: Callable[[Any], float] | None = None,
    start_method: str | None = None,
    sample_s: Any = 0.005,
    first_index: int = 0,
    host: Host | None = None,
) -> Job:
    """Check all arguments and read the machine.

    Raises:
        WrongArgument: one of them cannot be used; nothing was run.
    """
    check_func(func)
    if inspect.iscoroutinefunction(func):
        raise WrongArgument(
            f"func must give its result at once, got the coroutine function {name_of(func)}",
            hint="await holdfast.parallel.map_async(func, data)",
        )
    n_jobs = check_count("n_jobs", n_jobs)
    chunksize = check_count("chunksize", chunksize)
    _check_executor(executor)
    check_word("on_error", on_error, ON_ERROR)
    timeout_s = check_seconds("timeout_s", timeout_s)
    sample_s = check_seconds("sample_s", sample_s) or 0.005
    if cost is not None:
        check_func(cost, "cost")
    if isinstance(first_index, bool) or not isinstance(cast("Any", first_index), int):
        raise WrongArgument(f"first_index must be a whole number, got {first_index!r}")
    host = host or read_host()
    if start_method is not None:
        check_word("start_method", start_method, host.start_methods)
    check_iterable(data)
    items = Items(data, cost=cost, first_index=first_index)
    limits = find_limits(host, method=start_method or "")
    _check_together(executor, timeout_s, seed, limits)
    if host.system == "windows" and executor in {None, "process"} and n_jobs is not None:
        n_jobs = min(n_jobs, WINDOWS_WORKERS)
    return Job(
        func=func,
        items=items,
        rules=Rules(collect=on_error == "collect", seed=seed, order=items.order, base=first_index),
        host=host,
        limits=limits,
        executor=executor,
        n_jobs=n_jobs,
        chunksize=chunksize,
        timeout_s=timeout_s,
        sample_s=sample_s,
        nested=is_nested(),
    )


def check_func(func: Any, name: str = "func") -> None:
    """Refuse what cannot be called."""
    if not callable(func):
        raise WrongArgument(
            f"{name} must be callable, got {func!r}",
            hint="pass the function itself, not its result",
        )


def check_iterable(data: Any) -> None:
    """Refuse what gives no items."""
    try:
        iter(data)
    except TypeError:
        raise WrongArgument(
            f"data must be iterable, got {data!r}",
            hint="pass a list, a range, a generator or any other iterable",
        ) from None


def check_count(name: str, value: Any) -> int | None:
    """Refuse what is not a whole number of at least 1; None means that it is left open."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WrongArgument(
            f"{name} must be a whole number of at least 1, got {value!r}",
            hint=f"leave {name} out, or pass None, to let the map decide",
        )
    return value


def check_seconds(name: str, value: Any) -> float | None:
    """Refuse what is not a finite number above 0; None means that there is no bound."""
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value <= 0:
        raise WrongArgument(f"{name} must be seconds above 0, got {value!r}")
    return float(value)


def check_word(name: str, value: Any, valid: tuple[str, ...]) -> None:
    """Refuse what is not one of some words, and offer the nearest."""
    if value not in valid:
        meant = did_you_mean(value, valid) if isinstance(value, str) else ""
        known = ", ".join(sorted(valid))
        raise WrongArgument(f"{name} must be one of {known}, got {value!r}{meant}")


def _check_executor(executor: Any) -> None:
    if executor is not None and not isinstance(executor, Executor):
        if isinstance(executor, str):
            check_word("executor", executor, EXECUTORS)
        else:
            raise WrongArgument(
                f"executor must be a name or a concurrent.futures.Executor, got {executor!r}",
                hint=f"one of {', '.join(EXECUTORS)}",
            )


def _check_together(executor: Any, timeout_s: float | None, seed: Any, limits: Limits) -> None:
    if timeout_s is not None and executor not in {None, "process"}:
        raise WrongArgument(
            f"timeout_s needs processes, since only those can be killed, got executor={executor!r}",
            hint="leave executor out or pass executor='process'",
        )
    if seed is not None:
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise WrongArgument(f"seed must be a whole number, got {seed!r}")
        if executor == "thread":
            raise WrongArgument(
                "seed cannot be used with executor='thread', whose items share one generator",
                hint="use executor='process', or make a generator of your own in each item",
            )
    if executor == "process" and limits.no_processes:
        raise WrongArgument(
            f"executor='process' cannot be used: {limits.no_processes}",
            hint="use executor='thread' or 'serial'",
        )
