"""What does memory over time look like? An SVG that answers the pointer without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from holdfast.measure.memory_series import Point, decimated
from holdfast.measure.memory_snapshot import MemorySnapshot
from holdfast.text.format import format_bytes, format_duration

__all__ = ["memory_svg"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 320, 90, 20, 24, 44
COLUMNS = 400
MARKS = 5


def memory_svg(points: Sequence[Point], snapshots: Sequence[MemorySnapshot] = ()) -> str:
    """Draw resident memory over time with min/max per column, and the snapshots taken."""
    shown = decimated(points, COLUMNS)
    end = max((at for at, _ in points), default=0.0) or 1.0
    sizes = [size for _, size in points] or [0]
    # From nought: a growth of 1 % must not look like a doubling.
    top = max(sizes) * 1.1 or 1.0

    def x(at: float) -> float:
        return LEFT + at / end * (WIDTH - LEFT - RIGHT)

    def y(size: float) -> float:
        return HEIGHT - BOTTOM - size / top * (HEIGHT - TOP - BOTTOM)

    parts = [_grid(y(top * n / MARKS), format_bytes(top * n / MARKS)) for n in range(MARKS + 1)]
    parts += [
        _text(x(end * n / MARKS), HEIGHT - BOTTOM + 20, format_duration(end * n / MARKS), "middle")
        for n in range(MARKS + 1)
    ]
    path = " ".join(f"{x(at):.1f},{y(size):.1f}" for at, size in shown)
    parts.append(f'<polyline points="{path}" fill="none" stroke="#2b6cb0" stroke-width="1.5"/>')
    parts += [
        f'<circle cx="{x(at):.1f}" cy="{y(size):.1f}" r="4" fill="#2b6cb0" fill-opacity="0">'
        f"<title>{format_bytes(size)} at {format_duration(at)}</title></circle>"
        for at, size in shown
    ]
    for each in snapshots:
        told = f"{each.label}: {format_bytes(each.rss_bytes)} at {format_duration(each.at_s)}"
        at = x(min(each.at_s, end))
        parts.append(
            f'<g><title>{escape(told)}</title><line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}"'
            f' y2="{HEIGHT - BOTTOM}" stroke="#c05621" stroke-dasharray="4 3"/>'
            f"{_text(at + 4, TOP + 10, each.label, 'start')}</g>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="12">'
        f'<title>Memory over time</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _grid(y: float, label: str) -> str:
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e2e8f0"/>'
        f"{_text(LEFT - 8, y + 4, label, 'end')}"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#4a5568">{escape(text)}</text>'
    )
