"""How long does one wait for `holdfast --help`?

Rules, set before the first measurement:
- `python -m holdfast --help`, `python -c pass` and `python -m pytest --version` (no plug-ins), all
  by the same Python with compiled files, in turn, after one warm-up of each.
- Counted: wall time of the process from start to exit.
- Required: the median of 20 is at most 150 ms.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import NotMeasured, python, run
from benchmarks.sitting import Side, pairwise, take_turns

__all__ = ["measure"]


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    repetitions: int
    warm_ups: int = 1


# Nothing depends on a size here; tuning takes fewer repetitions.
SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(repetitions=20),
    "tune": _Sizes(repetitions=7),
    "quick": _Sizes(repetitions=1, warm_ups=0),
}
REQUIRED = Requirement(limit=150)


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    sides = {
        "holdfast": _side("Usage: holdfast", "-m", "holdfast", "--help"),
        "python": _side("", "-c", "pass"),
        "pytest": _side("pytest ", "-m", "pytest", "--version"),
    }
    samples = take_turns(
        "help", sides, folder, repetitions=sizes.repetitions, warm_ups=sizes.warm_ups
    )
    taken = {side: tuple(s.wall_s * 1e3 for s in samples[side]) for side in samples}
    figures = tuple(
        Figure(
            name="help",
            what="`holdfast --help`",
            unit="ms",
            reached=taken["holdfast"],
            required=REQUIRED if side == "pytest" else None,
            rival=rival,
            rival_reached=taken[side],
            ratio=pairwise(taken["holdfast"], taken[side]),
        )
        for side, rival in (("pytest", "`pytest --version`"), ("python", "`python -c pass`"))
    )
    return Outcome(figures=figures, samples=samples)


def _side(start: str, *argv: str) -> Side:
    def ask(fresh: Path) -> Sample:
        done = run(python(*argv), cwd=fresh)
        if not done.output.lstrip().startswith(start):
            raise NotMeasured(f"the answer must start with {start!r}, got {done.output[:100]!r}")
        return done.sample

    return ask
