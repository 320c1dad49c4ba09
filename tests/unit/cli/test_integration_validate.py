"""What is the answer of checks that pass, fail, or cannot be tried?"""

from __future__ import annotations

import pytest

from holdfast.capabilities import CannotEnforce
from holdfast.cli.integration_checks import Check, carry_check
from holdfast.cli.integration_validate import exit_code_of
from holdfast.errors import CannotTell


def passes() -> None:
    return None


def fails() -> None:
    raise AssertionError("must be 1, got 2")


def lacks() -> None:
    raise CannotEnforce("read", "it takes Landlock")


@pytest.mark.parametrize(
    ("checks", "code"),
    [([passes], 0), ([passes, lacks], 3), ([passes, lacks, fails], 1), ([], 3)],
)
def test_the_worst_check_decides(checks: list[object], code: int) -> None:
    outcomes = [carry_check(Check("area", "promise", each)) for each in checks]  # type: ignore[arg-type]
    assert exit_code_of(outcomes) == code


def test_a_broken_promise_says_how() -> None:
    outcome = carry_check(Check("area", "promise", fails))
    assert (outcome.status, outcome.reason) == ("failed", "AssertionError: must be 1, got 2")


def test_what_cannot_be_enforced_says_what_is_missing() -> None:
    outcome = carry_check(Check("area", "promise", lacks))
    assert outcome.status == "undecided"
    assert outcome.reason == "read cannot be enforced here: it takes Landlock"


def test_what_cannot_be_told_is_undecided_with_its_cure() -> None:
    def stale() -> None:
        raise CannotTell("it was verified against 1.0, not against 2.0", hint="verify it again")

    outcome = carry_check(Check("double", "promise", stale))
    assert outcome.status == "undecided"
    assert outcome.reason == "it was verified against 1.0, not against 2.0; verify it again"
