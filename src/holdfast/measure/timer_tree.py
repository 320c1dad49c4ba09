"""What is kept of the timers of one call? A tree: where each stood, how long it took, what the end waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import msgspec

from holdfast.clock import monotonic
from holdfast.measure.critical_path import Path, Stretch
from holdfast.stats.histogram import Histogram, merge

__all__ = ["Run", "Timed", "TimerTree"]


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the tree: `path` are the names from the outermost timer inwards.

    `self_s` is the time in which no timer within it ran, `share` its part of the self time
    of all. `critical_s` is how long the end of the call waited for it and nothing within it:
    of parts that ran side by side, for the last to finish. `critical_share` is the part of
    that in the time from the start of the first timer to the end of the last one; what all
    places lack to 1 went by outside of timers.
    """

    path: tuple[str, ...]
    count: int
    total_s: float
    self_s: float
    min_s: float
    max_s: float
    share: float = 0.0
    critical_s: float = 0.0
    critical_share: float = 0.0


class _Node:
    """One name within another one."""

    __slots__ = ("children", "histogram", "name", "self_s")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: dict[str, _Node] = {}
        self.histogram = Histogram()
        self.self_s = 0.0

    def child(self, name: str) -> _Node:
        found = self.children.get(name)
        if found is None:
            found = self.children[name] = _Node(name)
        return found


Run = Stretch[_Node]


class TimerTree:
    """All timers of a call, by where they stood within one another."""

    def __init__(self) -> None:
        self._root = _Node("")
        self._latest = monotonic()
        self._whole = Stretch(self._root, self._latest)
        self._lock = threading.Lock()

    def begin(self, name: str, outer: Run | None) -> Run:
        """Begin a timer, within another one or within none."""
        with self._lock:
            around = self._whole if outer is None else outer
            return Stretch(around.place.child(name), self._at(monotonic()), around)

    def end(self, run: Run, now: float) -> None:
        """Count a run that has ended."""
        with self._lock:
            now = self._at(now)
            node = run.place
            node.histogram.record(now - run.started)
            node.self_s += run.end(now)

    def places(self) -> list[Timed]:
        """Return every place, the longest self time first."""
        with self._lock:
            nodes = list(_walk(self._root, ()))
            total = sum(node.self_s for node, _ in nodes)
            begun = self._whole.started
            path = self._whole.path or Path(begun, {})
            found = [
                _timed(node, names, total=total, critical=path.seconds, whole=path.until - begun)
                for node, names in nodes
            ]
        return sorted(found, key=lambda each: (-each.self_s, each.path))

    def by_name(self) -> dict[str, Histogram]:
        """Return the times of each name, wherever it stood."""
        found: dict[str, list[Histogram]] = {}
        with self._lock:
            for node, _ in _walk(self._root, ()):
                found.setdefault(node.name, []).append(node.histogram)
            return {name: _sum(each) for name, each in found.items()}

    def _at(self, now: float) -> float:
        """Return a time that is not before the last one: two threads may come in the other order."""
        self._latest = max(self._latest, now)
        return self._latest


def _walk(node: _Node, path: tuple[str, ...]) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    for child in node.children.values():
        # A timer that still runs when the call ends has no time to tell.
        if child.histogram.count:
            yield child, (*path, child.name)
        yield from _walk(child, (*path, child.name))


def _timed(
    node: _Node,
    path: tuple[str, ...],
    *,
    total: float,
    critical: Mapping[_Node, float],
    whole: float,
) -> Timed:
    times = node.histogram
    waited = critical.get(node, 0.0)
    return Timed(
        path=path,
        count=times.count,
        total_s=times.total,
        self_s=node.self_s,
        min_s=times.min,
        max_s=times.max,
        share=node.self_s / total if total > 0 else 0.0,
        critical_s=waited,
        critical_share=waited / whole if whole > 0 else 0.0,
    )


def _sum(histograms: list[Histogram]) -> Histogram:
    return histograms[0] if len(histograms) == 1 else merge(histograms)
