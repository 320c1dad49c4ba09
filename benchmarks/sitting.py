"""In which order are the sides measured? In turn, so that what disturbs one disturbs the other."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.figure import Sample

__all__ = ["Side", "pairwise", "take_turns"]

# Measures one side once; the folder is new and empty, and goes afterwards.
Side = Callable[[Path], Sample]


def take_turns(
    name: str, sides: Mapping[str, Side], folder: Path, *, repetitions: int, warm_ups: int = 1
) -> dict[str, tuple[Sample, ...]]:
    """Measure A B A B ...; warm-ups (compiled files, a warm file cache) come first, not counted."""
    samples: dict[str, list[Sample]] = {side: [] for side in sides}
    for turn in range(-warm_ups, repetitions):
        for side, measure in sides.items():
            fresh = folder / "turn"
            fresh.mkdir(parents=True)
            try:
                sample = measure(fresh)
            finally:
                shutil.rmtree(fresh)
            which = f"{turn + 1}/{repetitions}" if turn >= 0 else "warm-up"
            print(f"{name}: {side} {which}: {sample.wall_s:.2f} s", file=sys.stderr)
            if turn >= 0:
                samples[side].append(sample)
    return {side: tuple(taken) for side, taken in samples.items()}


def pairwise(values: tuple[float, ...], rival: tuple[float, ...]) -> tuple[float, ...]:
    """Return the ratio within each turn."""
    return tuple(mine / theirs for mine, theirs in zip(values, rival, strict=True))
