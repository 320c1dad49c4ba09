"""What does it cost to observe code, and how long does a confined process take to start?

Rules, set before the first measurement:
- File-heavy: 8,000 files of 1 KB are written and read, in memory (/dev/shm) where there is such a
  place: a disk that writes back at moments of its own decides otherwise. CPU-heavy: numbers, texts
  and lists. Both by the same program, with the audit hook and without, in turn; the program times
  the work itself, and looking through what the hook noted is in it.
- Required: the median of the ratios within each turn is at most 1.2 on file-heavy code, by the clock
  and in processor time (what other work on the machine cannot change as much); on CPU-heavy code at
  most 1.05, which is what one run differs from the next.
- Start: a process that confines itself (nothing granted but one folder to read), sees that it is
  confined and ends, beside `python -c pass`, from start to exit, after one warm-up of each. Both are
  the same interpreter with the same options and the same environment, and all that confines is done
  inside the process: nothing is prepared before, and no process is reused.
- Required: the median ratio is at most 1.5. Where the machine has no Landlock it is not measured.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import ROOT, NotMeasured, python, run
from benchmarks.sitting import Side, pairwise, take_turns
from holdfast.capabilities.landlock import abi_version
from holdfast.capabilities.worker import CONFINED_START

__all__ = ["measure"]


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    files: int
    rounds: int
    repetitions: int
    starts: int
    warm_ups: int = 1


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(files=8_000, rounds=20_000, repetitions=15, starts=41),
    "tune": _Sizes(files=5_000, rounds=12_000, repetitions=7, starts=21),
    "quick": _Sizes(files=20, rounds=20, repetitions=1, starts=1, warm_ups=0),
}
WORK = Path(__file__).with_name("capabilities_work.py")
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
# By what the program tells of its work: how the figure is named.
CLOCK, PROCESSOR = {"work_s": ""}, {"work_cpu_s": ", processor time"}


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    with _in_memory(folder) as place:
        files = _take("file_heavy", sizes.files, sizes=sizes, folder=place)
    numbers = _take("cpu_heavy", sizes.rounds, sizes=sizes, folder=folder)
    starts = _start(sizes, folder)
    figures = (
        _compare("file_heavy", files, {**CLOCK, **PROCESSOR}, limit=1.2)
        + _compare("cpu_heavy", numbers, CLOCK, limit=1.05)
        + starts.figures
    )
    return Outcome(figures=figures, samples={**files, **numbers, **starts.samples})


@contextmanager
def _in_memory(folder: Path) -> Generator[Path]:
    """Give a folder whose files are kept in memory, or the one at hand."""
    if not os.access(MEMORY, os.W_OK):
        yield folder
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="holdfast-") as made:
        yield Path(made)


def _take(work: str, amount: int, *, sizes: _Sizes, folder: Path) -> dict[str, tuple[Sample, ...]]:
    sides = {f"{work} {side}": _working(side, work, amount) for side in ("observed", "plain")}
    return take_turns(
        f"capabilities {work}",
        sides,
        folder,
        repetitions=sizes.repetitions,
        warm_ups=sizes.warm_ups,
    )


def _compare(
    work: str, samples: dict[str, tuple[Sample, ...]], values: dict[str, str], *, limit: float
) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    for value, told in values.items():
        mine, theirs = (
            tuple(sample.values[value] for sample in samples[f"{work} {side}"])
            for side in ("observed", "plain")
        )
        figures.append(
            Figure(
                name="capabilities",
                what=f"{work.replace('_', '-')} code, observed{told}",
                unit="s",
                reached=mine,
                required=Requirement(limit=limit, of="ratio"),
                rival="not observed",
                rival_reached=theirs,
                ratio=pairwise(mine, theirs),
            )
        )
    return tuple(figures)


def _working(side: str, work: str, amount: int) -> Side:
    def ask(fresh: Path) -> Sample:
        done = run(python(str(WORK), side, work, str(amount)), cwd=fresh)
        work_s, work_cpu_s = map(float, done.output.split())
        values = {"work_s": work_s, "work_cpu_s": work_cpu_s}
        return msgspec.structs.replace(done.sample, values=values)

    return ask


def _start(sizes: _Sizes, folder: Path) -> Outcome:
    if not abi_version():
        raise NotMeasured("a confined process needs Landlock")
    sides = {"confined": _starting(), "bare": _bare}
    samples = take_turns(
        "capabilities start", sides, folder, repetitions=sizes.starts, warm_ups=sizes.warm_ups
    )
    taken = {side: tuple(s.wall_s * 1e3 for s in samples[side]) for side in samples}
    figure = Figure(
        name="capabilities",
        what="start of a confined process",
        unit="ms",
        reached=taken["confined"],
        required=Requirement(limit=1.5, of="ratio"),
        rival="`python -c pass`",
        rival_reached=taken["bare"],
        ratio=pairwise(taken["confined"], taken["bare"]),
    )
    return Outcome(figures=(figure,), samples=samples)


def _starting() -> Side:
    def ask(fresh: Path) -> Sample:
        setup = {
            "mode": "enforce",
            "grants": (("read", "data"),),
            "folder": str(fresh),
            "search": os.environ.get("PATH", os.defpath),
            "path": [place for place in sys.path if place and place != str(ROOT)],
            "code": [],
        }
        try_it = "try:\n open('/etc/passwd')\nexcept PermissionError:\n print('held')\n"
        program = f"{CONFINED_START}\nprepare({setup!r})\n{try_it}"
        done = run(python("-c", program), cwd=fresh)
        if done.output.strip() != "held":
            raise NotMeasured(f"the process must be confined, got {done.output[:200]!r}")
        return done.sample

    return ask


def _bare(fresh: Path) -> Sample:
    return run(python("-c", "pass"), cwd=fresh).sample
