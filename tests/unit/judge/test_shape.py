from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judge.judging import Opaque, judge, problem, status


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (3, "abc", "passed"),
        (2, [1], "failed"),
        ("<= 5", {"a": 1}, "passed"),
        ("> 1", [1], "failed"),
        ({"min": 1}, [1], "passed"),
        ({"min": 2, "max": 3}, [1], "failed"),
        ({"max": 3}, [1, 2, 3, 4], "failed"),
        (1, [Opaque()], "passed"),
        (0, None, "failed"),
        (1, 1, "failed"),
        (2, {3, 4}, "passed"),
    ],
)
def test_length_counts_characters_items_or_keys(raw: Any, value: Any, expected: str) -> None:
    assert status({"length": raw}, value) == expected


def test_a_length_is_told_with_its_unit() -> None:
    assert judge({"length": "<= 1"}, [1, 2]).message == "length was 2 items (expected <= 1)"
    assert judge({"length": {"min": 1, "max": 2}}, "a").message == (
        "length was 1 character (expected from 1 to 2)"
    )


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        ("integer", 1, "passed"),
        ("integer", 1.0, "failed"),
        ("integer", True, "failed"),
        ("number", 1, "passed"),
        ("float", 1.5, "passed"),
        ("bool", True, "passed"),
        ("str", "a", "passed"),
        ("NoneType", None, "passed"),
        ("null", 0, "failed"),
        (["string", "null"], None, "passed"),
        ("list", (1, 2), "passed"),
        ("dict", [Opaque()], "failed"),
        ("object", {"a": Opaque()}, "passed"),
    ],
)
def test_types_have_their_json_names_and_those_of_python(
    raw: Any, value: Any, expected: str
) -> None:
    assert status({"type": raw}, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "failed"),
        ("", "failed"),
        (" \n", "failed"),
        ([], "failed"),
        ({}, "failed"),
        (set(), "failed"),
        (0, "passed"),
        (False, "passed"),
        ("a", "passed"),
        ([None], "passed"),
    ],
)
def test_null_and_what_has_no_content_is_empty(value: Any, expected: str) -> None:
    assert status("not_empty", value) == expected


@pytest.mark.parametrize("raw", [{"length": 1}, {"type": "object"}, "not_empty"])
def test_the_shape_of_an_opaque_value_is_not_known(raw: Any) -> None:
    assert status(raw, Opaque()) == "undecided"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"length": -1}, "length must be a whole number of at least 0, got -1"),
        ({"length": "5"}, "length must be a limit with an operator, got '5'"),
        ({"length": "< 5s"}, "length must have no unit, got '< 5s'"),
        ({"length": "< x"}, "a limit must be"),
        ({"length": "< 0"}, "length must be a limit that means something"),
        ({"length": {}}, "length must have a min or a max"),
        ({"length": {"min": 3, "max": 2}}, "min must not be above max, got 3 and 2"),
        ({"length": {"min": 0}}, "it would hold for every length"),
        ({"length": {"minimum": 0}}, "no such key 'minimum'"),
        ({"length": None}, "length must be a limit"),
        ({"type": "strng"}, "no such type 'strng'; did you mean 'string'?"),
        ({"type": None}, "did you mean 'null' in quotes?"),
        ({"type": []}, "type must be a list of at least one item"),
        ({"not_empty": False}, "not_empty must stand without parameters, got False"),
    ],
)
def test_bad_parameters_are_refused(raw: Any, message: str) -> None:
    assert message in problem(raw).message
