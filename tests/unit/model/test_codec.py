"""What becomes of any value?"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import itertools
import math
import pathlib
import uuid
from collections import OrderedDict
from typing import Any, NamedTuple
from unittest.mock import Mock

import msgspec
import numpy as np
import pytest

from holdfast.model.codec import decode, encode, encode_json, is_opaque, to_plain


def tag(name: str, value: Any) -> dict[str, Any]:
    return {"$type": name, "value": value}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -(2**63),
        2**64 - 1,
        0.5,
        "",
        "text",
        [],
        [1, [None]],
        {},
        {"a": {"b": [1.5]}},
    ],
)
def test_plain_data_is_itself_and_may_be_assessed_again(value: Any) -> None:
    encoded = to_plain(value)
    assert encoded.plain == value
    assert type(encoded.plain) is type(value)
    assert encoded.is_exact
    assert encoded.is_known


class Colour(enum.Enum):
    RED = "red"


class Point(NamedTuple):
    x: int


class Words(str):
    __slots__ = ()


@dataclasses.dataclass
class Box:
    size: int
    inner: Any = None


class Record(msgspec.Struct):
    name: str


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC), tag("datetime", "2026-01-31T12:00:00+00:00")),
        (datetime.date(2026, 1, 31), tag("date", "2026-01-31")),
        (datetime.time(12, 30), tag("time", "12:30:00")),
        (datetime.timedelta(milliseconds=1500), tag("timedelta", 1.5)),
        (decimal.Decimal("1.10"), tag("decimal", "1.10")),
        (uuid.UUID(int=0), tag("uuid", "00000000-0000-0000-0000-000000000000")),
        (pathlib.PurePosixPath("a/b"), tag("path", "a/b")),
        (b"ab", tag("bytes", "YWI=")),
        (bytearray(b"ab"), tag("bytes", "YWI=")),
        (memoryview(b"ab"), tag("bytes", "YWI=")),
        ({3, 1}, tag("set", [1, 3])),
        (frozenset("a"), tag("set", ["a"])),
        (2**64, tag("int", str(2**64))),
        (-(2**63) - 1, tag("int", str(-(2**63) - 1))),
        (1 << 20_000, tag("int", hex(1 << 20_000))),
        (math.inf, tag("float", "inf")),
        (math.nan, tag("float", "nan")),
        ({1: "a"}, tag("map", [[1, "a"]])),
        ({"$type": "cut"}, tag("map", [["$type", "cut"]])),
        ((1, 2), [1, 2]),
        (Colour.RED, "red"),
        (Point(1), [1]),
        (Words("w"), "w"),
        (OrderedDict(a=1), {"a": 1}),
        (Box(1, Box(2)), {"size": 1, "inner": {"size": 2, "inner": None}}),
        (Record("n"), {"name": "n"}),
        (np.float64(1.5), 1.5),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (np.array([[1, 2]], dtype="int32"), {"$type": "ndarray", "dtype": "int32", "shape": [1, 2], "value": [[1, 2]]}),
        ("\ud800x", "\\ud800x"),
        ({"\ud800": 1}, {"\\ud800": 1}),
        (pathlib.PurePosixPath("\udcff"), tag("path", "\\udcff")),
    ],
    ids=map(str, itertools.count()),  # not every value here can be shown
)  # fmt: skip
def test_what_json_cannot_say_is_tagged_or_reduced_and_not_exact(value: Any, plain: Any) -> None:
    encoded = to_plain(value)
    assert encoded.plain == plain
    assert encoded.is_known
    assert not encoded.is_exact
    assert decode(encode(plain), object) == plain


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError


class Surrogate:
    def __repr__(self) -> str:
        return "\ud800"


class Lying:
    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError


class BrokenStruct(msgspec.Struct):
    field: int

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (object, "<class 'object'>"),
        (Broken(), "<tests.unit.model.test_codec.Broken whose repr raised RuntimeError>"),
        (Surrogate(), "\\ud800"),
        (1j, "1j"),
        (np.array([object()], dtype=object), None),
        (Lying(), None),
        (Mock(spec=dict), None),
        (BrokenStruct(1), None),
    ],
    ids=map(str, itertools.count()),  # not every value here can be shown
)
def test_what_is_not_known_is_opaque(value: Any, shown: str | None) -> None:
    encoded = to_plain(value)
    assert encoded.plain["$type"] == "opaque"
    assert shown is None or encoded.plain["repr"] == shown
    assert not encoded.is_known
    assert not encoded.is_exact
    encode(encoded.plain)
    encode_json(encoded.plain)


def test_a_long_repr_is_cut() -> None:
    class Long:
        def __repr__(self) -> str:
            return "x" * 5_000

    assert to_plain(Long()).plain["repr"] == "x" * 2_000 + "..."


def test_one_opaque_part_makes_the_whole_unknown() -> None:
    encoded = to_plain({"a": [1, {"b": Broken()}]})
    assert not encoded.is_known
    assert is_opaque(encoded.plain)
    assert not is_opaque({"a": [1, {"b": {"$type": "int", "value": "1"}}]})


@pytest.mark.parametrize(
    ("value", "head"),
    [
        ("x" * 101, "x" * 101),
        ("\ud800" * 300, "\\ud800" * 200),
        (["x" * 50] * 3, "<list too large to show>"),
        (b"x" * 100, "<bytes too large to show>"),
        (np.zeros(100), "<numpy.ndarray too large to show>"),
        ([[]] * 200, "<list too large to show>"),
    ],
)
def test_what_is_larger_than_the_limit_is_cut_and_says_so(value: Any, head: str) -> None:
    encoded = to_plain(value, max_bytes=100)
    assert encoded.plain["$type"] == "cut"
    assert encoded.plain["head"] == head
    assert not encoded.is_known
    assert is_opaque(encoded.plain)
    encode(encoded.plain)


def test_the_limit_itself_is_not_cut() -> None:
    assert to_plain("x" * 100, max_bytes=100).plain == "x" * 100


def test_a_value_that_contains_itself_ends_at_the_depth_limit() -> None:
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    encoded = to_plain(cyclic)
    assert not encoded.is_known
    encode(encoded.plain)


def test_few_lists_that_share_one_another_many_times_are_cut_before_they_are_copied() -> None:
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]
    assert to_plain(value, max_bytes=1_000).plain["$type"] == "cut"


def test_depth_is_kept_up_to_a_hundred() -> None:
    value: Any = 1
    for _ in range(99):
        value = [value]
    assert to_plain(value).is_exact
    for _ in range(9):
        value = [value]
    assert not to_plain(value).is_known


def test_keys_that_are_not_known_are_ignored_in_stored_records() -> None:
    assert decode(encode({"name": "n", "later": 1}), Record).name == "n"
    with pytest.raises(msgspec.ValidationError):
        decode(encode({"name": 1}), Record)
