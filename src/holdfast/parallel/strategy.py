"""In which ways can a map be run, side by side with others?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.maps import execute
from holdfast.parallel.plan import Plan
from holdfast.text.suggest import did_you_mean

__all__ = ["Strategy", "default_strategies", "read_strategy", "run_strategy", "worker_counts"]

EXECUTORS = ("auto", "interpreter", "process", "serial", "thread")
HINT = "for example serial, auto, thread:8, process:2 or process:2:50 (workers, then chunk size)"


class Strategy(msgspec.Struct, frozen=True, kw_only=True):
    """One way to run a map. `auto` decides for itself; without `chunksize` chunks are guided."""

    executor: str
    n_jobs: int | None = None
    chunksize: int | None = None

    @property
    def name(self) -> str:
        """Return it as it is authored."""
        parts = [self.executor]
        if self.n_jobs is not None:
            parts.append(str(self.n_jobs))
        if self.chunksize is not None:
            parts.append(str(self.chunksize))
        return ":".join(parts)


def read_strategy(text: str) -> Strategy:
    """Read `EXECUTOR[:WORKERS[:CHUNKSIZE]]`.

    >>> read_strategy("process:2:50").n_jobs
    2

    Raises:
        WrongArgument: it is no strategy.
    """
    executor, *numbers = text.split(":")
    if executor not in EXECUTORS:
        raise WrongArgument(
            f"a strategy must begin with one of {', '.join(EXECUTORS)}, got {text!r}"
            f"{did_you_mean(executor, EXECUTORS)}",
            hint=HINT,
        )
    takes = 0 if executor == "serial" else 2
    is_sound = len(numbers) <= takes and all(n.isdecimal() and int(n) > 0 for n in numbers)
    if not is_sound:
        raise WrongArgument(
            f"a strategy must be EXECUTOR[:WORKERS[:CHUNKSIZE]], got {text!r}", hint=HINT
        )
    counts = [int(number) for number in numbers]
    return Strategy(
        executor=executor,
        n_jobs=counts[0] if counts else None,
        chunksize=counts[1] if len(counts) > 1 else None,
    )


def worker_counts(cores: int) -> list[int]:
    """Return the powers of two up to the cores, the cores, and two at least.

    >>> worker_counts(6)
    [1, 2, 4, 6]
    """
    most = max(2, cores)
    counts = {most}
    power = 1
    while power < most:
        counts.add(power)
        power *= 2
    return sorted(counts)


def default_strategies(cores: int) -> list[Strategy]:
    """Return the serial loop, what the map decides, and threads and processes of growing number."""
    counts = worker_counts(cores)
    return [
        Strategy(executor="serial"),
        Strategy(executor="auto"),
        *(Strategy(executor="thread", n_jobs=count) for count in counts),
        *(Strategy(executor="process", n_jobs=count) for count in counts),
    ]


def run_strategy(
    strategy: Strategy, func: Callable[[Any], Any], items: Sequence[Any], **options: Any
) -> tuple[float, list[Any], Plan | None]:
    """Run a map once; return the seconds it took, starting and deciding included."""
    if strategy.executor == "serial":
        # A plain loop: what people would write, without anything of this package.
        began = monotonic()
        results = [func(item) for item in items]
        return monotonic() - began, results, None
    began = monotonic()
    results, plan = execute(
        func,
        items,
        executor=None if strategy.executor == "auto" else strategy.executor,
        n_jobs=strategy.n_jobs,
        chunksize=strategy.chunksize,
        return_plan=True,
        **options,
    )
    return monotonic() - began, results, plan
