from __future__ import annotations

import decimal
from typing import Any

import pytest

from tests.unit.judge.judging import judge, problem, status


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        ([1, 2], 1, "passed"),
        ([1, 2], 2.0, "passed"),
        ([1, 2], 2.1, "failed"),
        ([1, 1], 1, "passed"),
        ({"low": 1, "high": 2, "inclusive": False}, 1, "failed"),
        ({"low": 1, "high": 2, "inclusive": False}, 1.5, "passed"),
        ([0, 1], True, "failed"),
        ([0, 1], "0.5", "failed"),
        ([0, 1], float("nan"), "failed"),
        ([0, 1], decimal.Decimal("0.5"), "passed"),
    ],
)
def test_between_includes_its_bounds_unless_told(raw: Any, value: Any, expected: str) -> None:
    assert status({"between": raw}, value) == expected


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        ({"value": 1, "tolerance": 0.1}, 1.1, "passed"),
        ({"value": 1, "tolerance": 0.1}, 1.1001, "failed"),
        ({"value": 1, "tolerance": 0}, 1, "passed"),
        ({"value": 1, "tolerance": 0}, 1.0000001, "failed"),
        ({"value": -200, "percent": 5}, -210, "passed"),
        ({"value": 200, "percent": "5%"}, 189, "failed"),
        ({"value": 200, "percent": "5"}, 191, "passed"),
        ({"value": 1, "tolerance": 1}, True, "failed"),
        ({"value": 1, "tolerance": 1}, float("nan"), "failed"),
        ({"value": 1, "tolerance": 1}, float("inf"), "failed"),
        pytest.param({"value": 1, "tolerance": 1}, 2**2000, "failed", id="huge"),
    ],
)
def test_close_to_allows_just_its_tolerance(raw: Any, value: Any, expected: str) -> None:
    assert status({"close_to": raw}, value) == expected


def test_the_distance_is_shown() -> None:
    finding = judge({"close_to": {"value": 10, "tolerance": 1}}, 12)
    assert finding.message == "value must be within 1 of 10, got 12, which is 2 away"
    assert judge({"between": [1, 2]}, 3).message == "value must lie between 1 and 2, got 3"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"between": [2, 1]}, ()),
        ({"between": [1]}, ()),
        ({"between": [1, "2"]}, (1,)),
        ({"between": [1, float("inf")]}, (1,)),
        ({"between": {"low": 1}}, ()),
        ({"between": {"low": 1, "high": 1, "inclusive": False}}, ()),
        ({"between": {"low": 1, "high": 2, "inclusive": "no"}}, ("inclusive",)),
        ({"between": {"low": True, "high": 2}}, ("low",)),
        ({"between": 3}, ()),
        ({"close_to": 3}, ()),
        ({"close_to": {"value": 3}}, ()),
        ({"close_to": {"value": 3, "tolerance": 1, "percent": 1}}, ()),
        ({"close_to": {"value": 3, "tolerance": -1}}, ("tolerance",)),
        ({"close_to": {"value": 3, "percent": -1}}, ("percent",)),
        ({"close_to": {"value": 3, "percent": "x"}}, ("percent",)),
        ({"close_to": {"value": 0, "percent": 1}}, ("percent",)),
        ({"close_to": {"value": "3", "percent": 1}}, ("value",)),
    ],
)
def test_bounds_that_mean_nothing_are_refused(raw: Any, path: tuple[Any, ...]) -> None:
    assert problem(raw).path == (next(iter(raw)), *path)
