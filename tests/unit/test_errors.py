"""How does an error read, and with which code does it end the command line?"""

from __future__ import annotations

import pytest

from holdfast import errors
from holdfast.errors import HoldfastError, Problem, ProblemsError


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UsageError", 2), ("MissingName", 2), ("NothingSelected", 5), ("Interrupted", 130), ("InternalError", 4), ("StoreError", 4),
    ],
)  # fmt: skip
def test_each_kind_has_its_exit_code(name: str, code: int) -> None:
    error = getattr(errors, name)("text")
    assert isinstance(error, HoldfastError)
    assert error.exit_code == code
    assert str(error) == "text"


def test_a_hint_is_a_line_of_its_own() -> None:
    assert str(HoldfastError("text", hint="cure")) == "text\nhint: cure"


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("a.yaml", 3, 5, "bad"), "a.yaml:3:5: bad"),
        (Problem("a.yaml", 3, 0, "bad"), "a.yaml:3: bad"),
        (Problem("a.yaml", 0, 0, "bad"), "a.yaml: bad"),
        (Problem("", 0, 0, "bad"), "bad"),
        (Problem("a.yaml", 3, 5, "bad", "cure"), "a.yaml:3:5: bad\nhint: cure"),
    ],
)
def test_a_problem_says_where_as_far_as_it_is_known(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_problems_are_told_once_each_in_the_order_of_their_places() -> None:
    one, two = Problem("b", 1, 1, "bad"), Problem("a", 9, 1, "bad")
    error = ProblemsError([one, two, one])
    assert str(error) == "a:9:1: bad\nb:1:1: bad\n2 problems in 2 files; nothing was run"
    assert error.exit_code == 2
    assert str(ProblemsError([one])).endswith("1 problem; nothing was run")
