"""How are comparisons of parallel maps drawn? As SVG that answers the pointer without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from holdfast.report.clean import clean
from holdfast.report.parallel_view import ComparedView, EntryView, shares, times_text
from holdfast.text.format import format_duration

__all__ = ["breakdown_svg", "scaling_svg", "times_svg"]

WIDTH, LEFT, RIGHT, ROW, TOP = 860, 150, 90, 26, 8
SPAN = WIDTH - LEFT - RIGHT
HEIGHT = 340
COLOURS = {"process": "#2b6cb0", "thread": "#c05621", "interpreter": "#6b46c1"}
ROUND = 4


def times_svg(entries: Sequence[EntryView]) -> str:
    """Draw the median of each strategy as a bar, its rounds as dots."""
    shown = [each for each in entries if each.median_s is not None]
    longest = max((max(each.times_s) for each in shown), default=0.0) or 1.0
    parts: list[str] = []
    for row, each in enumerate(shown):
        y = TOP + row * ROW
        median = each.median_s or 0.0
        speedup = "" if each.speedup is None else f", {times_text(each.speedup)} of the serial loop"
        told = f"{each.name}: median {format_duration(median)} of {len(each.times_s)}{speedup}"
        if each.differs:
            told += f"; differs: {each.differs}"
        kind = "bar bad" if each.differs else "bar"
        parts += [
            _label(each.name, y),
            _rect(LEFT, y, median / longest * SPAN, kind, tip=told),
            _text(
                LEFT + max(each.times_s) / longest * SPAN + 6,
                y + 15,
                format_duration(median),
                "value",
            ),
        ]
        parts += [
            f'<circle class="dot" cx="{LEFT + seconds / longest * SPAN:.1f}" cy="{y + 10}" r="3">'
            f"{_title(f'{each.name}, round {n}: {format_duration(seconds)}')}</circle>"
            for n, seconds in enumerate(each.times_s, 1)
        ]
    return _svg("Time of each strategy", TOP * 2 + len(shown) * ROW, parts)


def breakdown_svg(entries: Sequence[EntryView]) -> str:
    """Draw where the time of each strategy went, as shares."""
    shown = [each for each in entries if each.median_s is not None]
    parts: list[str] = []
    for row, each in enumerate(shown):
        y = TOP + row * ROW
        parts.append(_label(each.name, y))
        x = float(LEFT)
        for part in shares(each):
            width = part.share * SPAN
            told = f"{each.name}: {part.part} {format_duration(part.seconds)} ({part.share:.1%})"
            parts.append(_rect(x, y, width, f"part {part.part}", tip=told))
            x += width
    return _svg("Where the time went", TOP * 2 + len(shown) * ROW, parts)


def scaling_svg(found: ComparedView) -> str:
    """Draw the speedup by workers, beside the ideal and what Amdahl's law says."""
    lines: dict[str, list[tuple[int, EntryView]]] = {}
    for each in found.entries:
        if each.speedup is not None and each.n_jobs and each.chunksize is None:
            lines.setdefault(each.executor, []).append((each.n_jobs, each))
    counts = [count for points in lines.values() for count, _ in points]
    if not counts:
        return ""
    most = max(counts)
    speeds = [each.high or each.speedup or 0.0 for points in lines.values() for _, each in points]
    top = max([1.0, *speeds, *(speedup for _, speedup in found.amdahl)]) * 1.1
    axes = _Axes(most=most, top=top)
    ideal = [(count, float(count)) for count in range(1, most + 1) if count <= top]
    parts = [*axes.draw(), axes.line(ideal, "ideal", "as many times as workers")]
    if found.amdahl:
        parts.append(
            axes.line(found.amdahl, "law", "by Amdahl's law, from the measured serial share")
        )
        parts += [
            axes.point(count, speedup, f"Amdahl, {count} workers: {speedup:.2f}x", "#718096")
            for count, speedup in found.amdahl
        ]
    for executor, points in sorted(lines.items()):
        parts += _series(axes, executor, sorted(points, key=lambda point: point[0]))
    return _svg("Speedup by workers", HEIGHT, parts)


class _Axes:
    """Where a number of workers and a speedup are on the picture."""

    def __init__(self, *, most: int, top: float) -> None:
        self.most, self.top = most, top
        self.left, self.bottom = 60.0, HEIGHT - 40.0

    def x(self, workers: float) -> float:
        return self.left + (workers - 1) / max(1, self.most - 1) * (WIDTH - self.left - RIGHT)

    def y(self, speedup: float) -> float:
        return self.bottom - speedup / self.top * (self.bottom - 10)

    def draw(self) -> Iterable[str]:
        step = max(1, round(self.top / 6))
        for value in range(0, int(self.top) + 1, step):
            y = self.y(value)
            yield f'<line class="grid" x1="{self.left}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield _text(self.left - 8, y + 4, f"{value}x", "value end")
        marks = max(1, self.most // 16)
        for workers in range(1, self.most + 1, marks):
            yield _text(self.x(workers), self.bottom + 18, str(workers), "value middle")
        yield _text(self.x((self.most + 1) / 2), self.bottom + 36, "workers", "value middle")

    def line(self, points: Sequence[tuple[int, float]], kind: str, told: str) -> str:
        path = " ".join(f"{self.x(count):.1f},{self.y(speedup):.1f}" for count, speedup in points)
        return f'<polyline class="{kind}" points="{path}">{_title(told)}</polyline>'

    def point(self, count: int, speedup: float, told: str, colour: str) -> str:
        x, y = self.x(count), self.y(speedup)
        return (
            f'<g class="point"><circle cx="{x:.1f}" cy="{y:.1f}" r="{ROUND}" fill="{colour}"/>'
            f'<circle class="reach" cx="{x:.1f}" cy="{y:.1f}" r="14">{_title(told)}</circle>'
            f"{_text(min(x + 8, WIDTH - 250), max(14.0, y - 10), told, 'tip')}</g>"
        )


def _series(axes: _Axes, executor: str, points: list[tuple[int, EntryView]]) -> list[str]:
    colour = COLOURS.get(executor, "#2d3748")
    line = [(count, each.speedup or 0.0) for count, each in points]
    parts = [axes.line(line, f"series {executor}", executor)]
    for count, each in points:
        x = axes.x(count)
        low, high = axes.y(each.low or 0.0), axes.y(each.high or 0.0)
        parts.append(
            f'<line class="whisker" stroke="{colour}" x1="{x:.1f}" x2="{x:.1f}" '
            f'y1="{low:.1f}" y2="{high:.1f}"/>'
        )
        told = (
            f"{each.name}: {each.speedup or 0:.2f}x [{each.low or 0:.2f}, {each.high or 0:.2f}], "
            f"{format_duration(each.median_s or 0.0)}"
        )
        parts.append(axes.point(count, each.speedup or 0.0, told, colour))
    last = points[-1]
    at = axes.y(last[1].speedup or 0.0) + 4
    return [*parts, _text(axes.x(last[0]) + 10, at, executor, "value")]


def _svg(title: str, height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f"{_title(title)}{''.join(parts)}</svg>"
    )


def _rect(x: float, y: int, width: float, kind: str, *, tip: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{max(0.0, width):.1f}" '
        f'height="{ROW - 6}">{_title(tip)}</rect>'
    )


def _label(name: str, y: int) -> str:
    return _text(LEFT - 8, y + 15, name, "name end")


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(clean(text))}</text>'


def _title(text: str) -> str:
    return f"<title>{escape(clean(text))}</title>"
