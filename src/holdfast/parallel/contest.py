"""How long do several ways to run one map take, side by side, and do they agree?"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from holdfast.parallel.facts import PlanFacts, facts_of
from holdfast.parallel.same import compare
from holdfast.parallel.strategy import Strategy, run_strategy

__all__ = ["IMPURE", "Compared", "Contest", "Entry", "compared", "difference"]


# How `differs` begins where the function is to blame, and no way of running it.
IMPURE = "impure"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy: its seconds per round, its speedup over the serial loop of the same rounds.

    `low` and `high` are the least and the greatest speedup of a round; `plan` is that of
    the round nearest the median. `error` says why it could not be run, `differs` where its
    result is not the serial one.
    """

    name: str
    executor: str
    n_jobs: int | None = None
    chunksize: int | None = None
    times_s: tuple[float, ...] = ()
    median_s: float | None = None
    speedup: float | None = None
    low: float | None = None
    high: float | None = None
    regret: float | None = None
    error: str = ""
    differs: str = ""
    plan: PlanFacts | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """All strategies of a contest, the fastest first; `amdahl` predicts speedups by workers."""

    func: str
    items: int
    rounds: int
    cores: int
    entries: tuple[Entry, ...]
    best: str
    amdahl: tuple[tuple[int, float], ...] = ()


class Contest:
    """Runs strategies round by round, so that a slow spell of the machine hits all of them."""

    def __init__(self, func: Callable[[Any], Any], items: Callable[[], Sequence[Any]]) -> None:
        self._func = func
        self._items = items
        self._times: dict[Strategy, list[tuple[int, float]]] = {}
        self._plans: dict[Strategy, list[PlanFacts | None]] = {}
        self._errors: dict[Strategy, str] = {}
        self._differs: dict[Strategy, str] = {}
        self._serial: list[Any] | None = None
        self.round = 0

    def run(self, strategy: Strategy, **options: Any) -> None:
        """Run a strategy once in this round; what it raises rules it out.

        Raises:
            Exception: the serial loop fails: then there is nothing to compare with.
        """
        if strategy in self._errors:
            return
        try:
            seconds, results, plan = run_strategy(strategy, self._func, self._items(), **options)
        except Exception as error:
            if strategy.executor == "serial":
                raise
            self._errors[strategy] = f"{type(error).__name__}: {error}".partition("\n")[0]
            return
        self._times.setdefault(strategy, []).append((self.round, seconds))
        self._plans.setdefault(strategy, []).append(facts_of(plan) if plan else None)
        if self._serial is None:
            self._serial = results
        elif strategy not in self._differs:
            found = difference(self._serial, results)
            if found:
                self._differs[strategy] = f"{IMPURE}: {found}" if self._is_impure() else found

    def median(self, strategy: Strategy) -> float | None:
        """Return the median of its seconds so far, None where there are none."""
        times = [seconds for _, seconds in self._times.get(strategy, ())]
        return statistics.median(times) if times else None

    def entries(self, strategies: Sequence[Strategy]) -> tuple[Entry, ...]:
        """Return the strategies as they stand, the fastest first."""
        medians = [self.median(each) for each in strategies if each not in self._differs]
        best = min((each for each in medians if each is not None), default=None)
        found = [self._entry(strategy, best) for strategy in strategies]
        return tuple(sorted(found, key=_rank))

    def _is_impure(self) -> bool:
        """Say whether the serial loop, run once more, differs from itself."""
        again = [self._func(item) for item in self._items()]
        return bool(difference(self._serial or [], again))

    def _entry(self, strategy: Strategy, best_s: float | None) -> Entry:
        times = self._times.get(strategy, [])
        median = self.median(strategy)
        serial = dict(self._times.get(Strategy(executor="serial"), ()))
        ratios = [serial[n] / seconds for n, seconds in times if n in serial and seconds > 0]
        plan = None
        if median is not None:
            nearest = min(range(len(times)), key=lambda n: abs(times[n][1] - median))
            plan = self._plans[strategy][nearest]
        return Entry(
            name=strategy.name,
            executor=strategy.executor,
            n_jobs=strategy.n_jobs,
            chunksize=strategy.chunksize,
            times_s=tuple(seconds for _, seconds in times),
            median_s=median,
            speedup=statistics.median(ratios) if ratios else None,
            low=min(ratios, default=None),
            high=max(ratios, default=None),
            regret=median / best_s if median is not None and best_s else None,
            error=self._errors.get(strategy, ""),
            differs=self._differs.get(strategy, ""),
            plan=plan,
        )


def difference(serial: list[Any], results: list[Any], *, tolerance: float | None = None) -> str:
    """Say where results are not the serial ones, "" where they are, or are near enough."""
    if len(serial) != len(results):
        return f"{len(results)} results for {len(serial)} items"
    for index, (one, other) in enumerate(zip(serial, results, strict=True)):
        found = compare(one, other, tolerance=tolerance)
        if found == "incomparable":
            return f"item {index}: values of type {type(one).__name__} cannot be compared"
        if found == "different":
            return f"item {index}: serial gave {one!r:.80}, this gave {other!r:.80}"
    return ""


def compared(
    contest: Contest, strategies: Sequence[Strategy], *, func: str, items: int, cores: int
) -> Compared:
    """Return the outcome of a contest."""
    entries = contest.entries(strategies)
    sound = [each for each in entries if each.median_s is not None and not each.differs]
    return Compared(
        func=func,
        items=items,
        rounds=contest.round,
        cores=cores,
        entries=entries,
        best=sound[0].name if sound else "",
        amdahl=_amdahl(entries),
    )


def _amdahl(entries: Sequence[Entry]) -> tuple[tuple[int, float], ...]:
    """Predict speedups from the serial share that the largest crew of processes measured."""
    crews = [each for each in entries if each.executor == "process" and each.plan and each.n_jobs]
    if not crews:
        return ()
    largest = max(crews, key=lambda each: each.n_jobs or 0)
    share = largest.plan.serial_share if largest.plan else 1.0
    counts = sorted({each.n_jobs or 1 for each in crews} | {1})
    return tuple((count, 1 / (share + (1 - share) / count)) for count in counts)


def _rank(entry: Entry) -> tuple[bool, bool, float]:
    return (entry.median_s is None, bool(entry.differs), entry.median_s or 0.0)
