from __future__ import annotations

import pytest

from holdfast.text.suggest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("timout", "timeout"),
        ("TIMEOUT", "timeout"),
        ("fail-fast", "fail_fast"),
        ("timeout", "timeout"),
        ("retry", "retries"),
        ("zzz", None),
        ("", None),
        ("timeout" * 20, None),
    ],
)
def test_the_nearest_name_is_found(name: str, expected: str | None) -> None:
    assert expected == nearest(name, ["retries", "timeout", "fail_fast", "expect"])


def test_the_answer_does_not_depend_on_the_order() -> None:
    assert nearest("cat", ["bat", "hat"]) == nearest("cat", ["hat", "bat"])


def test_the_end_of_the_message_names_it_or_is_empty() -> None:
    assert did_you_mean("timout", {"timeout": 1}) == "; did you mean 'timeout'?"
    assert did_you_mean("zzz", ["timeout"]) == ""
    assert did_you_mean("zzz", []) == ""
