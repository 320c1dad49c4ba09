"""Which maps are measured? Two families of fourteen: one to tune on, one to report."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from benchmarks.figure import Size
from benchmarks.parallel.work import counted

__all__ = ["FAMILIES", "Items", "Workload"]


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are, and how they are made: a list, or a generator."""

    count: int
    make: Callable[[], Iterable[Any]]


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """A function, by module and name, and its items. `kind` is the same in both families.

    `waits` and `nests` say which points the grid needs besides the usual ones.
    """

    kind: str
    title: str
    func: str
    items: Items
    waits: bool = False
    nests: bool = False


def _even(rounds: int, count: int) -> Items:
    """Return a list of items that take as long as each other."""
    return Items(count=count, make=lambda: [counted(rounds, place) for place in range(count)])


def _generated(rounds: int, count: int) -> Items:
    return Items(count=count, make=lambda: (counted(rounds, place) for place in range(count)))


def _beside_bytes(rounds: int, count: int, size: int) -> Items:
    def make() -> list[tuple[int, bytes]]:
        return [(counted(rounds, place), bytes([place % 251]) * size) for place in range(count)]

    return Items(count=count, make=make)


def _tailed(drawn: Sequence[float], rounds: int) -> Items:
    """Return items that take as long as was drawn, in units of so many rounds."""
    return Items(
        count=len(drawn),
        make=lambda: [counted(int(rounds * each), place) for place, each in enumerate(drawn)],
    )


def _numbers(count: int) -> Items:
    return Items(count=count, make=lambda: list(range(count)))


def _pareto(seed: int, alpha: float, count: int, most: float) -> list[float]:
    draw = random.Random(seed)
    return sorted(min(draw.paretovariate(alpha), most) for _ in range(count))


def _workload(kind: str, what: str, func: str, items: Items, **more: bool) -> Workload:
    module = "matrix" if more.get("nests") else "work"
    func = f"benchmarks.parallel.{module}:{func}"
    title = f"{what} x {items.count:,}"
    return Workload(kind=kind, title=title, func=func, items=items, **more)


def _tuned() -> list[Workload]:
    tail = _pareto(11, 1.1, 200, 80.0)
    return [
        _workload("1.6 us", "1.6 us", "spin", _even(12, 300_000)),
        _workload("14 us", "14 us", "spin", _even(105, 36_000)),
        _workload("1.3 ms", "1.3 ms", "spin", _even(10_000, 400)),
        _workload("60 ms", "60 ms", "spin", _even(460_000, 12)),
        _workload("short", "0.13 ms", "spin", _even(1_000, 90)),
        _workload("heavy last", "Pareto ascending", "spin", _tailed(tail, 5_000)),
        _workload("heavy first", "Pareto descending", "spin", _tailed(tail[::-1], 5_000)),
        _workload("1 MB out", "2.5 ms, 1 MB out", "spread", _even(19_000, 160)),
        _workload("1 MB in", "2.5 ms, 1 MB in", "checksum", _beside_bytes(16_000, 160, 10**6)),
        _workload("frees lock", "SHA-256 of 1 MB", "digest", _even(0, 200)),
        _workload("BLAS", "600 x 600 matrices", "square", _numbers(80), nests=True),
        _workload("generator", "1.3 ms, generated", "spin", _generated(10_000, 400)),
        _workload("sleep", "10 ms of sleep", "rest", _even(10_000, 800), waits=True),
        _workload("lambda", "1.3 ms, lambda", "spin_closure", _even(10_000, 400)),
    ]


def _reported() -> list[Workload]:
    tail = _pareto(23, 1.3, 260, 60.0)
    given = _beside_bytes(20_000, 150, 1_200_000)
    return [
        _workload("1.6 us", "1.6 us", "words", _even(9, 320_000)),
        _workload("14 us", "20 us", "words", _even(150, 26_000)),
        _workload("1.3 ms", "2 ms", "words", _even(15_000, 270)),
        _workload("60 ms", "45 ms", "words", _even(340_000, 18)),
        _workload("short", "0.3 ms", "words", _even(2_250, 40)),
        _workload("heavy last", "Pareto ascending", "words", _tailed(tail, 5_000)),
        _workload("heavy first", "Pareto descending", "words", _tailed(tail[::-1], 5_000)),
        _workload("1 MB out", "4 ms, 0.9 MB out", "spread_words", _even(30_000, 130)),
        _workload("1 MB in", "3 ms, 1.2 MB in", "checksum_words", given),
        _workload("frees lock", "zlib of 154 kB", "compress", _even(0, 400)),
        _workload("BLAS", "450 x 450 matrices, twice", "cube", _numbers(90), nests=True),
        _workload("generator", "1 ms, generated", "words", _generated(7_500, 520)),
        _workload("sleep", "12 ms of sleep", "rest", _even(12_000, 700), waits=True),
        _workload("lambda", "0.9 ms, lambda", "words_closure", _even(6_700, 600)),
    ]


def _tiny() -> list[Workload]:
    """Return one that takes a few milliseconds."""
    return [_workload("lambda", "0.13 ms, lambda", "spin_closure", _even(1_000, 20))]


FAMILIES: dict[Size, list[Workload]] = {
    "report": _reported(),
    "tune": _tuned(),
    "quick": _tiny(),
}
