"""How long do the 59 tests of the protocols take: executor, session, manager, helper, tester?

Rules, set before the first measurement:
- `python -m pytest tests/protocol`, no plug-ins, and `python -m pytest --version`, by the same
  Python with compiled files, in turn, after one warm-up of each.
- Counted: wall time from start to exit, so the start of Python and pytest and of every session,
  executor and confined child is in it. The run counts only if it says `59 passed`.
- Required: the median of 7 is at most 3 s.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import ROOT, NotMeasured, python, run
from benchmarks.sitting import Side, pairwise, take_turns

__all__ = ["measure"]

TESTS = 59


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    repetitions: int
    warm_ups: int = 1


# Nothing depends on a size here; tuning takes fewer repetitions.
SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(repetitions=7),
    "tune": _Sizes(repetitions=3),
    "quick": _Sizes(repetitions=1, warm_ups=0),
}


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    # Its temp folder lies in that of the turn, which goes afterwards.
    own = ("-p", "no:cacheprovider", "--basetemp=pytest", "-q")
    where = ("-c", str(ROOT / "pyproject.toml"), *own)
    sides = {
        "holdfast": _side(f"{TESTS} passed", *where, str(ROOT / "tests" / "protocol")),
        "pytest": _side("pytest ", "--version"),
    }
    samples = take_turns(
        "protocol", sides, folder, repetitions=sizes.repetitions, warm_ups=sizes.warm_ups
    )
    taken = {side: tuple(each.wall_s for each in samples[side]) for side in samples}
    figure = Figure(
        name="protocol",
        what=f"{TESTS} tests of the protocols",
        unit="s",
        reached=taken["holdfast"],
        required=Requirement(limit=3.0),
        rival="`pytest --version`",
        rival_reached=taken["pytest"],
        ratio=pairwise(taken["holdfast"], taken["pytest"]),
    )
    return Outcome(figures=(figure,), samples=samples)


def _side(answer: str, *words: str) -> Side:
    def ask(fresh: Path) -> Sample:
        done = run(python("-m", "pytest", *words), cwd=fresh)
        if answer not in done.output:
            raise NotMeasured(f"the answer must have {answer!r}, got {done.output[-300:]!r}")
        return done.sample

    return ask
