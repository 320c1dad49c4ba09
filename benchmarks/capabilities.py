"""What does it cost to observe code, and how long does a confined process take to start?

Rules, set before the first measurement:
- File-heavy: 8,000 files of 1 KB are written and read. CPU-heavy: numbers, texts and lists. Both by
  the same program, with the audit hook and without, in turn; the program times the work itself, and
  looking through what the hook noted is in it.
- Required: the median ratio is at most 1.2 on file-heavy code; on CPU-heavy code at most 1.05, which
  is what one run differs from the next.
- Start: a process that confines itself (nothing granted but one folder to read) and ends, beside
  `python -c pass`, from start to exit, after one warm-up of each.
- Required: the median ratio is at most 1.5. Where the machine has no Landlock it is not measured.
"""

from __future__ import annotations

import os
import sys
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
    "report": _Sizes(files=8_000, rounds=20_000, repetitions=9, starts=25),
    "tune": _Sizes(files=5_000, rounds=12_000, repetitions=5, starts=15),
    "quick": _Sizes(files=20, rounds=20, repetitions=1, starts=1, warm_ups=0),
}
WORK = Path(__file__).with_name("capabilities_work.py")


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    outcomes = [
        _work("file_heavy", sizes.files, limit=1.2, sizes=sizes, folder=folder),
        _work("cpu_heavy", sizes.rounds, limit=1.05, sizes=sizes, folder=folder),
        _start(sizes, folder),
    ]
    figures = tuple(figure for outcome in outcomes for figure in outcome.figures)
    samples = {name: taken for each in outcomes for name, taken in each.samples.items()}
    return Outcome(figures=figures, samples=samples)


def _work(work: str, amount: int, *, limit: float, sizes: _Sizes, folder: Path) -> Outcome:
    sides = {f"{work} {side}": _working(side, work, amount) for side in ("observed", "plain")}
    samples = take_turns(
        f"capabilities {work}",
        sides,
        folder,
        repetitions=sizes.repetitions,
        warm_ups=sizes.warm_ups,
    )
    taken = {side: tuple(s.values["work_s"] for s in samples[side]) for side in samples}
    mine, theirs = taken[f"{work} observed"], taken[f"{work} plain"]
    figure = Figure(
        name="capabilities",
        what=f"{work.replace('_', '-')} code, observed",
        unit="s",
        reached=mine,
        required=Requirement(limit=limit, of="ratio"),
        rival="not observed",
        rival_reached=theirs,
        ratio=pairwise(mine, theirs),
    )
    return Outcome(figures=(figure,), samples=samples)


def _working(side: str, work: str, amount: int) -> Side:
    def ask(fresh: Path) -> Sample:
        done = run(python(str(WORK), side, work, str(amount)), cwd=fresh)
        return msgspec.structs.replace(done.sample, values={"work_s": float(done.output)})

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
        end = f"prepare({setup!r}); import os; assert not os.access('x', 0)\n"
        try_it = "try:\n open('/etc/passwd')\nexcept PermissionError:\n print('held')\n"
        done = run(python("-c", f"{CONFINED_START}\n{end}{try_it}"), cwd=fresh)
        if done.output.strip() != "held":
            raise NotMeasured(f"the process must be confined, got {done.output[:200]!r}")
        return done.sample

    return ask


def _bare(fresh: Path) -> Sample:
    return run(python("-c", "pass"), cwd=fresh).sample
