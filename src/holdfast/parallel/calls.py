"""How is a function called for a run of items, here or in a worker?"""

from __future__ import annotations

import contextvars
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic, seed_global, seeded
from holdfast.parallel.caught import Caught, catch

__all__ = [
    "Ran",
    "Rules",
    "forks",
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
    forked: tuple[int, ...] = ()


class _Forks:
    """Whether an item forked; a child that comes back from the function must not go on."""

    def __init__(self) -> None:
        self.count = 0
        self.is_child = False
        self.depth = 0
        self.is_hooked = False

    def watch(self) -> None:
        if not self.is_hooked and hasattr(os, "register_at_fork"):
            self.is_hooked = True
            os.register_at_fork(after_in_parent=self._in_parent, after_in_child=self._in_child)

    def _in_parent(self) -> None:
        self.count += 1

    def _in_child(self) -> None:
        self.is_child = self.depth > 0

    def start_worker(self) -> None:
        """A worker was forked on purpose: it begins without a past."""
        self.is_child = False
        self.depth = 0


forks = _Forks()


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
    forks.depth += 1
    before = forks.count
    ran = Ran(start=start, values=[], caught=[], busy_s=0.0)
    began = monotonic()
    try:
        _loop(func, items, ran, rules, cells=cells, slot=slot, is_stopped=is_stopped)
    finally:
        ran.busy_s = monotonic() - began
        forks.depth -= 1
        _INSIDE.reset(token)
    if forks.count != before:
        ran.forked = tuple(range(start, start + len(ran.values)))
    return ran


def _loop(
    func: Callable[[Any], Any],
    items: Iterable[Any],
    ran: Ran,
    rules: Rules,
    *,
    cells: Any,
    slot: int,
    is_stopped: Callable[[], bool] | None,
) -> None:
    values = ran.values
    append = values.append
    source = iter(items)
    is_plain = cells is None and rules.seed is None and is_stopped is None
    while True:
        try:
            if is_plain:
                for item in source:
                    append(func(item))
                    if forks.is_child:
                        _leave(ran.start + len(values) - 1)
            else:
                for item in source:
                    position = ran.start + len(values)
                    if is_stopped is not None and is_stopped():
                        return
                    if cells is not None:
                        cells[slot] = position
                    if rules.seed is not None:
                        index = position if rules.order is None else rules.order[position]
                        seed_item(rules.seed, index)
                    append(func(item))
                    if forks.is_child:
                        _leave(position)
            return
        except BaseException as error:
            position = ran.start + len(values)
            if forks.is_child:
                _leave(position)
            # Ctrl-C is the user's, not the item's; workers are told by the parent.
            if isinstance(error, KeyboardInterrupt) and not rules.ship:
                raise
            ran.caught.append(catch(position, error, ship=rules.ship))
            if not rules.collect:
                return
            append(None)


def _leave(position: int) -> None:
    """End a child that the function forked and that returned from it: it is nobody's."""
    if STRAYS.write_fd is not None:
        os.write(STRAYS.write_fd, position.to_bytes(8, "little"))
    os._exit(70)


class _Strays:
    """The pipe on which stray children tell the position that made them."""

    def __init__(self) -> None:
        self.write_fd: int | None = None


STRAYS = _Strays()
