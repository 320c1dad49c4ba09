"""What is drawn of a run over time: what ran when, how long cases took, what was used?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from holdfast.model.evidence import Series
from holdfast.model.result import Result
from holdfast.report.clean import clean, one_line
from holdfast.report.envelope import Envelope
from holdfast.report.lanes import Lane, Spans
from holdfast.report.usage_view import CPU, RSS

__all__ = ["MAX_CELLS", "MAX_SPANS", "FigureView", "Line", "Panel", "Unit", "figure_view"]

Unit = Literal["duration", "bytes", "cores", "number", "share"]

# What is seen at once: a line has a lowest and a highest value per cell, about two per pixel.
MAX_CELLS = 600
MAX_SPANS = 600
# What is there to zoom into, for all lines together: about 350 KB of the page.
FINE_CELLS = 44_000
MOST_FINE_CELLS = 8_192
FINE_SPANS = 2_000
# As many as there are colours to tell apart.
MAX_PROCESSES = 8
LABEL = 80


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One series: its name, its colour, and its lowest and highest values over time."""

    name: str
    colour: str
    fine: Envelope
    is_dots: bool = False

    def seen(self) -> Envelope:
        """Return what is drawn where the whole run is seen."""
        return self.fine.coarser(MAX_CELLS)


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that share an axis from `bottom` to `top`; a logarithmic one never begins at 0."""

    title: str
    unit: Unit
    bottom: float
    top: float
    lines: tuple[Line, ...]
    is_log: bool = False
    left_out: int = 0

    def share(self, value: float) -> float:
        """Return how far up a value is, from 0 to 1."""
        if self.is_log:
            span = math.log(self.top / self.bottom)
            up = math.log(max(value, self.bottom) / self.bottom) / span
        else:
            up = (value - self.bottom) / (self.top - self.bottom)
        return min(max(up, 0.0), 1.0)


class FigureView(msgspec.Struct, frozen=True, kw_only=True):
    """A run over time. `seen` is what ran when as a whole, `fine` the same to zoom into."""

    end_s: float
    seen: tuple[Lane, ...]
    fine: tuple[Lane, ...]
    panels: tuple[Panel, ...]


def figure_view(series: Mapping[str, Series], results: Iterable[Result]) -> FigureView | None:
    """Gather what is drawn; None where nothing ran. The results are read once and none is kept."""
    names = _largest(series)
    others = [
        name for name in ("cases_in_flight", "asyncio_tasks", "cpu_pressure") if name in series
    ]
    number = 2 + 2 * min(len(names), MAX_PROCESSES) + len(others)
    cells = min(FINE_CELLS // number, MOST_FINE_CELLS)
    spans = Spans(FINE_SPANS)
    passed, others_took = Envelope(cells), Envelope(cells)
    end_s = max((max(each.at_s) for each in series.values() if each.at_s), default=0.0)
    ran = False
    for result in results:
        if result.cached_from:
            # Its attempts are those of another run, with that run's times.
            continue
        for attempt in result.attempts:
            ran = True
            spans.add(one_line(result.full_id, LABEL), attempt)
            took = passed if attempt.status == "passed" else others_took
            took.add(attempt.started_s, attempt.duration_s)
            end_s = max(end_s, attempt.started_s + attempt.duration_s)
    if not ran:
        return None
    panels = [
        _durations(passed, others_took),
        _processes("memory", "bytes", RSS, series=series, names=names, cells=cells),
        _processes("CPU", "cores", CPU, series=series, names=names, cells=cells),
        _counts(series, cells),
        _pressure(series, cells),
    ]
    return FigureView(
        end_s=end_s or 1.0,
        seen=spans.lanes(MAX_SPANS),
        fine=spans.lanes(),
        panels=tuple(panel for panel in panels if panel.lines),
    )


def nice_top(value: float, base: float = 10.0) -> float:
    """Return a round number not below `value`: 1, 2, 4, 5 or 8 times a power of the base, or of ten.

    >>> nice_top(37.0), nice_top(0.3)
    (40.0, 0.4)
    """
    if value <= 0:
        return 1.0
    size = 1.0
    if base == 1024.0:
        size = 1024.0 ** max(0, math.floor(math.log(value * 1.024, 1024.0)))
    size *= 10.0 ** math.floor(math.log10(value / size))
    return next(
        step * size for step in (1.0, 2.0, 4.0, 5.0, 8.0, 10.0, 20.0) if step * size >= value
    )


def _durations(passed: Envelope, others: Envelope) -> Panel:
    lines = [
        Line(name=name, colour=colour, fine=fine, is_dots=True)
        for name, colour, fine in (("passed", "passed", passed), ("not passed", "failed", others))
        if len(fine)
    ]
    values = [value for line in lines for _, *ends in line.fine.cells() for value in ends]
    positive = [value for value in values if value > 0]
    low = 10.0 ** math.floor(math.log10(max(min(positive, default=1.0), 1e-9)))
    high = 10.0 ** math.ceil(math.log10(max(max(positive, default=1.0), 1e-9)))
    return Panel(
        title="duration of attempts, by their start",
        unit="duration",
        bottom=low,
        top=high if high > low else low * 10.0,
        lines=tuple(lines),
        is_log=True,
    )


def _processes(
    title: str,
    unit: Unit,
    prefix: str,
    *,
    series: Mapping[str, Series],
    names: list[str],
    cells: int,
) -> Panel:
    """Return a panel of what processes use; a process has its colour in all panels."""
    lines = [
        Line(name=clean(name), colour=f"c{n}", fine=_envelope(series[f"{prefix}.{name}"], cells))
        for n, name in enumerate(names[:MAX_PROCESSES])
        if f"{prefix}.{name}" in series
    ]
    return _panel(title, unit, lines, left_out=max(len(names) - MAX_PROCESSES, 0))


def _counts(series: Mapping[str, Series], cells: int) -> Panel:
    names = (("cases_in_flight", "cases in flight", "c0"), ("asyncio_tasks", "asyncio tasks", "c1"))
    return _panel("at work", "number", _known(series, names, cells))


def _pressure(series: Mapping[str, Series], cells: int) -> Panel:
    names = (("cpu_pressure", "waited for a CPU", "c1"),)
    lines = tuple(_known(series, names, cells))
    return Panel(title="share of time", unit="share", bottom=0.0, top=1.0, lines=lines)


def _known(
    series: Mapping[str, Series], names: Iterable[tuple[str, str, str]], cells: int
) -> list[Line]:
    return [
        Line(name=title, colour=colour, fine=_envelope(series[name], cells))
        for name, title, colour in names
        if name in series
    ]


def _panel(title: str, unit: Unit, lines: list[Line], *, left_out: int = 0) -> Panel:
    most = max((high for line in lines for _, _, high in line.fine.cells()), default=0.0)
    top = nice_top(most, 1024.0 if unit == "bytes" else 10.0)
    return Panel(title=title, unit=unit, bottom=0.0, top=top, lines=tuple(lines), left_out=left_out)


def _largest(series: Mapping[str, Series]) -> list[str]:
    """Return the processes, those first that hold the most memory or use the most CPU."""
    ranks: dict[str, int] = {}
    for prefix in (RSS, CPU):
        most = {
            name[len(prefix) + 1 :]: max(each.values)
            for name, each in series.items()
            if name.startswith(f"{prefix}.") and each.values
        }
        for rank, name in enumerate(sorted(most, key=lambda name: (-most[name], name))):
            ranks[name] = min(rank, ranks.get(name, rank))
    return sorted(ranks, key=lambda name: (ranks[name], name))


def _envelope(series: Series, cells: int) -> Envelope:
    return Envelope(cells).fill(series.at_s, series.values)
