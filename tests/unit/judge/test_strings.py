from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judge.judging import judge, problem, status


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        ({"starts_with": "ab"}, "abc", "passed"),
        ({"starts_with": "b"}, "abc", "failed"),
        ({"ends_with": "bc"}, "abc", "passed"),
        ({"ends_with": "b"}, "abc", "failed"),
        ({"starts_with": "a"}, ["a"], "failed"),
        ({"ends_with": "a"}, None, "failed"),
        ({"regex": "b+"}, "abbc", "passed"),
        ({"regex": "^b"}, "abc", "failed"),
        ({"regex": "3"}, 3, "failed"),
        ({"regex": {"pattern": "B", "flags": "i"}}, "abc", "passed"),
        ({"regex": {"pattern": "^c$", "flags": ["multiline", "I"]}}, "b\nC", "passed"),
        ({"regex": {"pattern": "a.c", "flags": "dotall"}}, "a\nc", "passed"),
        ({"regex": {"pattern": "a.c"}}, "a\nc", "failed"),
    ],
)
def test_a_text_is_judged_by_how_it_looks(raw: Any, value: Any, expected: str) -> None:
    assert status(raw, value) == expected


def test_the_end_of_a_long_text_is_shown_where_its_end_was_asked_for() -> None:
    message = judge({"ends_with": "z"}, "a" * 200 + "the end").message
    assert message.endswith("the end'")
    assert len(message) < 200


def test_what_is_no_text_is_named() -> None:
    assert judge({"regex": "a"}, 3).message == "value must be a text, got 3 of type integer"


def test_a_match_says_what_was_found() -> None:
    assert judge({"regex": "b+"}, "abbc").message == "value matches /b+/ at 1: 'bb'"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"regex": "("}, "a regular expression must compile, got '('"),
        ({"regex": 3}, "regex must be an object with pattern, flags, got 3"),
        ({"regex": {"flags": "i"}}, "regex must have a pattern, got none"),
        ({"regex": {"pattern": "a", "flags": "ignorecas"}}, "did you mean 'ignorecase'?"),
        ({"regex": {"pattern": "a", "flags": 3}}, "flags must be a name or a list of names"),
        (
            {"regex": {"pattern": "a", "flag": "i"}},
            "no such key 'flag' in regex; did you mean 'flags'?",
        ),
        ({"starts_with": ""}, "starts_with must not be empty"),
        ({"ends_with": 3}, "ends_with must be a string, got 3"),
    ],
)
def test_bad_parameters_are_refused(raw: Any, message: str) -> None:
    assert message in problem(raw).message
