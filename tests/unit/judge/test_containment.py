from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.unit.judge.judging import judge, problem, status


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [
        ("b", "abc", "passed"),
        ("B", "abc", "failed"),
        (1, [2, 1.0], "passed"),
        (1, [True], "failed"),
        ({"a": 1}, [{"a": 1}], "passed"),
        ([1], [[1]], "passed"),
        ("a", {"a": 1}, "passed"),
        (1, {"1": 1}, "failed"),
        ({"a": 1}, {"a": 1, "b": 2}, "passed"),
        ({"a": 2}, {"a": 1, "b": 2}, "failed"),
        ({"c": 2}, {"a": 1}, "failed"),
        (1, "1", "failed"),
        ("2026", datetime.date(2026, 1, 2), "passed"),
        (2, {1, 2}, "passed"),
        ("a", 3, "failed"),
        ("a", None, "failed"),
    ],
)
def test_a_text_has_parts_an_array_members_an_object_keys(
    wanted: Any, value: Any, expected: str
) -> None:
    assert status({"contains": wanted}, value) == expected


def test_a_value_that_contains_nothing_is_named() -> None:
    assert judge({"contains": "a"}, 3).message == (
        "value must contain 'a', got 3, which is of type integer and contains nothing"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("xSTRASSEx", "passed"),
        (["Straße"], "passed"),
        ([1, "x"], "failed"),
        ({"STRASSE": 1}, "passed"),
        (3, "failed"),
    ],
)
def test_icontains_takes_upper_and_lower_case_as_one(value: Any, expected: str) -> None:
    assert status({"icontains": "straße"}, value) == expected


def test_any_and_all_say_what_is_absent() -> None:
    assert status({"contains_any": ["x", "b"]}, "abc") == "passed"
    assert (
        judge({"contains_any": ["x", "y"]}, "abc").message
        == "value must contain one of ['x', 'y'], got 'abc'"
    )
    assert status({"contains_all": ["a", "b"]}, "abc") == "passed"
    assert (
        judge({"contains_all": ["a", "y"]}, "abc").message
        == "value must contain all of ['a', 'y'], but ['y'] is not in 'abc'"
    )


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"contains": ""}, ("contains",)),
        ({"contains": {}}, ("contains",)),
        ({"icontains": 3}, ("icontains",)),
        ({"icontains": ""}, ("icontains",)),
        ({"contains_any": "a"}, ("contains_any",)),
        ({"contains_all": ["a", ""]}, ("contains_all", 1)),
    ],
)
def test_what_would_hold_for_everything_is_refused(raw: Any, path: tuple[Any, ...]) -> None:
    assert problem(raw).path == path
