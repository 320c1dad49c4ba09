"""Is the line that is named one of those who can do something about it?"""

from __future__ import annotations

import json

import pytest

from holdfast.measure import leak_sites, timers
from holdfast.measure.leak_count import LeakRequest
from holdfast.measure.leak_sites import is_own, lengths, line_of


def test_the_library_and_what_counts_are_not_where_a_leak_is() -> None:
    assert is_own(json.__file__)
    assert is_own("<frozen importlib._bootstrap>")
    assert is_own(timers.__file__)
    assert not is_own(__file__)


def test_what_is_installed_within_the_library_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leak_sites, "_LIBRARY", ("/usr/lib/python3.12",))
    monkeypatch.setattr(leak_sites, "_INSTALLED", ("/usr/lib/python3.12/site-packages",))
    assert is_own("/usr/lib/python3.12/json/decoder.py")
    assert not is_own("/usr/lib/python3.12/site-packages/shop/cart.py")


def test_the_text_of_a_line_is_shown_where_it_can_be_read() -> None:
    assert line_of(f"{__file__}:1").startswith('"""Is the line')
    assert line_of("/nowhere.py:1") == ""
    assert line_of("no line of Python") == ""


@pytest.mark.parametrize(
    ("iterations", "expected"),
    [(1, (1, 1)), (60, (10, 20)), (1200, (200, 400)), (9999, (200, 400))],
)
def test_a_traced_target_is_called_less_often(iterations: int, expected: tuple[int, int]) -> None:
    assert lengths(LeakRequest(folder="", iterations=iterations)) == expected
