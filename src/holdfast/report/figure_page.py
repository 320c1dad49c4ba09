"""How is the figure of a run put into a page: the drawing, its data, its script?"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from holdfast.report.clean import clean
from holdfast.report.figure_scale import LEFT, PLOT, ROW, WIDTH, Layout, lay_out
from holdfast.report.figure_svg import BELOW, figure_svg, line_id, span_colours, span_text
from holdfast.report.figure_view import MAX_CELLS, FigureView, Line, Panel

__all__ = ["FigurePage", "figure_page", "script", "script_source"]

SCRIPT = Path(__file__).parent / "templates" / "figure.js"
# A value is kept as how far up its panel it lies: a hundredth of a pixel.
STEPS = 9_999
# A time is kept as a share of the run, in millionths.
PARTS = 1_000_000
EMPTY = -1


class FigurePage(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the page, each to be put there as it is: what cases say in it was escaped."""

    svg: str
    data: str
    script: str


def figure_page(view: FigureView) -> FigurePage:
    """Return the parts of the figure."""
    layout = lay_out(view)
    return FigurePage(
        svg=figure_svg(view, layout),
        data=figure_data(view, layout),
        script=script(),
    )


@cache
def script() -> str:
    """Return the one script that the page's policy allows."""
    return SCRIPT.read_text(encoding="utf-8")


@cache
def script_source() -> str:
    """Return how a Content-Security-Policy names the script: nothing else may run."""
    digest = hashlib.sha256(script().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def figure_data(view: FigureView, layout: Layout) -> str:
    """Return what the script draws from, as JSON that cannot end the element it stands in."""
    data = {
        "end": view.end_s,
        "total": WIDTH,
        "left": LEFT,
        "plot": PLOT,
        "height": layout.height,
        "row": ROW,
        "below": BELOW,
        "most": MAX_CELLS,
        "steps": STEPS,
        "parts": PARTS,
        "empty": EMPTY,
        "spans": list(_spans(view, layout)),
        "panels": [
            _panel(panel, layout.heights[n], number=n) for n, panel in enumerate(view.panels)
        ],
    }
    text = msgspec.json.encode(data).decode()
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _spans(view: FigureView, layout: Layout) -> Iterator[tuple[int, int, int, str, str, str]]:
    top = min(layout.lanes.values())
    for lane in view.fine:
        for row, span in lane.spans:
            start = round(span.start_s / view.end_s * PARTS)
            length = round((span.end_s - span.start_s) / view.end_s * PARTS)
            y = layout.lanes[lane.name] - top + row * ROW
            yield y, start, length, *span_colours(span), clean(span_text(span))


def _panel(panel: Panel, height: int, *, number: int) -> dict[str, object]:
    return {
        "title": panel.title,
        "unit": panel.unit,
        "bottom": panel.bottom,
        "top": panel.top,
        "log": panel.is_log,
        "height": height,
        "lines": [
            {
                "id": line_id(number, n),
                "name": line.name,
                "dots": line.is_dots,
                "width": line.fine.width_s,
                "cells": _cells(line, panel),
            }
            for n, line in enumerate(panel.lines)
        ],
    }


def _cells(line: Line, panel: Panel) -> list[int]:
    """Return per cell the lowest value and how much higher the highest is; one number where there is none."""
    numbers: list[int] = []
    last = -1
    for number, low, high in line.fine.cells():
        numbers += [EMPTY] * (number - last - 1)
        bottom, top = (round(panel.share(value) * STEPS) for value in (low, high))
        numbers += (bottom, top - bottom)
        last = number
    return numbers
