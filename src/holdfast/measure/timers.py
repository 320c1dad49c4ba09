"""Where did the time of a call go? Named timers that nest, across tasks and threads."""

from __future__ import annotations

import functools
import inspect
import tracemalloc
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import msgspec

from holdfast.clock import monotonic
from holdfast.measure.timer_tree import TimerTree
from holdfast.process.page import Page, current_page

__all__ = ["TRACED", "open_timers", "timer"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Where the timers of a call are kept until it ends.
_KEY = "timers"
# Kept beside them: their times are not those of the code alone.
_KEY_TRACED = "timers_traced"
_FIGURES = ("mean", "min", "max", "p95")
TRACED = "memory was traced while timers ran: their times are several times too long"


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
