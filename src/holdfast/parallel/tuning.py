"""Which executor, how many workers and which chunks are best for a map? Tried, not guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.parallel.contest import Contest, Entry
from holdfast.parallel.strategy import Strategy, worker_counts

__all__ = ["Tuned", "candidates", "search"]

# Threads wait at no cost: more than cores pay where items wait.
THREADS_PER_CORE = (1, 4, 16)
# One hand-out takes 0.1 ms: more chunks than these cost seconds and never win.
MOST_CHUNKS = 20_000
ROUNDS = 3
KEPT_SHARE = 0.5
KEPT_LEAST = 4
WAITING = 0.2
ANCHORS = (Strategy(executor="serial"), Strategy(executor="auto"))


class Tuned(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found.

    `regret` is the time of the map's own choice (`auto`) over that of the best; `bound_s`
    what the usable cores could do at best, and `best_over_bound` how near the best comes.
    """

    func: str
    items: int
    cores: int
    rounds: int
    tried: int
    planned: int
    best: str
    best_s: float | None
    regret: float | None
    bound_s: float | None
    best_over_bound: float | None
    entries: tuple[Entry, ...]


def candidates(
    items: int,
    cores: int,
    *,
    executors: Sequence[str] = ("thread", "process"),
    workers: Sequence[int] = (),
    chunksizes: Sequence[int] = (),
) -> list[Strategy]:
    """Return what is to be tried: the serial loop, the map's own choice, and a grid.

    Without `workers`: powers of two up to the cores, for threads up to sixteen times the
    cores. Without `chunksizes`: guided, and fixed ones of 1/4, 1/16 and 1/64 of a worker's
    share, as pools use them.
    """
    found = dict.fromkeys(ANCHORS)
    for executor in executors:
        if executor in {"serial", "auto"}:
            continue
        for count in workers or _workers(executor, cores):
            found[Strategy(executor=executor, n_jobs=count)] = None
            if executor == "thread" and not chunksizes:
                continue
            sizes = chunksizes or sorted({max(1, items // (part * count)) for part in (4, 16, 64)})
            for size in sizes:
                if items / size <= MOST_CHUNKS:
                    found[Strategy(executor=executor, n_jobs=count, chunksize=size)] = None
    return list(found)


def search(
    func: Callable[[Any], Any],
    items: Callable[[], Sequence[Any]],
    strategies: Sequence[Strategy],
    *,
    name: str,
    cores: int,
    budget_s: float = 30.0,
    tell: Callable[[str, int, int], None] | None = None,
    **options: Any,
) -> Tuned:
    """Try all strategies once, then the faster half again, and so on, within a budget.

    Each round runs what is left side by side. The serial loop and the map's own choice
    stay to the end, so that the rest can be held against them.
    """
    contest = Contest(func, items)
    end = monotonic() + budget_s
    left = list(strategies)
    tried = planned = 0
    for number in range(ROUNDS):
        contest.round = number
        if number:
            left = _best(contest, left, _kept(len(strategies), number))
        later = sum(_kept(len(strategies), n) for n in range(number + 1, ROUNDS))
        planned = tried + len(left) + later
        for strategy in left:
            if monotonic() > end and (number or strategy not in ANCHORS):
                break
            contest.run(strategy, **options)
            tried += 1
            if tell is not None:
                tell("tuning", tried, planned)
    entries = contest.entries(strategies)
    return _outcome(entries, name=name, cores=cores, tried=tried, planned=planned, contest=contest)


def _outcome(
    entries: Sequence[Entry],
    *,
    name: str,
    cores: int,
    tried: int,
    planned: int,
    contest: Contest,
) -> Tuned:
    sound = [each for each in entries if each.median_s is not None and not each.differs]
    best = sound[0] if sound else None
    auto = next((each for each in entries if each.executor == "auto"), None)
    best_s = best.median_s if best else None
    # Cores bound what works, not what waits.
    plans = [each.plan for each in sound if each.plan and each.plan.executor != "serial"]
    bounds = [plan.best_s for plan in plans if plan.best_s and plan.idle_share < WAITING]
    bound_s = min(bounds, default=None) if len(bounds) == len(plans) else None
    return Tuned(
        func=name,
        items=next((each.plan.items or 0 for each in sound if each.plan), 0),
        cores=cores,
        rounds=contest.round + 1,
        tried=tried,
        planned=planned,
        best=best.name if best else "",
        best_s=best_s,
        regret=auto.regret if auto else None,
        bound_s=bound_s,
        best_over_bound=best_s / bound_s if best_s and bound_s else None,
        entries=tuple(entries),
    )


def _workers(executor: str, cores: int) -> list[int]:
    counts = worker_counts(cores)
    if executor == "thread":
        return sorted({*counts, *(cores * each for each in THREADS_PER_CORE)} - {1})
    return counts


def _kept(count: int, number: int) -> int:
    return min(count, max(KEPT_LEAST, math.ceil(count * KEPT_SHARE**number)))


def _best(contest: Contest, left: list[Strategy], count: int) -> list[Strategy]:
    """Keep the fastest, and those that everything is held against."""
    timed = [each for each in left if contest.median(each) is not None]
    fastest = sorted(timed, key=lambda each: contest.median(each) or 0.0)[:count]
    return [each for each in timed if each in fastest or each in ANCHORS]
