"""How much longer does `holdfast.parallel.execute` take than the best choice, deciding included?

Rules, set before the reported family was first measured. The sleeps, their grid and their time
limit were reshaped once before that, after the tuning family had shown a regret of 1.6 to 1.95 on
400 sleeps of 5 ms, where growing the threads step by step costs a few rounds:
- fourteen workloads, from 1.6 us to 60 ms an item, and a grid for each: serial, threads, and
  `multiprocessing.Pool.map` with fork, with 1 to 2 x cores workers and four sizes of chunks; with
  8 to 128 threads for sleeps, with one thread per worker for matrices. The grid is told which function
  it maps; where another process could not import it, it is inherited, as by one who wrote a `def`.
- rivals, as their documentation shows them, with nothing set: `Pool.map`, `ProcessPoolExecutor.map`,
  joblib and mpire on all cores.
- a cell is one side and one workload, in a process of its own. The clock runs from the call to the
  list of results: starting, deciding and ending workers count, imports and making the items do not.
- in passes over all sides, shuffled. In the first two the whole grid takes part, after that what was
  within 1.3 x its best. What takes more than 10 s is cut, counts as 10 s, and is not run again.
- between any two cells a reference job runs on one core, then on all. A cell beside which it took
  more than 1.2 x the normal (lower quartile), or in which others used more than a tenth of the
  machine, is measured again, up to three times; the calmest counts.
- regret: the median of a side over the least median of the grid, holdfast's own choices not among
  it. Below 1: it found what is not in the grid. Results must be those of the serial loop.
- required: geometric mean at most 1.15, worst at most 1.5.
- chunk sizes alone: the makespan of the package's rule in an exact simulation over its lower bound,
  ten shapes of work, for 2, 8 and 32 workers. No clock, so it is the same on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import geometric_mean

import psutil

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import NotMeasured
from benchmarks.parallel.contenders import RIVALS
from benchmarks.parallel.passes import Cell, NotRun, Passes, Sizes, Table, middle_s, take_passes
from benchmarks.parallel.policy import policy_figures
from benchmarks.parallel.reference import reference
from benchmarks.parallel.workloads import FAMILIES, Workload

__all__ = ["as_outcome", "measure", "regrets"]

SIZES: dict[Size, Sizes] = {
    "report": Sizes(repetitions=5, whole=2, retries=3),
    "tune": Sizes(repetitions=5, whole=2, retries=3),
    "quick": Sizes(repetitions=1, whole=1, retries=0, points=4),
}
REQUIRED_MEAN = Requirement(limit=1.15)
REQUIRED_WORST = Requirement(limit=1.5)


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size; nothing is written."""
    workloads = FAMILIES[size]
    cores = psutil.cpu_count() or 1
    with reference(cores) as job:
        passes = Passes(size, SIZES[size], job, cores)
        try:
            tables = take_passes(passes, workloads)
        except NotRun as error:
            raise NotMeasured(str(error)) from error
    return as_outcome(size, workloads, tables)


def as_outcome(size: Size, workloads: list[Workload], tables: Mapping[str, Table]) -> Outcome:
    """Return the figures and all cells.

    Raises:
        NotMeasured: holdfast did not give the results of the serial loop.
    """
    for kind, table in tables.items():
        _check(kind, table)
    figures = [*_totals(tables), *(_line(each, tables[each.kind]) for each in workloads)]
    return Outcome(figures=(*figures, *policy_figures(size)), samples=_samples(tables))


def _check(kind: str, table: Table) -> None:
    serial = table["serial"][0]
    for cell in table["holdfast"]:
        if cell.is_cut or cell.problem or cell.checksum != serial.checksum:
            told = cell.problem or ("it took too long" if cell.is_cut else "the results differ")
            raise NotMeasured(f"{kind}: holdfast must give the serial results, got: {told}")


def best_s(table: Table) -> float:
    """Return the least median of the grid's points that took part to the end."""
    longest = max(len(cells) for side, cells in table.items() if _is_point(side))
    return min(
        middle_s(cells)
        for side, cells in table.items()
        if _is_point(side) and len(cells) == longest and not cells[-1].problem
    )


def _is_point(side: str) -> bool:
    return side != "holdfast" and side not in RIVALS


def regrets(tables: Mapping[str, Table], side: str) -> dict[str, float]:
    """Return the regret of a side for each kind of workload that it could do at all."""
    return {
        kind: middle_s(table[side]) / best_s(table)
        for kind, table in tables.items()
        if _did(table, side)
    }


def _did(table: Table, side: str) -> bool:
    """Tell whether a side gave the serial results; what was cut counts as the limit."""
    last: Cell = table[side][-1]
    if last.is_cut:
        return True
    return not last.problem and last.checksum == table["serial"][0].checksum


def _totals(tables: Mapping[str, Table]) -> list[Figure]:
    ours = regrets(tables, "holdfast")
    figures: list[Figure] = []
    for name, total, required in (
        ("geometric mean", geometric_mean, REQUIRED_MEAN),
        ("worst", max, REQUIRED_WORST),
    ):
        for rival in RIVALS:
            theirs = regrets(tables, rival)
            if not theirs:
                continue
            # Only what both could do is compared; the requirement is for all that there is.
            shared = total([ours[kind] for kind in theirs])
            reached, other = total(list(ours.values())), total(list(theirs.values()))
            failed = len(tables) - len(theirs)
            figures.append(
                Figure(
                    name="parallel",
                    what=f"regret over {len(tables)} workloads, {name}",
                    unit="x",
                    reached=(reached,),
                    required=required,
                    rival=f"{rival} ({failed} without a right result)" if failed else rival,
                    rival_reached=(other,),
                    ratio=(shared / other,),
                )
            )
    return figures


def _line(workload: Workload, table: Table) -> Figure:
    best = best_s(table)
    able = {rival: middle_s(table[rival]) for rival in RIVALS if _did(table, rival)}
    rival = min(able, key=lambda each: able[each], default="serial")
    ours = tuple(cell.seconds / best for cell in table["holdfast"])
    theirs = tuple(cell.seconds / best for cell in table[rival])
    return Figure(
        name="parallel",
        what=f"regret, {workload.title}",
        unit="x",
        reached=ours,
        rival=rival,
        rival_reached=theirs,
        ratio=(middle_s(table["holdfast"]) / middle_s(table[rival]),),
    )


def _samples(tables: Mapping[str, Table]) -> dict[str, tuple[Sample, ...]]:
    """Return one sample per pass for each rival, and one side that is the whole grid."""
    sides = {side: (side,) for side in ("holdfast", *RIVALS)}
    grid = {side for table in tables.values() for side in table if _is_point(side)}
    turns = max(len(table["holdfast"]) for table in tables.values())
    groups: dict[str, tuple[str, ...]] = {**sides, "grid": tuple(sorted(grid))}
    return {
        name: tuple(_sample(tables, group, turn) for turn in range(turns))
        for name, group in groups.items()
    }


def _sample(tables: Mapping[str, Table], sides: tuple[str, ...], turn: int) -> Sample:
    cells = {
        kind if len(sides) == 1 else f"{kind}, {side}": table[side][turn]
        for kind, table in tables.items()
        for side in sides
        if turn < len(table.get(side, ()))
    }
    values = {name: cell.seconds for name, cell in cells.items()}
    disturbed = float(sum(cell.disturbance > 1 for cell in cells.values()))
    return Sample(
        wall_s=sum(cell.seconds for cell in cells.values()),
        cpu_s=sum(cell.cpu_s for cell in cells.values()),
        values={**values, "disturbed cells": disturbed},
    )
