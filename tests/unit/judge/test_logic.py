from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judge.judging import judge, problem, status

YES, NO, MAYBE = {"equals": 1}, {"equals": 2}, {"duration": "< 1s"}


@pytest.mark.parametrize(
    ("parts", "all_of", "any_of"),
    [
        ([YES, YES], "passed", "passed"),
        ([YES, NO], "failed", "passed"),
        ([NO, NO], "failed", "failed"),
        ([YES, MAYBE], "undecided", "passed"),
        ([NO, MAYBE], "failed", "undecided"),
        ([MAYBE, MAYBE], "undecided", "undecided"),
    ],
)
def test_all_of_and_any_of_follow_kleene(parts: list[Any], all_of: str, any_of: str) -> None:
    assert status({"all_of": parts}, 1) == all_of
    assert status({"any_of": parts[::-1]}, 1) == any_of


@pytest.mark.parametrize(
    ("part", "expected"), [(YES, "failed"), (NO, "passed"), (MAYBE, "undecided")]
)
def test_not_turns_what_is_decided_and_leaves_the_rest(part: Any, expected: str) -> None:
    assert status({"not": part}, 1) == expected


def test_messages_name_what_decided() -> None:
    assert judge({"any_of": [NO, {"equals": 3}]}, 1).message == (
        "0 of 2 held; failed: equals: value must equal 2, got 1; equals: value must equal 3, got 1"
    )
    assert judge({"any_of": [NO, YES]}, 1).message == "1 of 2 held; passed: equals: value is 1"
    assert judge({"all_of": [YES, YES]}, 1).message == "2 of 2 held"
    many = judge({"any_of": [{"equals": n} for n in range(10, 17)]}, 1).message
    assert many.endswith("; and 2 more")
    negated = judge({"not": YES}, 1)
    assert (negated.expectation, negated.message) == (
        "not equals",
        "must not hold, but does: equals: value is 1",
    )


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"all_of": []}, ()),
        ({"any_of": {"equals": 1}}, ()),
        ({"any_of": [YES, {"equal": 1}]}, (1, "equal")),
        ({"not": None}, ()),
        ({"not": "completes"}, ()),
        ({"not": [YES]}, ()),
    ],
)
def test_bad_parameters_are_refused(raw: Any, path: tuple[Any, ...]) -> None:
    assert problem(raw).path == (next(iter(raw)), *path)
