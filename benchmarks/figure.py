"""What is a figure, and when is it met?"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Literal

import msgspec

from benchmarks.machine import Machine

__all__ = ["FORMAT", "Figure", "Outcome", "Report", "Requirement", "Sample", "Size", "is_met"]

# 1: the first.
FORMAT = "holdfast-benchmarks/1"

# `report` is what counts. `tune` has other seeds and sizes: holdfast is made faster by looking at
# these, so that it is not fitted to what is reported. `quick` shows that the benchmark works.
Size = Literal["report", "tune", "quick"]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One process from start to exit. Memory is None where nothing could be read."""

    wall_s: float
    cpu_s: float
    largest_bytes: int | None = None
    own_bytes: int | None = None
    tree_bytes: int | None = None
    values: Mapping[str, float] = {}


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold: a limit for the value reached or for the ratio to the rival."""

    limit: float
    of: Literal["reached", "ratio"] = "reached"
    by: Literal["median", "worst"] = "median"
    at_most: bool = True


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: a value per repetition, beside the rival's in the same run."""

    name: str
    what: str
    unit: str
    reached: tuple[float, ...]
    required: Requirement | None = None
    rival: str
    rival_reached: tuple[float, ...]
    # One per repetition, holdfast over rival, not a ratio of medians: what disturbs both cancels.
    ratio: tuple[float, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one benchmark found, and every sample that it took, by side."""

    figures: tuple[Figure, ...]
    samples: Mapping[str, tuple[Sample, ...]]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One sitting; `problems` tells why a benchmark has no outcome."""

    format: str = FORMAT
    size: Size
    machine: Machine
    outcomes: Mapping[str, Outcome]
    problems: Mapping[str, str] = {}


def is_met(figure: Figure, size: Size) -> bool | None:
    """Tell whether a figure is met; None where nothing is required, or the work is too small."""
    required = figure.required
    if required is None or size == "quick":
        return None
    values = figure.ratio if required.of == "ratio" else figure.reached
    worst = max(values) if required.at_most else min(values)
    value = worst if required.by == "worst" else median(values)
    return value <= required.limit if required.at_most else value >= required.limit
