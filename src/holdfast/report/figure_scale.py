"""Where on the figure of a run is what, and which marks have its axes?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from holdfast.report.figure_view import FigureView, Panel, Unit
from holdfast.text.format import format_duration, format_quantity

__all__ = [
    "HEAD",
    "LEFT",
    "PLOT",
    "ROW",
    "WIDTH",
    "Layout",
    "lay_out",
    "time_marks",
    "unit_text",
    "value_marks",
]

WIDTH, LEFT, RIGHT = 1060, 96, 14
PLOT = WIDTH - LEFT - RIGHT
# Above the first lane and below the last panel stand the times; above each panel its title.
TIMES, HEAD, GAP = 20, 24, 10
ROW = 9
_HEIGHTS: dict[Unit, int] = {"duration": 110, "bytes": 130, "cores": 90, "number": 80, "share": 50}
_MARKS = 9
_DECADES = 5
_STEPS_S = (
    *(step * 10.0**power for power in range(-9, 1) for step in (1.0, 2.0, 5.0)),
    *(10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0),
    *(3600.0 * hours for hours in (1, 2, 4, 8, 12, 24)),
)


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The top of each lane and of each panel's plot, their heights and that of the whole."""

    lanes: dict[str, int]
    panels: tuple[int, ...]
    heights: tuple[int, ...]
    lanes_height: int
    height: int


def lay_out(view: FigureView) -> Layout:
    """Put lanes and panels below one another; lanes have room for what zooming shows."""
    rows = {lane.name: lane.rows for lane in view.seen}
    for lane in view.fine:
        rows[lane.name] = max(lane.rows, rows.get(lane.name, 1))
    top = TIMES + HEAD
    lanes: dict[str, int] = {}
    for lane in view.fine:
        lanes[lane.name] = top
        top += max(rows[lane.name] * ROW, 12) + 4
    lanes_height = top - TIMES - HEAD
    panels: list[int] = []
    heights: list[int] = []
    for panel in view.panels:
        top += HEAD + GAP
        panels.append(top)
        heights.append(_HEIGHTS[panel.unit])
        top += heights[-1]
    return Layout(
        lanes=lanes,
        panels=tuple(panels),
        heights=tuple(heights),
        lanes_height=lanes_height,
        height=top + TIMES + GAP,
    )


def time_marks(end_s: float) -> Iterator[tuple[float, str]]:
    """Yield round times from 0 on, and what is written at them."""
    step = next((step for step in _STEPS_S if end_s / step <= _MARKS), end_s / _MARKS)
    for n in range(int(end_s / step) + 1):
        yield n * step, format_duration(n * step, digits=4)


def value_marks(panel: Panel) -> Iterator[tuple[float, str]]:
    """Yield the values at which an axis is marked, and what is written there."""
    if panel.is_log:
        decades = round(math.log10(panel.top / panel.bottom))
        for n in range(0, decades + 1, 1 + decades // (_DECADES + 1)):
            value = panel.bottom * 10.0**n
            # Decades of a second are read as such: 100 s, not 1 m 40 s.
            yield value, f"{value:g} s" if value >= 10 else unit_text(value, panel.unit)
        return
    for share in (0.0, 0.5, 1.0):
        yield panel.top * share, unit_text(panel.top * share, panel.unit)


def unit_text(value: float, unit: Unit) -> str:
    """Write a value as its panel has it."""
    kind = "number" if unit == "cores" else unit
    return format_quantity(value, kind, digits=3)
