"""How is a function called for a run of items, here or in a worker?"""

from __future__ import annotations

import contextvars
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic, seed_global, seeded
from holdfast.parallel.caught import Caught, catch
from holdfast.parallel.failure import StrayChild
from holdfast.parallel.strays import strays

__all__ = [
    "Ran",
    "Rules",
    "is_nested",
    "run_items",
    "seed_item",
    "seed_of",
]

# True while an item runs: a map inside of it stays serial.
_INSIDE: contextvars.ContextVar[bool] = contextvars.ContextVar("holdfast_parallel", default=False)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How items are run: whether failures are collected, and what else holds for each."""

    collect: bool = False
    seed: int | None = None
    order: Sequence[int] | None = None
    base: int = 0
    ship: bool = False


class Ran(msgspec.Struct, kw_only=True):
    """What running items gave: a value for each place, and the exceptions.

    Where an item failed, its place holds None. Without `collect` the first failure ends
    the run, and `values` stops before it.
    """

    start: int
    values: list[Any]
    caught: list[Caught]
    busy_s: float


def is_nested() -> bool:
    """Say whether this runs inside an item of another map."""
    return _INSIDE.get()


def seed_of(seed: int, index: int) -> int:
    """Return the seed of one item: the same wherever and whenever it runs."""
    return seeded(seed, "item", str(index)).getrandbits(32)


def seed_item(seed: int, index: int) -> None:
    """Seed the global generators that the function may use: random's and numpy's."""
    own = seed_of(seed, index)
    seed_global(own)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(own)


def run_items(
    func: Callable[[Any], Any],
    items: Iterable[Any],
    start: int,
    rules: Rules,
    *,
    cells: Any = None,
    slot: int = 0,
    is_stopped: Callable[[], bool] | None = None,
) -> Ran:
    """Call `func` for each item; `cells[slot]` always tells which position runs."""
    token = _INSIDE.set(True)
    pid = strays.enter()
    ran = Ran(start=start, values=[], caught=[], busy_s=0.0)
    began = monotonic()
    try:
        _loop(func, items, ran, rules, pid=pid, cells=cells, slot=slot, is_stopped=is_stopped)
    finally:
        ran.busy_s = monotonic() - began
        returned = strays.leave()
        _INSIDE.reset(token)
    for position in returned:
        _refuse_stray(ran, position, rules)
    return ran


def _refuse_stray(ran: Ran, position: int, rules: Rules) -> None:
    error = StrayChild(
        "the function must not return in a child that it forked, got two returns",
        hint="end the child with os._exit, or start it with subprocess",
    )
    if position >= ran.start + len(ran.values):  # it failed in the parent as well
        return
    if not rules.collect:
        del ran.values[position - ran.start :]
        ran.caught.clear()
    else:
        ran.values[position - ran.start] = None
    ran.caught.append(catch(position, error, ship=rules.ship))


def _loop(
    func: Callable[[Any], Any],
    items: Iterable[Any],
    ran: Ran,
    rules: Rules,
    *,
    pid: int,
    cells: Any,
    slot: int,
    is_stopped: Callable[[], bool] | None,
) -> None:
    source = iter(items)
    is_plain = cells is None and rules.seed is None and is_stopped is None
    while True:
        try:
            if is_plain:
                _run_plain(func, source, ran, pid)
            else:
                _run_watched(
                    func, source, ran, rules, pid=pid, cells=cells, slot=slot, is_stopped=is_stopped
                )
            return
        except BaseException as error:
            position = ran.start + len(ran.values)
            if strays.is_child and os.getpid() != pid:
                strays.end_child(position)
            # Ctrl-C is the user's, not the item's; workers are told by the parent.
            if isinstance(error, KeyboardInterrupt) and not rules.ship:
                raise
            ran.caught.append(catch(position, error, ship=rules.ship))
            if not rules.collect:
                return
            ran.values.append(None)


def _run_plain(func: Callable[[Any], Any], source: Iterator[Any], ran: Ran, pid: int) -> None:
    append = ran.values.append
    for item in source:
        append(func(item))
        if strays.is_child and os.getpid() != pid:
            strays.end_child(ran.start + len(ran.values) - 1)


def _run_watched(
    func: Callable[[Any], Any],
    source: Iterator[Any],
    ran: Ran,
    rules: Rules,
    *,
    pid: int,
    cells: Any,
    slot: int,
    is_stopped: Callable[[], bool] | None,
) -> None:
    append = ran.values.append
    position = ran.start + len(ran.values)
    order, seed = rules.order, rules.seed
    for item in source:
        if is_stopped is not None and is_stopped():
            return
        if cells is not None:
            cells[slot] = position
        if seed is not None:
            seed_item(seed, rules.base + (position if order is None else order[position]))
        append(func(item))
        if strays.is_child and os.getpid() != pid:
            strays.end_child(position)
        position += 1
