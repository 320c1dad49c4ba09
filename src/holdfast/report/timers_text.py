"""Where did the time of a call go? The tree of its timers, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.report.clean import clean
from holdfast.text.format import format_duration

__all__ = ["timer_lines"]


def timer_lines(places: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the tree with the time of each place, its own time and its share; the longest first.

    The place with the most time of its own is the bottleneck, and is marked.
    """
    if not places:
        return
    slowest = max(places, key=lambda place: place["self_s"])
    yield f"{'total':>9}  {'self':>9}  {'share':>5}  {'count':>6}  timer"
    for place, depth in _in_order(places, ()):
        mark = "  <- most of the time" if place is slowest else ""
        yield (
            f"{format_duration(place['total_s']):>9}  {format_duration(place['self_s']):>9}"
            f"  {place['share']:>5.0%}  {place['count']:>6,}  {'  ' * depth}{clean(place['path'][-1])}{mark}"
        )


def _in_order(
    places: Sequence[Mapping[str, Any]], outer: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Any], int]]:
    inner = [
        place
        for place in places
        if len(place["path"]) == len(outer) + 1 and tuple(place["path"][:-1]) == outer
    ]
    for place in sorted(inner, key=lambda place: -place["total_s"]):
        yield place, len(outer)
        yield from _in_order(places, tuple(place["path"]))
