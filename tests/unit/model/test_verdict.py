from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.model.verdict import answer_of
from tests.unit.judge.judging import Opaque


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("returned", "answer"),
    [
        (True, "passed"),
        (False, "failed"),
        (passed("fine"), "passed"),
        (failed("bad"), "failed"),
        (undecided("hm"), "undecided"),
        (Finding(status="error", message="x"), "undecided"),
        (None, "undecided"),
        (1, "undecided"),
        (0, "undecided"),
        ("error text", "undecided"),
        ("", "undecided"),
        ([], "undecided"),
        ((True, "why"), "undecided"),
        (Opaque(), "undecided"),
    ],
)
def test_only_a_verdict_is_a_verdict(returned: Any, answer: str) -> None:
    assert answer_of(returned).answer == answer


@pytest.mark.parametrize(
    ("returned", "named"),
    [
        (None, "None"),
        ("error text", "'error text'"),
        (1, "1"),
        ([1], "an object of type list"),
        (Opaque(), "an object of type Opaque"),
        (Finding(status="great"), "a Finding whose fields are not as they must be"),  # type: ignore[arg-type]
        (Finding(status="passed", message=3), "a Finding whose"),  # type: ignore[arg-type]
        (Finding(status="passed", score="high"), "a Finding whose"),  # type: ignore[arg-type]
        ("x" * 900, "..."),
    ],
)
def test_what_was_answered_instead_is_named(returned: Any, named: str) -> None:
    found = answer_of(returned)
    assert found.answer == "undecided"
    assert named in found.message
    assert len(found.message) < 350


@pytest.mark.parametrize(
    ("error", "answer", "message"),
    [
        (AssertionError("3 < 4"), "failed", "3 < 4"),
        (AssertionError(), "failed", "an assertion without a message did not hold"),
        (ValueError("boom"), "undecided", "the validator raised ValueError: boom"),
        (KeyError(), "undecided", "the validator raised KeyError"),
        (SystemExit(0), "undecided", "the validator raised SystemExit: 0"),
        (Unspeakable(), "undecided", "(its text raised RuntimeError)"),
    ],
)
def test_an_assertion_fails_and_any_other_exception_decides_nothing(
    error: BaseException, answer: str, message: str
) -> None:
    found = answer_of(None, error)
    assert found.answer == answer
    assert message in found.message


def test_a_finding_keeps_what_it_says_as_plain_data() -> None:
    finding = failed("too low", expected={1, 2}, observed=Opaque(), score=1)
    found = answer_of(finding, key="k", duration_s=0.5)
    assert (found.key, found.message, found.duration_s) == ("k", "too low", 0.5)
    assert found.expected == {"$type": "set", "value": [1, 2]}
    assert found.observed["$type"] == "opaque"
    assert found.score == 1.0


def test_long_messages_and_values_are_cut() -> None:
    found = answer_of(failed("m" * 5000, observed=["v" * 9000]))
    assert len(found.message) <= 2000
    assert found.observed["$type"] == "cut"
