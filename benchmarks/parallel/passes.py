"""How are the cells measured? In passes over all sides, each beside a reference job."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles

import msgspec

from benchmarks.figure import Size
from benchmarks.measure import ROOT, python
from benchmarks.parallel.contenders import RIVALS
from benchmarks.parallel.grid import points
from benchmarks.parallel.reference import Reading, Reference
from benchmarks.parallel.workloads import Workload

__all__ = ["Cell", "NotRun", "Passes", "Sizes", "Table", "measure_cell", "middle_s", "take_passes"]

# A cell is disturbed if the machine was slower than this right before or after it,
SLOWED = 1.2
# or if others used more than this share of it meanwhile.
FOREIGN = 0.1
# The kernel counts processor time in hundredths of a second, on each core.
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# Points of the grid that were this much slower than the best of it do not come near it again.
KEPT = 1.3
# Settings of numerical libraries, of Python and of holdfast would make the cells unequal.
LEFT_OUT = ("HOLDFAST_", "PYTHON", "COVERAGE", "OMP_", "OPENBLAS_", "MKL_", "JOBLIB_", "LOKY_")


class NotRun(Exception):
    """A cell ended without an answer."""


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How often: passes in all, those of them with the whole grid, tries of a disturbed cell.

    `points` cuts the grid, where it only has to be shown that all works.
    """

    repetitions: int
    whole: int
    retries: int
    limit_s: float = 10.0
    points: int | None = None


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One side, once. Cut: it would have taken longer than the limit, which `seconds` holds."""

    seconds: float
    cpu_s: float = 0.0
    slowed: float = 1.0
    foreign: float = 0.0
    is_cut: bool = False
    problem: str = ""
    checksum: int = 0

    @property
    def disturbance(self) -> float:
        """Return how far it is from calm; above 1 the cell is disturbed."""
        return max(self.slowed / SLOWED, self.foreign / FOREIGN)


# Side -> its cells, one for each pass that it took part in.
Table = dict[str, list[Cell]]


def middle_s(cells: Sequence[Cell]) -> float:
    """Return the median of a side."""
    return median(cell.seconds for cell in cells)


class Passes:
    """Measures cells; every reading of the reference job so far tells what is normal."""

    def __init__(self, size: Size, sizes: Sizes, job: Reference, cores: int) -> None:
        self.size: Size = size
        self.sizes = sizes
        self.cores = cores
        self._job = job
        self._readings = [job.read() for _ in range(20)]

    def take(self, workload: Workload, side: str) -> Cell:
        """Measure a cell, again while it is disturbed; the calmest counts."""
        best = self._once(workload, side)
        for _ in range(self.sizes.retries):
            if best.disturbance <= 1 or best.problem or best.is_cut:
                break
            best = min(best, self._once(workload, side), key=lambda cell: cell.disturbance)
        return best

    def _once(self, workload: Workload, side: str) -> Cell:
        before, busy = self._readings[-1], _busy_s()
        began = time.perf_counter()
        cell = measure_cell(self.size, workload.kind, side, limit_s=self.sizes.limit_s)
        wall_s = time.perf_counter() - began
        foreign = max(0.0, _busy_s() - busy - cell.cpu_s) / (wall_s * self.cores)
        self._readings.append(self._job.read())
        normal = self._normal()
        slowed = max(before.slower_than(normal), self._readings[-1].slower_than(normal))
        return msgspec.structs.replace(cell, slowed=slowed, foreign=foreign)

    def _normal(self) -> Reading:
        """Return the lower quartile of all readings."""
        ones = quantiles((reading.one_s for reading in self._readings), n=4)[0]
        alls = quantiles((reading.all_s for reading in self._readings), n=4)[0]
        return Reading(one_s=ones, all_s=alls)


def take_passes(passes: Passes, workloads: Sequence[Workload]) -> Mapping[str, Table]:
    """Measure all sides of all workloads in turn; return the cells by kind of workload."""
    tables: dict[str, Table] = {workload.kind: {} for workload in workloads}
    order = random.Random(passes.sizes.repetitions)
    for turn in range(passes.sizes.repetitions):
        for workload in workloads:
            table = tables[workload.kind]
            sides = _sides(workload, table, passes, is_whole=turn < passes.sizes.whole)
            order.shuffle(sides)
            for side in sides:
                table.setdefault(side, []).append(passes.take(workload, side))
            disturbed = sum(table[side][-1].disturbance > 1 for side in sides)
            told = f"parallel: {turn + 1}/{passes.sizes.repetitions} {workload.title}: "
            told += f"{len(sides)} sides, {disturbed} disturbed, "
            print(f"{told}holdfast {table['holdfast'][-1].seconds:.3f} s", file=sys.stderr)
    return tables


def _sides(workload: Workload, table: Table, passes: Passes, *, is_whole: bool) -> list[str]:
    """Return who takes part: what was cut or failed does not again, nor what lost clearly."""
    grid = points(workload, passes.cores)[: passes.sizes.points]
    if not table:
        return ["holdfast", *RIVALS, *grid]
    ended = {side for side, cells in table.items() if cells[-1].is_cut or cells[-1].problem}
    if not is_whole:
        fastest = {side: min(cell.seconds for cell in table[side]) for side in grid}
        best = min(seconds for side, seconds in fastest.items() if side not in ended)
        ended |= {side for side, seconds in fastest.items() if seconds > KEPT * best}
    return [side for side in ("holdfast", *RIVALS, *grid) if side not in ended]


def measure_cell(size: Size, kind: str, side: str, *, limit_s: float) -> Cell:
    """Run one side once, in a process of its own.

    Raises:
        NotRun: the process ended without an answer.
    """
    before = _children_s()
    with subprocess.Popen(
        python("-m", "benchmarks.parallel.cell", size, kind, side),
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return Cell(seconds=limit_s, is_cut=True)
        finally:
            _end(process.pid)
    cpu_s = _children_s() - before
    if process.returncode != 0:
        raise NotRun(f"{kind}, {side}: {errors.decode(errors='replace')[-2000:]}")
    answer = msgspec.json.decode(output)
    if "error" in answer:
        return Cell(seconds=limit_s, cpu_s=cpu_s, problem=answer["error"])
    return Cell(seconds=answer["seconds"], cpu_s=cpu_s, checksum=answer["checksum"])


def _end(pid: int) -> None:
    """Kill what is left of a cell: some keep workers for the next map."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**kept, "PYTHONPATH": paths, "PYTHONWARNINGS": "ignore"}


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _busy_s() -> float:
    """Return the seconds that all cores have worked, or were kept from it by another machine."""
    try:
        first = Path("/proc/stat").read_text().partition("\n")[0]
    except OSError:
        return 0.0
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, first.split()[1:9])
    return (user + nice + system + irq + soft + steal) / TICKS
