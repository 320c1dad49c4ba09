"""Where did the time of a call go? Named timers that nest, across tasks and threads."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import msgspec

from holdfast.clock import monotonic
from holdfast.process.page import Page, current_page
from holdfast.stats.histogram import Histogram, merge

__all__ = ["Timed", "TimerTree", "timer"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Where the timers of a call are kept until it ends.
_KEY = "timers"
_FIGURES = ("mean", "min", "max", "p95")


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the tree: `path` are the names from the outermost timer inwards.

    `self_s` is the time outside the timers within it, `share` that of the total of all
    outermost timers.
    """

    path: tuple[str, ...]
    count: int
    total_s: float
    self_s: float
    min_s: float
    max_s: float
    share: float = 0.0


class _Node:
    """One name within another one."""

    __slots__ = ("children", "histogram", "inner_s", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: dict[str, _Node] = {}
        self.histogram = Histogram()
        self.inner_s = 0.0

    def child(self, name: str) -> _Node:
        found = self.children.get(name)
        if found is None:
            found = self.children[name] = _Node(name)
        return found


class TimerTree:
    """All timers of a call, by where they stood within one another."""

    def __init__(self) -> None:
        self._root = _Node("")
        self._lock = threading.Lock()

    @property
    def root(self) -> _Node:
        """The place of timers that stand within no other."""
        return self._root

    def enter(self, outer: _Node, name: str) -> _Node:
        """Return the place of a timer within another one."""
        with self._lock:
            return outer.child(name)

    def add(self, outer: _Node, node: _Node, seconds: float) -> None:
        """Count one run of a timer."""
        with self._lock:
            node.histogram.record(seconds)
            outer.inner_s += seconds

    def places(self) -> list[Timed]:
        """Return every place, the longest self time first."""
        with self._lock:
            total = sum(each.histogram.total for each in self._root.children.values())
            found = [_timed(node, path, total) for node, path in _walk(self._root, ())]
        return sorted(found, key=lambda each: (-each.self_s, each.path))

    def by_name(self) -> dict[str, Histogram]:
        """Return the times of each name, wherever it stood."""
        found: dict[str, list[Histogram]] = {}
        with self._lock:
            for node, _ in _walk(self._root, ()):
                found.setdefault(node.name, []).append(node.histogram)
            return {name: _sum(each) for name, each in found.items()}


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
        if not name or not name.replace("_", "").replace("-", "").replace("/", "").isalnum():
            raise ValueError(
                f"a timer's name must be letters, digits, '_', '-' and '/', got {name!r}"
            )
        self._name = name
        self._runs: list[_Run] = []

    def __enter__(self) -> Self:
        self._runs.append(_Run(self._name))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runs.pop().end()

    def __call__(self, function: Function) -> Function:
        """Time every call of a function or coroutine function."""
        name = self._name
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_async(*args: Any, **kwargs: Any) -> Any:
                run = _Run(name)
                try:
                    return await function(*args, **kwargs)
                finally:
                    run.end()

            return cast("Function", timed_async)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            run = _Run(name)
            try:
                return function(*args, **kwargs)
            finally:
                run.end()

        return cast("Function", timed)


class _Run:
    """One run of a timer, from its beginning to its end."""

    __slots__ = ("_node", "_outer", "_started", "_token", "_tree")

    def __init__(self, name: str) -> None:
        self._tree = _tree_of(current_page())
        self._token: Token[tuple[TimerTree, _Node] | None] | None = None
        if self._tree is not None:
            inside = _INSIDE.get()
            # A place in another call's tree is none in ours.
            is_ours = inside is not None and inside[0] is self._tree
            self._outer = inside[1] if inside is not None and is_ours else self._tree.root
            self._node = self._tree.enter(self._outer, name)
            self._token = _INSIDE.set((self._tree, self._node))
        self._started = monotonic()

    def end(self) -> None:
        """Count it."""
        seconds = monotonic() - self._started
        if self._tree is not None and self._token is not None:
            self._tree.add(self._outer, self._node, seconds)
            _INSIDE.reset(self._token)


_INSIDE: ContextVar[tuple[TimerTree, _Node] | None] = ContextVar("holdfast_timer", default=None)


def _tree_of(page: Page | None) -> TimerTree | None:
    """Return the timers of the call, made when the first one runs."""
    if page is None:
        return None
    found = page.values.get(_KEY)
    if found is None:
        found = page.values[_KEY] = TimerTree()
        page.closers.append(_close)
    return cast("TimerTree", found)


def _close(page: Page) -> None:
    """Put plain data in the place of the tree."""
    tree = cast("TimerTree", page.values[_KEY])
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


def _timed(node: _Node, path: tuple[str, ...], total: float) -> Timed:
    times = node.histogram
    # Parts that ran side by side can take longer together than the whole.
    own = max(times.total - node.inner_s, 0.0)
    return Timed(
        path=path,
        count=times.count,
        total_s=times.total,
        self_s=own,
        min_s=times.min,
        max_s=times.max,
        share=own / total if total else 0.0,
    )


def _sum(histograms: list[Histogram]) -> Histogram:
    return histograms[0] if len(histograms) == 1 else merge(histograms)
