from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from holdfast.parallel.failure import Failure
from holdfast.parallel.same import compare


@dataclasses.dataclass
class Point:
    x: float
    y: float


class Plain:
    def __init__(self, x: int) -> None:
        self.x = x


class Bare:
    pass


class Rude:
    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        raise ValueError("no truth here")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        ([1, (2, {"a": 3})], [1, (2, {"a": 3})]),
        (math.nan, math.nan),
        ({"a": [math.nan]}, {"a": [math.nan]}),
        (complex(math.nan, 1), complex(math.nan, 1)),
        (Point(1.0, math.nan), Point(1.0, math.nan)),
        (np.array([1.0, math.nan]), np.array([1.0, math.nan])),
        (np.array([Point(1, 2)], dtype=object), np.array([Point(1, 2)], dtype=object)),
        (Plain(1), Plain(1)),
        (Rude(1), Rude(1)),
        (Failure(1, ValueError("a")), Failure(1, ValueError("a"))),
        (ValueError(Plain(1)), ValueError(Plain(1))),
        ({3, 1}, {1, 3}),
    ],
)
def test_what_people_call_the_same_is_equal(one: Any, other: Any) -> None:
    assert compare(one, other) == "equal"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, "1"),
        ([1], [1, 2]),
        ([1], (1,)),
        ({"a": 1}, {"b": 1}),
        (0.1 + 0.2, 0.3),
        (Point(1, 2), Point(1, 3)),
        (np.array([1]), np.array([1.0])),
        (np.array([1]), [1]),
        (np.array([1, 2]), np.array([[1, 2]])),
        (np.array([1.0]), np.array([1.1])),
        (Plain(1), Plain(2)),
        (Plain(1), Bare()),
        (Bare(), Bare()),
        (object(), object()),
        (ValueError("a"), TypeError("a")),
        (ValueError("a"), ValueError("b")),
        (1 + 2j, 1 + 3j),
    ],
)
def test_what_differs_is_different(one: Any, other: Any) -> None:
    assert compare(one, other) == "different"


@pytest.mark.parametrize(
    ("one", "other"),
    [(1.0, 1.05), ([1.0, 2.0], [1.0, 2.1]), (np.array([1.0]), np.array([1.05])), (1j, 1.05j)],
)
def test_a_tolerance_that_was_asked_for_is_told_apart_from_equality(one: Any, other: Any) -> None:
    assert compare(one, other, tolerance=0.1) == "within"
    assert compare(one, other) == "different"


def test_generators_cannot_be_compared() -> None:
    assert compare((x for x in "a"), (x for x in "a")) == "incomparable"


def test_a_value_that_holds_itself_ends_the_comparison() -> None:
    one: list[Any] = [1]
    one.append(one)
    other: list[Any] = [1]
    other.append(other)
    assert compare(one, other) in {"equal", "different"}


@pytest.mark.parametrize("number", [np.float32("nan"), np.datetime64("NaT"), np.complex64("nan")])
def test_the_nan_of_each_numpy_number_is_equal_to_itself(number: Any) -> None:
    again = type(number)(number)
    assert compare([number], [again]) == "equal"
    assert compare(np.float64(1.5), 1.5) == "equal"


def test_a_tolerance_holds_between_a_whole_number_and_a_float() -> None:
    assert compare(1, 1.0 + 1e-12, tolerance=1e-9) == "within"
    assert compare(1, 1.0 + 1e-6, tolerance=1e-9) == "different"
    assert compare(10**400, 1e300, tolerance=1e-9) == "different"
    assert compare(10**400, 10**400, tolerance=1e-9) == "equal"
