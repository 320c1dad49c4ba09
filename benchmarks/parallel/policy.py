"""How good are the sizes of chunks alone, in a simulation without a clock?"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import geometric_mean

from benchmarks.figure import Figure, Requirement, Size
from holdfast.parallel.chunks import ChunkRule
from holdfast.parallel.simulate import Rule, guided, regret, simulate, static_chunks, workloads

__all__ = ["policy_figures"]

SEEDS: dict[Size, tuple[int, ...]] = {
    "report": (101, 102, 103, 104, 105),
    "tune": (0, 1, 2),
    "quick": (0,),
}
# Workers -> what the geometric mean over the shapes of work must not pass.
REQUIRED: Mapping[int, float] = {2: 1.05, 8: 1.12, 32: 1.40}


def policy_figures(size: Size) -> list[Figure]:
    """Return a line per number of workers; a value per seed."""
    seeds = SEEDS[size]
    return [_line(workers, limit, seeds) for workers, limit in REQUIRED.items()]


def _line(workers: int, limit: float, seeds: tuple[int, ...]) -> Figure:
    ours = tuple(_mean(workers, guided(ChunkRule()), seed) for seed in seeds)
    theirs = tuple(_mean(workers, None, seed) for seed in seeds)
    return Figure(
        name="parallel",
        what=f"chunk sizes for {workers} workers, simulated, geometric mean",
        unit="x",
        reached=ours,
        required=Requirement(limit=limit, by="worst"),
        rival="N / 4w, as Pool.map",
        rival_reached=theirs,
        ratio=tuple(mine / other for mine, other in zip(ours, theirs, strict=True)),
    )


def _mean(workers: int, rule: Rule | None, seed: int) -> float:
    """Simulate every shape; a fixed size is worked out anew for each."""
    return geometric_mean(
        regret(times, workers, simulate(times, workers, rule or static_chunks(4)).makespan_s)
        for times in workloads(seed).values()
    )
