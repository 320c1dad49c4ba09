"""Where did the time of a call go? The tree of its timers, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.report.clean import clean
from holdfast.text.format import format_duration

__all__ = ["timer_lines"]

# Less than this outside of timers is not worth a line.
LEAST_OUTSIDE = 0.01


def timer_lines(places: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the tree, the longest first: total and own time of each place, its shares, its runs.

    `waited` is the share of the time for which the end of the call waited for that place
    itself: of parts that ran side by side, for the last to finish. The place with most of it
    is the bottleneck, and is marked.
    """
    if not places:
        return
    bottleneck = max(places, key=_waited)
    yield f"{'total':>9}  {'self':>9}  {'share':>5}  {'waited':>6}  {'count':>6}  timer"
    for place, depth, name in _in_order(places):
        mark = "  <- bottleneck" if place is bottleneck else ""
        waited = f"{place['critical_share']:.0%}" if "critical_share" in place else ""
        yield (
            f"{format_duration(place['total_s']):>9}  {format_duration(place['self_s']):>9}"
            f"  {place['share']:>5.0%}  {waited:>6}  {place['count']:>6,}"
            f"  {'  ' * depth}{clean(name)}{mark}"
        )
    outside = 1 - sum(place.get("critical_share", 1.0) for place in places)
    if outside >= LEAST_OUTSIDE:
        yield f"{'':>27}  {outside:>6.0%}  {'':>6}  outside of timers"


def _waited(place: Mapping[str, Any]) -> tuple[float, float]:
    """Return what makes a place the bottleneck; runs of earlier versions know its own time only."""
    return place.get("critical_s", 0.0), place["self_s"]


def _in_order(places: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], int, str]]:
    """Yield each place with its depth and its name; the one around it may not have ended."""
    known = {tuple(place["path"]) for place in places}
    within: dict[tuple[str, ...], list[tuple[Mapping[str, Any], str]]] = {}
    for place in sorted(places, key=lambda place: -place["total_s"]):
        path = tuple(place["path"])
        outer = path[:-1]
        while outer and outer not in known:
            outer = outer[:-1]
        within.setdefault(outer, []).append((place, " > ".join(path[len(outer) :])))

    def below(outer: tuple[str, ...], depth: int) -> Iterator[tuple[Mapping[str, Any], int, str]]:
        for place, name in within.get(outer, ()):
            yield place, depth, name
            yield from below(tuple(place["path"]), depth + 1)

    return below((), 0)
