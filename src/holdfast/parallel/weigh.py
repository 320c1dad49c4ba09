"""What does it cost to send an item to a worker and its result back?"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic

__all__ = ["Scale", "Weight", "size_of", "weigh"]

# Two copies through a socket, in pieces, with a wake-up for each: about 2 ms per MB.
PIPE_S_PER_BYTE = 2e-9
# One cold object reads ten times too dear, so a chunk is pickled twice while that is cheap.
CHEAP_S = 0.002
MOST = 64
# Looking at sizes may take this share of the work.
LOOK_SHARE = 0.05


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds and bytes per value, or the reason why one cannot travel."""

    seconds: float = 0.0
    size: float = 0.0
    problem: str = ""


def weigh(values: Sequence[Any]) -> Weight:
    """Pickle and load some values and time it, warm where that is cheap."""
    some = list(values[-MOST:])
    if not some:
        return Weight()
    try:
        began = monotonic()
        size = len(pickle.dumps(some[-1], pickle.HIGHEST_PROTOCOL))
        took = monotonic() - began
        if took * len(some) > CHEAP_S:
            some = some[-1:]
        for _ in range(2):
            began = monotonic()
            packed = pickle.dumps(some, pickle.HIGHEST_PROTOCOL)
            pickle.loads(packed)  # noqa: S301 - made one line above
            took, size = monotonic() - began, len(packed)
            if took > CHEAP_S:
                break
    except Exception as error:  # noqa: BLE001 - any __reduce__ may raise; the reason is the answer
        return Weight(problem=f"{type(some[-1]).__name__} object: {type(error).__name__}: {error}")
    return Weight(
        seconds=took / len(some) + size / len(some) * PIPE_S_PER_BYTE, size=size / len(some)
    )


class Scale:
    """Bytes per value, of which one is looked at now and then, as the work allows."""

    def __init__(self) -> None:
        self.mean = 0.0
        self._debt_s = 0.0

    def add(self, values: Sequence[Any], busy_s: float) -> float:
        """Take in values that took so long to make; return the bytes of all of them."""
        self._debt_s = max(0.0, self._debt_s - LOOK_SHARE * busy_s)
        if len(values) and not self._debt_s:
            began = monotonic()
            size = size_of(values[-1])
            self.mean = 0.7 * self.mean + 0.3 * size if self.mean else float(size)
            self._debt_s = monotonic() - began
        return self.mean * len(values)


def size_of(value: Any) -> int:
    """Return about how many bytes a value takes: its buffer's, or those of its pickle."""
    if isinstance(value, bytes | bytearray | str):
        return len(value)
    own = getattr(value, "nbytes", None)
    if isinstance(own, int):
        return own
    try:
        return len(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    except Exception:  # noqa: BLE001 - any __reduce__ may raise; the object alone is known then
        return sys.getsizeof(value, 0)
