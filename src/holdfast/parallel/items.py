"""Where do the items come from, how many are there, and do they ever end?"""

from __future__ import annotations

import collections
import dis
import inspect
import itertools
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from holdfast.parallel.failure import WrongArgument

__all__ = ["Items", "is_endless"]

_ADDRESSABLE = (list, tuple, range, str, bytes, bytearray)
# Cheap to list: they already hold their items.
_HELD = (set, frozenset, dict, collections.deque)
_RETURNS = frozenset({"RETURN_VALUE", "RETURN_CONST"})


class Items:
    """The data of a map: positions count what was taken, indices the place in the data.

    `sequence` is there where items can be had by position, in any process that has it;
    otherwise they come from an iterator, once. With `cost`, positions run from the
    costliest item to the cheapest.
    """

    def __init__(
        self, data: Any, *, cost: Callable[[Any], float] | None = None, first_index: int = 0
    ) -> None:
        self.first_index = first_index
        self.order: list[int] | None = None
        if cost is not None:
            listed: list[Any] = list(data)
            costs = [_cost_of(cost, item, first_index + n) for n, item in enumerate(listed)]
            self.order = sorted(range(len(listed)), key=lambda index: -costs[index])
            data = [listed[index] for index in self.order]
        elif isinstance(data, _HELD) or type(data) in _VIEWS:
            data = list(cast("Iterable[Any]", data))
        self.sequence: Sequence[Any] | None = None
        self.length: int | None = None
        self._iterator: Iterator[Any] = iter(())
        if isinstance(data, _ADDRESSABLE) or _is_array(data) or isinstance(data, Sequence):
            self.sequence = cast("Sequence[Any]", data)
            self.length = len(self.sequence)
        else:
            self._iterator = iter(data)
            self.length = _length(data)
        self.taken = 0
        self.is_spent = self.length == 0 and self.sequence is not None

    def list_all(self) -> None:
        """Hold all items, so that each can be had again; before anything is taken."""
        if self.sequence is None:
            self.sequence = list(self._iterator)
            self.length = len(self.sequence)
            self.is_spent = self.length == 0

    @property
    def left(self) -> int | None:
        """Return how many items are left, None where that is not known."""
        if self.is_spent:
            return 0
        if self.length is None:
            return None
        return max(0, self.length - self.taken)

    def take(self, count: int) -> list[Any] | Sequence[Any]:
        """Take the next items; fewer than asked for means that there are no more."""
        if self.sequence is not None:
            taken = self.between(self.taken, self.taken + count)
        else:
            taken = list(itertools.islice(self._iterator, count))
            self.is_spent = len(taken) < count
        self.taken += len(taken)
        if self.sequence is not None:
            self.is_spent = self.taken >= cast("int", self.length)
        return taken

    def between(self, start: int, stop: int) -> list[Any] | Sequence[Any]:
        """Return the items of a sequence by position."""
        sequence = cast("Sequence[Any]", self.sequence)
        stop = min(stop, cast("int", self.length))
        if isinstance(sequence, _ADDRESSABLE) or _is_array(sequence):
            return sequence[start:stop]
        return [sequence[position] for position in range(start, stop)]

    def index_of(self, position: int) -> int:
        """Return the index that people know the item at `position` by."""
        return self.first_index + self.place_of(position)

    def place_of(self, position: int) -> int:
        """Return the place in the results of what was taken at `position`."""
        return position if self.order is None else self.order[position]

    def rest(self) -> Iterator[Any]:
        """Return what was not taken."""
        if self.sequence is not None:
            return iter(self.between(self.taken, cast("int", self.length)))
        return self._iterator


def is_endless(data: Any) -> bool:
    """Say whether data is known to have no end: count, cycle, a `while True` without a way out.

    A generator whose code has no return can only go on or raise. One that raises after a
    `for`, or without any loop, ends by that.
    """
    if isinstance(data, itertools.count | itertools.cycle):
        return True
    if isinstance(data, itertools.repeat):
        try:
            cast("Any", data).__length_hint__()
        except TypeError:
            return True
        return False
    if isinstance(data, map | filter | zip | enumerate):
        # What they read from stands in their state; they end with the first of it that does.
        _, parts, *_ = cast("tuple[Any, ...]", data.__reduce__())
        first = 1 if isinstance(data, map | filter) else 0
        last = 1 if isinstance(data, enumerate) else None
        sources = parts[first:last]
        return bool(sources) and all(is_endless(source) for source in sources)
    if inspect.isgenerator(data):
        frame = data.gi_frame
        source: Any = None if frame is None else frame.f_locals.get(".0")
        if source is not None:
            return is_endless(source)
        names = {each.opname for each in dis.get_instructions(data.gi_code)}
        return frame is not None and not names & _RETURNS and not _can_end(names)
    return False


def _can_end(names: set[str]) -> bool:
    """Say whether code without a return may end all the same: by another iterator, or by raising."""
    if "SEND" in names:
        return True
    loops = any("JUMP_BACKWARD" in name for name in names)
    return "RAISE_VARARGS" in names and ("FOR_ITER" in names or not loops)


def _cost_of(cost: Callable[[Any], float], item: Any, index: int) -> float:
    try:
        value: Any = cost(item)
    except Exception as error:
        error.add_note(f"cost of item {index}")
        raise
    if isinstance(value, str | bytes) or not _is_ordered(value):
        raise WrongArgument(
            f"cost must give a number for each item, got {value!r} for item {index}"
        )
    return float(value)


def _is_ordered(value: Any) -> bool:
    try:
        return not math.isnan(value)
    except TypeError:
        return False


_NOTHING: dict[str, str] = {}
_VIEWS = (type(_NOTHING.keys()), type(_NOTHING.values()), type(_NOTHING.items()))


def _is_array(data: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(data, numpy.ndarray) and data.ndim > 0


def _length(data: Any) -> int | None:
    """Return the length that the data itself gives; a hint may be wrong, so none is taken."""
    try:
        return len(data)
    except TypeError:
        return None
