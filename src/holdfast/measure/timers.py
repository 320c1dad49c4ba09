"""Where did the time of a call go? Named timers that nest, across tasks and threads."""

from __future__ import annotations

import functools
import inspect
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import msgspec

from holdfast.clock import monotonic
from holdfast.measure.critical_path import Path, Stretch
from holdfast.process.page import Page, current_page
from holdfast.stats.histogram import Histogram, merge

__all__ = ["Timed", "TimerTree", "open_timers", "timer"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Where the timers of a call are kept until it ends.
_KEY = "timers"
# Kept beside them: their times are not those of the code alone.
_KEY_TRACED = "timers_traced"
_FIGURES = ("mean", "min", "max", "p95")
TRACED = "memory was traced while timers ran: their times are several times too long"


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


class timer:  # noqa: N801 - used as a word: `with timer("parse"):`
    """Time a block, or every call of a function, under a name.

    Timers nest: one within another, in the same task or thread, or in a task or
    `asyncio.to_thread` that was started there, is a part of it. Inside a case their
    count, mean, min, max and p95 become measurements (`timer.NAME.p95`) and the tree is
    kept as evidence; `{timer.NAME: "< 2s"}` is an expectation on the longest. Outside of
    a case they cost a microsecond and leave nothing.

    >>> with timer("parse"):
    ...     sum(range(10))
    45
    """

    def __init__(self, name: str) -> None:
        if not _is_name(name):
            raise ValueError(
                f"a timer's name must be letters, digits, '_', '-' and '/', got {name!r:.60}"
            )
        self._name = name
        # One timer may be entered in many tasks and threads, and left there in any order.
        self._runs: list[_Open] = []

    def __enter__(self) -> Self:
        run = _begin(self._name)
        if run is not None:
            self._runs.append(run)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._runs:
            return
        now = monotonic()
        inside = _INSIDE.get()
        while inside is not None and inside not in self._runs:
            inside = inside.outer
        # A block that another context leaves than entered it: the last one is the best guess.
        run = self._runs[-1] if inside is None else inside
        self._runs.remove(run)
        _end(run, now)

    def __call__(self, function: Function) -> Function:
        """Time every call of a function or coroutine function."""
        name = self._name
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_async(*args: Any, **kwargs: Any) -> Any:
                run = _begin(name)
                try:
                    return await function(*args, **kwargs)
                finally:
                    if run is not None:
                        _end(run, monotonic())

            return cast("Function", timed_async)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            run = _begin(name)
            try:
                return function(*args, **kwargs)
            finally:
                if run is not None:
                    _end(run, monotonic())

        return cast("Function", timed)


class _Open:
    """A run that has begun, and where it is counted."""

    __slots__ = ("outer", "run", "tree")

    def __init__(self, tree: TimerTree, name: str, outer: _Open | None) -> None:
        self.tree = tree
        self.outer = outer
        self.run = tree.begin(name, None if outer is None else outer.run)


# The innermost open run of this task or thread.
_INSIDE: ContextVar[_Open | None] = ContextVar("holdfast_timer", default=None)
# All open runs of this process: what traces memory slows all of it down.
_OPEN: set[_Open] = set()


def open_timers() -> tuple[str, ...]:
    """Return the names of the timers that run now in this process, sorted, each once.

    Outside of a case a timer leaves nothing, and is none of them.
    """
    return tuple(sorted({each.run.place.name for each in tuple(_OPEN)}))


def _begin(name: str) -> _Open | None:
    """Begin a run; None outside of a case."""
    tree = _tree_of(current_page())
    if tree is None:
        return None
    outer = _INSIDE.get()
    # A place in another call's tree is none in ours.
    begun = _Open(tree, name, outer if outer is not None and outer.tree is tree else None)
    _INSIDE.set(begun)
    _OPEN.add(begun)
    return begun


def _end(begun: _Open, now: float) -> None:
    """Count a run, and go back to the one around it."""
    begun.tree.end(begun.run, now)
    _OPEN.discard(begun)
    inside = _INSIDE.get()
    while inside is not None and inside.run.is_over:
        inside = inside.outer
    _INSIDE.set(inside)
    if tracemalloc.is_tracing():
        page = current_page()
        if page is not None:
            page.values[_KEY_TRACED] = True
            page.note(TRACED)


def _is_name(name: object) -> bool:
    if not isinstance(name, str):
        return False
    return name.replace("_", "").replace("-", "").replace("/", "").isalnum()


def _tree_of(page: Page | None) -> TimerTree | None:
    """Return the timers of the call, made when the first one runs; None when it is over."""
    if page is None:
        return None
    found = page.values.get(_KEY)
    if found is None:
        found = page.values[_KEY] = TimerTree()
        page.closers.append(_close)
    return found if isinstance(found, TimerTree) else None


def _close(page: Page) -> None:
    """Put plain data in the place of the tree."""
    tree = cast("TimerTree", page.values[_KEY])
    _OPEN.difference_update([each for each in tuple(_OPEN) if each.tree is tree])
    page.values[_KEY] = [msgspec.to_builtins(each) for each in tree.places()]
    for name, times in tree.by_name().items():
        page.measurements[f"timer.{name}.count"] = float(times.count)
        for figure in _FIGURES:
            value = times.percentile(95) if figure == "p95" else getattr(times, figure)
            page.measurements[f"timer.{name}.{figure}"] = value


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
