"""How is a run drawn over time? As SVG that is whole without any script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from holdfast.report.clean import clean, one_line
from holdfast.report.envelope import Envelope
from holdfast.report.figure_scale import (
    LEFT,
    PLOT,
    ROW,
    WIDTH,
    Layout,
    time_marks,
    value_marks,
)
from holdfast.report.figure_view import FigureView, Line, Panel
from holdfast.report.lanes import Span
from holdfast.text.format import format_duration

__all__ = ["BELOW", "figure_svg", "line_id", "span_colours", "span_text"]

NAME, LEGEND = 14, 16
# How high the line along the foot of a span is.
BELOW = 3
TITLE = "What ran when, how long it took, and what was used, on one axis of time"


def figure_svg(view: FigureView, layout: Layout) -> str:
    """Draw the whole run; ids and places are those that the page's script knows."""
    parts = [
        *_times(view, layout),
        *_lanes(view, layout),
        *(part for n in range(len(view.panels)) for part in _panel(view, layout, n)),
        f'<rect id="figure-chosen" x="0" y="0" width="0" height="{layout.height}"/>',
    ]
    return (
        f'<svg id="figure" role="img" aria-label="{TITLE}" viewBox="0 0 {WIDTH} {layout.height}" '
        f'width="{WIDTH}" height="{layout.height}">{"".join(parts)}</svg>'
    )


def line_id(panel: int, line: int) -> str:
    """Return the id of the path that is a line."""
    return f"figure-line-{panel}-{line}"


def span_colours(span: Span) -> tuple[str, str]:
    """Return the colour of a span, and of the line along its foot where only some did not pass."""
    return (span.status, "") if span.bad in {0, span.count} else ("passed", span.status)


def span_text(span: Span) -> str:
    """Say what ran in a span."""
    start, took = format_duration(span.start_s), format_duration(span.end_s - span.start_s)
    if span.count == 1:
        return f"{span.longest}: {span.status}, {took} from {start}"
    longest = format_duration(span.longest_s)
    bad = f", {span.bad:,} not passed ({span.status} at worst)" if span.bad else ""
    return f"{span.count:,} in {took} from {start}{bad}; the longest: {span.longest}, {longest}"


def _times(view: FigureView, layout: Layout) -> Iterator[str]:
    yield '<g id="figure-times">'
    for at_s, text in time_marks(view.end_s):
        x = LEFT + at_s / view.end_s * PLOT
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{layout.height - 20}"/>'
        yield from (_text(x, y, text, "middle") for y in (12, layout.height - 6))
    yield "</g>"


def _lanes(view: FigureView, layout: Layout) -> Iterator[str]:
    yield _text(LEFT, 36, "what ran when, by worker", "title")
    for name, top in layout.lanes.items():
        yield _text(LEFT - 8, top + 10, one_line(name, NAME), "end")
    top = min(layout.lanes.values())
    yield f'<svg x="{LEFT}" y="{top}" width="{PLOT}" height="{layout.lanes_height}"><g id="figure-spans">'
    for lane in view.seen:
        for row, span in lane.spans:
            x = span.start_s / view.end_s * PLOT
            # What is shorter than a pixel is seen all the same.
            width = max((span.end_s - span.start_s) / view.end_s * PLOT, 1.0)
            y = layout.lanes[lane.name] - top + row * ROW
            title = f"<title>{escape(clean(span_text(span)))}</title>"
            at = f'x="{x:.1f}" width="{width:.1f}"'
            whole, below = span_colours(span)
            yield f'<rect class="{whole}" {at} y="{y}" height="{ROW - 1}">{title}</rect>'
            if below:
                yield f'<rect class="{below}" {at} y="{y + ROW - 1 - BELOW}" height="{BELOW}"/>'
    yield "</g></svg>"


def _panel(view: FigureView, layout: Layout, n: int) -> Iterator[str]:
    panel, top, height = view.panels[n], layout.panels[n], layout.heights[n]
    yield _legend(panel, top)
    for value, text in value_marks(panel):
        y = top + (1 - panel.share(value)) * height
        yield f'<line class="grid" x1="{LEFT}" x2="{LEFT + PLOT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(LEFT - 8, y + 4, text, "end")
    yield f'<svg x="{LEFT}" y="{top - 2}" width="{PLOT}" height="{height + 4}" viewBox="0 -2 {PLOT} {height + 4}">'
    for number, line in enumerate(panel.lines):
        kind = "dots" if line.is_dots else "line"
        path = _path(line, panel, end_s=view.end_s, height=height)
        yield f'<path id="{line_id(n, number)}" class="{kind} {line.colour}" d="{path}"/>'
    yield "</svg>"


def _legend(panel: Panel, top: int) -> str:
    names = "".join(
        f'<tspan class="{line.colour}" dx="12">&#9632; {escape(one_line(line.name, LEGEND))}</tspan>'
        for line in panel.lines
    )
    more = f'<tspan dx="12">and {panel.left_out} more</tspan>' if panel.left_out else ""
    return f'<text class="title" x="{LEFT}" y="{top - 8}">{escape(panel.title)}{names}{more}</text>'


def _path(line: Line, panel: Panel, *, end_s: float, height: int) -> str:
    return "".join(_strokes(line.seen(), panel, end_s=end_s, height=height, is_dots=line.is_dots))


def _strokes(
    seen: Envelope, panel: Panel, *, end_s: float, height: int, is_dots: bool
) -> Iterable[str]:
    """Yield a stroke from the highest to the lowest value of each cell; lines join them."""
    go = "M"
    for number, low, high in seen.cells():
        x = min((number + 0.5) * seen.width_s / end_s, 1.0) * PLOT
        upper, lower = ((1 - panel.share(value)) * height for value in (high, low))
        yield f"{go}{x:.1f} {upper:.1f}"
        # A dot is a stroke without length, whose ends are round.
        if is_dots or f"{upper:.1f}" != f"{lower:.1f}":
            yield f"V{lower:.1f}"
        go = "M" if is_dots else "L"


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(clean(text))}</text>'
