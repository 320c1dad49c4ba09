"""How long would a chunk rule take? An exact simulation, without a clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

import msgspec

from holdfast.clock import seeded
from holdfast.parallel.chunks import ChunkRule, Pace, next_chunk

__all__ = ["Costs", "Simulated", "regret", "simulate", "static_chunks", "workloads"]

# Return the size of the next chunk from: the pace so far, the workers, the items left.
Rule = Callable[[Pace, int, int], int]


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What handing out costs: the parent pays per chunk and item, a worker waits for each."""

    chunk_s: float = 60e-6
    item_s: float = 0.7e-6
    latency_s: float = 60e-6


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """The makespan, and each chunk as (first item, items, worker, start)."""

    makespan_s: float
    chunks: tuple[tuple[int, int, int, float], ...]


def guided(rule: ChunkRule) -> Rule:
    """Return the rule of this package in the simulator's shape."""
    return lambda pace, workers, left: next_chunk(rule, pace, workers, left)


def static_chunks(parts: int) -> Rule:
    """Return the rule of `multiprocessing.Pool.map`: N / (parts * workers), fixed."""
    fixed: list[int] = []

    def rule(_pace: Pace, workers: int, left: int) -> int:
        if not fixed:
            fixed.append(max(1, -(-left // (parts * workers))))
        return min(fixed[0], left)

    return rule


def simulate(
    times: Sequence[float], workers: int, rule: Rule, costs: Costs | None = None
) -> Simulated:
    """Run items of known times through workers; the parent hands out one chunk at a time."""
    costs = costs or Costs()
    pace = Pace()
    free: list[tuple[float, int]] = [(0.0, worker) for worker in range(workers)]
    reports: list[tuple[float, int, float]] = []  # (when, items, busy): learnt on arrival
    parent = makespan = 0.0
    done = 0
    chunks: list[tuple[int, int, int, float]] = []
    while done < len(times):
        at, worker = heapq.heappop(free)
        parent = max(parent, at)
        while reports and reports[0][0] <= parent:
            _, items, busy = heapq.heappop(reports)
            pace.add(items, busy)
        size = min(max(1, rule(pace, workers, len(times) - done)), len(times) - done)
        parent += costs.chunk_s + costs.item_s * size
        busy = sum(times[done : done + size])
        end = parent + costs.latency_s + busy
        chunks.append((done, size, worker, parent))
        done += size
        makespan = max(makespan, end)
        heapq.heappush(free, (end, worker))
        heapq.heappush(reports, (end, size, busy))
    return Simulated(makespan_s=makespan, chunks=tuple(chunks))


def regret(times: Sequence[float], workers: int, makespan_s: float) -> float:
    """Divide a makespan by the bound that no schedule beats."""
    bound = max(sum(times) / workers, max(times, default=0.0))
    return makespan_s / bound if bound else 1.0


def workloads(seed: int = 0) -> dict[str, list[float]]:
    """Return ten shapes of work: even, spread, heavy-tailed both ways, heavy at either end."""
    random = seeded(seed, "workloads")
    # Cut at 200 times the least: one endless item would make every rule look the same.
    pareto = [0.5e-3 * min(random.paretovariate(1.1), 200.0) for _ in range(2000)]
    heavy = [20e-3] * 100
    light = [0.2e-3] * 1900
    return {
        "even 1 ms": [1e-3] * 2000,
        "even 10 us": [10e-6] * 100_000,
        "lognormal": [1e-3 * random.lognormvariate(0, 1) for _ in range(2000)],
        "pareto shuffled": pareto,
        "pareto ascending": sorted(pareto),
        "pareto descending": sorted(pareto, reverse=True),
        "heavy first": [*heavy, *light],
        "heavy last": [*light, *heavy],
        "giant last": [*([1e-3] * 1999), 0.5],
        "even 50 ms": [50e-3] * 100,
    }
