from __future__ import annotations

import datetime
import decimal
import pathlib
import uuid
from typing import Any

import pytest

from holdfast.judge.show import brief, brief_text, shown, shown_list
from holdfast.judge.value import kind_of, number_of, open_deep, open_value, same, text_of, unknown
from holdfast.model.codec import to_plain
from tests.unit.judge.judging import Opaque

NAN = float("nan")


def plain(value: Any) -> Any:
    return to_plain(value).plain


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, 0, False),
        ("1", 1, False),
        ([], {}, False),
        (NAN, NAN, True),
        (NAN, 1.0, False),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": None}, {"b": None}, False),
        ([1, 2], [2, 1], False),
        ([1, True], [1, 1], False),
        ({1, 2}, [2, 1], True),
        ({1, 2}, {2, 1}, True),
        ({1, 2}, [1, 1], False),
        ({1}, {"a": 1}, False),
        ({1: "a"}, {"1": "a"}, True),
        ({1: "a", 2: "b"}, {2: "b", 1: "a"}, True),
        ({1: "a", "1": "b"}, {"1": "b"}, False),
        (datetime.date(2026, 1, 2), "2026-01-02", True),
        (decimal.Decimal("1.50"), 1.5, True),
        (decimal.Decimal("0.1000000000000000000001"), 0.1, False),
        (decimal.Decimal("NaN"), NAN, True),
        (2**70, 2**70, True),
        (2**70, 2**70 + 1, False),
        (pathlib.PurePosixPath("/a"), "/a", True),
        (b"abc", "abc", True),
        (b"\xff", "\xff", False),
        (datetime.timedelta(seconds=2), 2, True),
        (Opaque(), Opaque(), False),
    ],
)
def test_values_are_equal_as_json_values_are(left: Any, right: Any, expected: bool) -> None:
    assert same(plain(left), plain(right)) is expected
    assert same(plain(right), plain(left)) is expected


def test_a_user_object_with_a_type_key_is_no_tag() -> None:
    assert same(plain({"$type": "opaque"}), plain({"$type": "opaque"}))
    assert unknown(plain({"$type": "opaque"})) == ""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "boolean"),
        (2**70, "integer"),
        (1.0, "number"),
        (NAN, "number"),
        (uuid.UUID(int=1), "string"),
        ({1, 2}, "array"),
        ({1: 2}, "object"),
    ],
)
def test_each_value_has_a_json_type(value: Any, kind: str) -> None:
    assert kind_of(plain(value)) == kind


def test_values_are_opened_to_what_json_would_say() -> None:
    value = plain({"when": datetime.time(1, 2), "ids": {3}, "n": [decimal.Decimal("0.5")]})
    assert open_deep(value) == {"when": "01:02:00", "ids": [3], "n": [0.5]}
    assert open_value(plain(decimal.Decimal("sNaN"))) == "sNaN"


def test_numbers_and_texts_are_told_apart() -> None:
    assert number_of(True) is None
    assert number_of("1") is None
    assert number_of(plain(decimal.Decimal("1.5"))) == 1.5
    assert text_of(1) is None
    assert text_of(plain(datetime.date(2026, 1, 2))) == "2026-01-02"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (2**70, str(2**70)),
        ("a", "'a'"),
        ("a" * 100, f"{'a' * 80!r}... (100 characters)"),
        ([], "[]"),
        ({}, "{}"),
        ([1, "b"], '[1,"b"]'),
        ({"a": {"b": [1]}}, '{"a":{"b":[1]}}'),
        (list(range(9)), "an array of 9 items"),
        (["a" * 100], "an array of 1 item"),
        (["a" * 70, "b" * 70], "an array of 2 items"),
        ({"a": list(range(9))}, "an object with 1 key"),
        ({str(n): n for n in range(1000)}, "an object with 1,000 keys"),
        (Opaque(), "value not kept: opaque tests.unit.judge.judging.Opaque"),
        (2**400, f"{str(2**400)[:80]}..."),
    ],
)
def test_a_value_is_shown_shortly(value: Any, text: str) -> None:
    assert shown(plain(value)) == text


def test_a_list_of_values_is_cut_at_five() -> None:
    assert shown_list([1, 2]) == "[1, 2]"
    assert shown_list(list(range(7))) == "[0, 1, 2, 3, 4, ... (7 in all)]"


def test_what_a_finding_keeps_is_cut_to_a_readable_size_and_says_so() -> None:
    assert brief([1]) == [1]
    assert brief("a" * 2000) == "a" * 2000
    for value in ("a" * 2001, ["a" * 3000]):
        cut = brief(value)
        assert len(cut) <= 2000
        assert "cut;" in cut
    assert brief_text("short") == "short"


def test_a_value_that_was_cut_says_how_much() -> None:
    cut = to_plain(["a" * 100], max_bytes=50).plain
    assert unknown(cut) == "value not kept whole: list of more than 50 bytes"
