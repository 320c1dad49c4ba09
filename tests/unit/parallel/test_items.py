from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.items import Items, is_endless


def for_ever() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def until(stop: int) -> Iterator[int]:
    number = 0
    while True:
        if number == stop:
            return
        yield number
        number += 1


def for_ever_by_another() -> Iterator[int]:
    while True:
        yield from range(3)


class Lazy(Sequence[int]):
    """Gives items by position; slices are not for it."""

    def __len__(self) -> int:
        return 5

    def __getitem__(self, at: Any) -> Any:
        if at >= 5:
            raise IndexError(at)
        return at * 10


class Liar:
    """Says another length than it has."""

    def __len__(self) -> int:
        return 5

    def __iter__(self) -> Iterator[int]:
        return iter(range(3))


def one_and_fail() -> Iterator[int]:
    yield 1
    raise KeyError("no more")


def each_and_fail(data: list[int]) -> Iterator[int]:
    for each in data:  # noqa: UP028 - the plain loop is what is looked at
        yield each
    raise KeyError("cut short")


@pytest.mark.parametrize(
    "data",
    [
        itertools.count(),
        itertools.cycle([1]),
        itertools.repeat(1),
        for_ever(),
        (x for x in itertools.count()),
        map(abs, itertools.count()),
        filter(None, itertools.count()),
        zip(itertools.count(), itertools.count(), strict=False),
        zip(itertools.count(), for_ever(), strict=True),
        enumerate(itertools.count(), start=3),
        map(abs, (x for x in itertools.count())),
    ],
)
def test_data_without_an_end_is_known(data: Any) -> None:
    assert is_endless(data)


@pytest.mark.parametrize(
    "data",
    [
        itertools.repeat(1, 3),
        until(3),
        (x for x in [1]),
        [1],
        "abc",
        iter([1]),
        for_ever_by_another(),
        map(abs, [1]),
        filter(None, [1]),
        zip(itertools.count(), [1], strict=False),
        zip(strict=True),
        enumerate([1]),
        one_and_fail(),
        each_and_fail([1]),
    ],
)
def test_data_that_may_end_is_not_called_endless(data: Any) -> None:
    assert not is_endless(data)


@pytest.mark.parametrize(
    "data",
    [
        [1, 2, 3],
        (1, 2, 3),
        range(1, 4),
        {1: "a", 2: "b", 3: "c"},
        deque([1, 2, 3]),
        {1: 0, 2: 0, 3: 0}.keys(),
    ],
)
def test_held_data_is_addressed_by_position(data: Any) -> None:
    items = Items(data)
    assert items.length == 3
    assert list(items.take(2)) == [1, 2]
    assert items.left == 1
    assert list(items.take(5)) == [3]
    assert items.is_spent


def test_a_sequence_of_the_users_is_never_listed() -> None:
    items = Items(Lazy())
    assert items.take(3) == [0, 10, 20]
    assert list(items.rest()) == [30, 40]


def test_rows_of_an_array_are_items() -> None:
    items = Items(np.arange(6).reshape(3, 2))
    assert [row.tolist() for row in items.take(9)] == [[0, 1], [2, 3], [4, 5]]


def test_an_iterator_ends_where_it_gives_less_than_asked() -> None:
    items = Items(iter(range(4)))
    assert items.left is None
    assert items.take(4) == [0, 1, 2, 3]
    assert not items.is_spent
    assert items.take(1) == []
    assert items.left == 0


def test_a_length_that_is_wrong_is_not_believed() -> None:
    items = Items(Liar())
    assert items.length == 5
    assert items.take(5) == [0, 1, 2]
    assert items.is_spent


def test_a_cost_orders_the_items_and_keeps_their_places() -> None:
    items = Items(iter([3, 9, 1]), cost=lambda x: x)
    assert list(items.take(3)) == [9, 3, 1]
    assert [items.index_of(at) for at in range(3)] == [1, 0, 2]


@pytest.mark.parametrize("wrong", ["a", None, float("nan"), [1]])
def test_a_cost_that_is_no_number_is_refused_with_its_item(wrong: Any) -> None:
    with pytest.raises(WrongArgument, match=r"cost must give a number .* for item 6"):
        Items([1, 2], cost=lambda x: wrong if x == 2 else x, first_index=5)


def test_a_cost_that_raises_names_the_item() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        Items([1, 0], cost=lambda x: 1 / x)
    assert caught.value.__notes__ == ["cost of item 1"]


def test_a_listed_iterator_gives_each_item_again() -> None:
    items = Items(iter(range(3)))
    items.list_all()
    items.take(3)
    assert items.between(1, 2) == [1]
