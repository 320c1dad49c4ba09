"""Do values leave a session and enter it as they are, and nothing else with them?"""

from __future__ import annotations

import collections
import contextlib
import datetime
import decimal
import enum
import math
import pathlib
import uuid
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.session.protocol import Opaque
from holdfast.session.values import (
    MAX_BYTES,
    NotPlain,
    decode_value,
    encode_plain,
    encode_value,
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters()),
    st.binary(),
    st.complex_numbers(allow_nan=False),
    st.decimals(allow_nan=False),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.binary().map(bytearray),
)
KEYS = st.one_of(
    st.integers(), st.text(st.characters()), st.none(), st.tuples(st.integers(), st.text())
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(st.integers(), max_size=4),
        st.frozensets(st.text(), max_size=4),
    ),
    max_leaves=8,
)  # fmt: skip


def back(value: Any) -> Any:
    return decode_value(encode_value(value))


def shape(value: Any) -> Any:
    """A value with the types of all its parts."""
    if isinstance(value, dict):
        return dict, [(shape(key), shape(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [shape(item) for item in value]
    return type(value), value


@given(PLAIN)
def test_plain_data_comes_back_as_it_was_with_its_types(value: Any) -> None:
    assert shape(back(value)) == shape(value)
    assert shape(decode_value(encode_plain(value))) == shape(value)


@given(st.binary(max_size=60))
def test_bytes_that_hold_no_value_are_one_kind_of_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode_value(data)


@pytest.mark.parametrize("code", [0, 1, 6, 20, 23, 25, 99])
def test_an_extension_that_holds_something_else_is_an_error(code: int) -> None:
    content = msgspec.msgpack.encode({"no": object.__name__})
    with pytest.raises(ValueError, match="must answer with a value"):
        decode_value(msgspec.msgpack.encode(msgspec.msgpack.Ext(code, content)))


class Colour(enum.Enum):
    RED = "red"


class Named(str):
    __slots__ = ()


Pair = collections.namedtuple("Pair", "a b")  # noqa: PYI024 - untyped ones exist too


class Loud:
    def __repr__(self) -> str:
        raise OSError("no repr today")


class Long:
    def __repr__(self) -> str:
        return "x" * 5_000


class Sneaky(list[int]):
    def __iter__(self) -> Any:
        raise RuntimeError("not to be looked at")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Colour.RED, "red"),
        (Named("n"), "n"),
        (Pair(1, (2,)), (1, (2,))),
        (collections.OrderedDict(a=1), {"a": 1}),
        (type("I", (int,), {})(3), 3),
        (type("F", (float,), {})(1.5), 1.5),
        (type("B", (bytes,), {})(b"b"), b"b"),
        (type("L", (list,), {})([1]), [1]),
        (np.float64(2.5), 2.5),
        (np.int32(4), 4),
        (math.inf, math.inf),
        (pathlib.Path("a/b"), pathlib.PurePosixPath("a/b")),
        (True, True),
    ],
)
def test_instances_of_subclasses_become_what_they_hold(value: Any, expected: Any) -> None:
    assert shape(back(value)) == shape(expected)


def test_not_a_number_comes_back() -> None:
    assert math.isnan(back(math.nan))


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (object, "type", "<class 'object'>"),
        (np.zeros(2), "numpy.ndarray", "array([0., 0.])"),
        (Loud(), f"{__name__}.Loud", f"<{__name__}.Loud whose repr raised OSError>"),
        (Long(), f"{__name__}.Long", "x" * 2_000 + "..."),
        (Opaque("a.B", "<b>"), "a.B", "<b>"),
        ("y" * (MAX_BYTES + 1), "str", "<str of more than 16,000,000 bytes>"),
        (Sneaky(), f"{__name__}.Sneaky", f"<{__name__}.Sneaky which raised RuntimeError when it was looked at>"),
    ],
)  # fmt: skip
def test_what_is_no_plain_data_leaves_its_type_and_repr_alone(
    value: Any, kind: str, shown: str
) -> None:
    assert back(value) == Opaque(kind, shown)
    assert repr(back(value)) == shown


def test_a_value_that_holds_itself_ends() -> None:
    value: list[Any] = []
    value.append(value)
    inner = back(value)
    for _ in range(99):
        (inner,) = inner
    assert inner == [Opaque("list", "[[...]]")] or inner == Opaque("list", "[[...]]")


@pytest.mark.parametrize("value", [object(), [1, {2: len}], {"x": Long()}])
def test_what_enters_must_be_plain_through_and_through(value: Any) -> None:
    with pytest.raises(NotPlain, match="a value must be plain data, got "):
        encode_plain(value)


LEFT = Opaque("app.Model", "<model>")


@pytest.mark.parametrize("value", [LEFT, [1, LEFT], {"x": (LEFT,)}], ids=str)
def test_what_stayed_in_a_session_cannot_be_handed_to_another(value: Any) -> None:
    said = r"got the Opaque of an object of type app\.Model, whose content stayed"
    with pytest.raises(NotPlain, match=said):
        encode_plain(value)


def test_what_enters_has_a_limit_too() -> None:
    with pytest.raises(NotPlain, match="must have at most 16,000,000 bytes"):
        encode_plain("x" * (MAX_BYTES + 1))


def test_dates_keep_their_zone() -> None:
    moment = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
    assert back(moment).tzinfo is not None
    assert back([decimal.Decimal("0.10"), uuid.UUID(int=7)]) == [decimal.Decimal("0.10"), uuid.UUID(int=7)]  # fmt: skip
