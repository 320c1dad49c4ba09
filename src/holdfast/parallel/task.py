"""What does a worker carry out for `holdfast parallel`, and for maps in case files?

Each function takes plain data and returns a value that becomes evidence. User code is
imported and run where these run, never in holdfast's own process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

from holdfast.clock import monotonic
from holdfast.parallel.contest import Compared, Contest, compared
from holdfast.parallel.facts import Mapped, PlanFacts, facts_of
from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.host_read import read_host
from holdfast.parallel.limits import find_limits
from holdfast.parallel.maps import execute, optimize
from holdfast.parallel.source import find_function, open_source, read_source
from holdfast.parallel.strategy import Strategy, default_strategies, read_strategy
from holdfast.parallel.tuning import Tuned, candidates, search
from holdfast.parallel.validation import Validated, validate_map

__all__ = ["compare_strategies", "map_items", "plan_map", "tune_map", "validate_plan"]

EVERY_S = 0.5


def map_items(func: str, data: dict[str, Any], *, progress: bool = False, **options: Any) -> Mapped:
    """Map a named function over named items, as `holdfast.parallel.execute` does.

    `options` are those of `execute`. The value tells its results and its plan, and the
    expectation `same_as: serial` runs it again.

    >>> mapped = map_items("builtins:abs", {"items": [-1, 2]}, executor="serial")
    >>> mapped.results, mapped.plan.executor
    ([1, 2], 'serial')
    """
    source = read_source(data)
    results, plan = execute(
        find_function(func),
        open_source(source),
        return_plan=True,
        progress=_Teller() if progress else None,
        **_checked(options),
    )
    return Mapped(
        func=func,
        source=data,
        results=results,
        items=len(results),
        plan=facts_of(plan),
        seed=options.get("seed"),
        equality=plan.equality,
    )


def plan_map(
    func: str, data: dict[str, Any], *, progress: bool = False, **options: Any
) -> PlanFacts:
    """Probe a few items and return how to map the rest."""
    source = read_source(data)
    return facts_of(
        optimize(
            find_function(func),
            open_source(source),
            progress=_Teller() if progress else None,
            **options,
        )
    )


def compare_strategies(
    func: str,
    data: dict[str, Any],
    *,
    strategies: Sequence[str] = (),
    rounds: int = 3,
    progress: bool = False,
    **options: Any,
) -> Compared:
    """Run strategies side by side, round by round."""
    function, items, count = _sized(func, data)
    cores = _cores()
    chosen = [read_strategy(each) for each in strategies] or default_strategies(cores)
    if not any(each.executor == "serial" for each in chosen):
        chosen.insert(0, Strategy(executor="serial"))
    chosen = sorted(dict.fromkeys(chosen), key=lambda each: each.executor != "serial")
    contest = Contest(function, items)
    tell = _Teller() if progress else None
    for number in range(rounds):
        contest.round = number
        for place, strategy in enumerate(chosen):
            contest.run(strategy, **options)
            if tell is not None:
                tell("comparing", number * len(chosen) + place + 1, rounds * len(chosen))
    contest.round = rounds
    return compared(contest, chosen, func=func, items=count, cores=cores)


def tune_map(
    func: str,
    data: dict[str, Any],
    *,
    executors: Sequence[str] = (),
    workers: Sequence[int] = (),
    chunksizes: Sequence[int] = (),
    budget_s: float = 30.0,
    progress: bool = False,
    **options: Any,
) -> Tuned:
    """Search executors, workers and chunk sizes for the fastest."""
    function, items, count = _sized(func, data)
    cores = _cores()
    for name in executors:
        read_strategy(name)
    grid = candidates(
        count,
        cores,
        executors=tuple(executors) or ("thread", "process"),
        workers=workers,
        chunksizes=chunksizes,
    )
    return search(
        function,
        items,
        grid,
        name=func,
        cores=cores,
        budget_s=budget_s,
        tell=_Teller() if progress else None,
        **options,
    )


def validate_plan(
    func: str,
    data: dict[str, Any],
    *,
    strategy: str = "",
    rounds: int = 3,
    tolerance: float | None = None,
    progress: bool = False,
    **options: Any,
) -> Validated:
    """Run the serial loop and the planned map in turn, and compare times and results."""
    function, items, _ = _sized(func, data)
    return validate_map(
        function,
        items,
        name=func,
        chosen=read_strategy(strategy) if strategy else None,
        rounds=rounds,
        tolerance=tolerance,
        tell=_Teller() if progress else None,
        **options,
    )


def _sized(
    func: str, data: dict[str, Any]
) -> tuple[Callable[[Any], Any], Callable[[], Sequence[Any]], int]:
    """Return the function, what gives its items anew, and how many these are."""
    source = read_source(data)
    function = find_function(func)
    count = len(_listed(open_source(source)))
    if not count:
        raise WrongArgument(
            "data must hold an item, got none",
            hint="times and results of nothing cannot be compared",
        )
    return function, lambda: _listed(open_source(source)), count


def _listed(items: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", items) if isinstance(items, list | tuple | range) else list(items)


def _cores() -> int:
    return find_limits(read_host()).cores


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """Refuse options that mean something else here."""
    for name in ("return_plan", "cost", "host"):
        if name in options:
            raise WrongArgument(f"a map in a case file must not be given {name!r}")
    return options


class _Teller:
    """Writes how far it is, on a line of its own, at most twice a second."""

    def __init__(self) -> None:
        self._next_at = 0.0
        self._phase = ""

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        now = monotonic()
        is_last = total is not None and done >= total
        if phase == self._phase and now < self._next_at and not is_last:
            return
        self._phase, self._next_at = phase, now + EVERY_S
        count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        share = f" ({done / total:.0%})" if total else ""
        sys.stderr.write(f"{phase}: {count}{share}\n")
        sys.stderr.flush()
