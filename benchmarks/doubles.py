"""What does a call of a generated double cost beside a plain fake's, and does its memory stay flat?

Rules, set before the first measurement:
- a call is `shop.price("tea", 2)`: two checked arguments, a constant answer, and the call is kept.
- sides, in turn: `double_of(Shop)`, a hand-written class with the same method that keeps the
  call in a bounded deque, and `unittest.mock.create_autospec(Shop)`.
- Counted: wall time of N calls over N. Autospec keeps every call, so it makes N / 100 of them.
- Required: the ratio of the double to the fake is at most 5.
- Memory: what is allocated after N calls more than after the first 1,000 (tracemalloc).
- Required: at most 100 kB.
"""

from __future__ import annotations

import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import NotMeasured
from benchmarks.sitting import Side, pairwise, take_turns
from holdfast.doubles import answers, count_calls, double_of

__all__ = ["measure"]


class Shop:
    """What is doubled."""

    def price(self, item: str, amount: int = 1) -> int:
        raise NotImplementedError


class Fake:
    """What one writes by hand."""

    def __init__(self) -> None:
        self.calls: deque[tuple[str, int]] = deque(maxlen=100)

    def price(self, item: str, amount: int = 1) -> int:
        self.calls.append((item, amount))
        return 3


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    calls: int
    repetitions: int
    warm_ups: int = 1


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(calls=1_000_000, repetitions=7),
    "tune": _Sizes(calls=200_000, repetitions=3),
    "quick": _Sizes(calls=2_000, repetitions=1, warm_ups=0),
}


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    n = sizes.calls
    few = max(1, n // 100)
    sides: dict[str, Side] = {
        "double": lambda _: _timed(n, _make_double()),
        "fake": lambda _: _timed(n, Fake().price),
        "autospec": lambda _: _timed(few, _make_autospec()),
        "double, memory": lambda _: _grown(n, _make_double()),
        "autospec, memory": lambda _: _grown(few, _make_autospec()),
    }
    samples = take_turns(
        "doubles", sides, folder, repetitions=sizes.repetitions, warm_ups=sizes.warm_ups
    )
    made = {"double": n, "fake": n, "autospec": few}
    taken = {side: tuple(each.wall_s * 1e6 / made[side] for each in samples[side]) for side in made}
    grown = {
        side: tuple(each.values["grown"] / 1e3 for each in samples[f"{side}, memory"])
        for side in ("double", "autospec")
    }
    return Outcome(
        figures=(
            Figure(
                name="doubles",
                what="a call of a generated double",
                unit="us",
                reached=taken["double"],
                required=Requirement(limit=5.0, of="ratio"),
                rival="a plain fake",
                rival_reached=taken["fake"],
                ratio=pairwise(taken["double"], taken["fake"]),
            ),
            Figure(
                name="doubles",
                what="the same call",
                unit="us",
                reached=taken["double"],
                rival="create_autospec",
                rival_reached=taken["autospec"],
                ratio=pairwise(taken["double"], taken["autospec"]),
            ),
            Figure(
                name="doubles",
                what=f"growth over {n:,} calls",
                unit="kB",
                reached=grown["double"],
                required=Requirement(limit=100.0),
                rival=f"create_autospec over {few:,}",
                rival_reached=grown["autospec"],
                ratio=pairwise(grown["double"], grown["autospec"]),
            ),
        ),
        samples=samples,
    )


def _make_double() -> Callable[..., Any]:
    double = double_of(Shop)
    answers(double.price, 3)
    return double.price


def _make_autospec() -> Callable[..., Any]:
    double = mock.create_autospec(Shop, instance=True)
    double.price.return_value = 3
    return double.price


def _timed(calls: int, price: Callable[..., Any]) -> Sample:
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        price("tea", 2)
    taken = Sample(wall_s=time.perf_counter() - start, cpu_s=time.process_time() - cpu)
    _check(calls, price)
    return taken


def _grown(calls: int, price: Callable[..., Any]) -> Sample:
    """Return what is allocated more after all calls than after the first 1,000."""
    first = min(1_000, calls // 2)
    start, cpu = time.perf_counter(), time.process_time()
    before = 0
    tracemalloc.start()
    try:
        for n in range(calls):
            price(f"tea {n}", n)
            if n == first:
                before = tracemalloc.get_traced_memory()[0]
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    _check(calls, price)
    return Sample(
        wall_s=time.perf_counter() - start,
        cpu_s=time.process_time() - cpu,
        values={"grown": float(max(grown, 1))},
    )


def _check(calls: int, price: Callable[..., Any]) -> None:
    if price("tea", 2) != 3:
        raise NotMeasured("a call must have the value 3")
    if hasattr(price, "__holdfast__") and count_calls(price) != calls + 1:
        raise NotMeasured(f"{calls + 1} calls must be counted, got {count_calls(price)}")
