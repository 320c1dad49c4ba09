"""Does every value become data that can be written, and plain data itself?"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.codec import decode, encode, encode_json, is_opaque, to_plain
from holdfast.process.channel import Frames, join, pack

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
KEYS = st.text().filter(lambda key: key != "$type")
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
ODD = (
    st.integers() | st.floats() | st.binary() | st.decimals() | st.datetimes() | st.timedeltas() | st.uuids()
    | st.complex_numbers() | st.text(st.characters(categories=["Cs", "L"])) | st.frozensets(st.integers())
)  # fmt: skip
ANY = st.recursive(
    SCALARS | ODD,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.integers() | st.just("$type"), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(PLAIN)
def test_plain_data_comes_back_from_bytes_as_it_was(value: Any) -> None:
    encoded = to_plain(value)
    assert encoded.is_exact
    assert encoded.is_known
    assert decode(encode(encoded.plain), object) == value


@settings(max_examples=120, deadline=None)
@given(ANY)
def test_any_value_can_be_written_and_read(value: Any) -> None:
    encoded = to_plain(value)
    assert decode(encode(encoded.plain), object) == encoded.plain
    json.loads(encode_json(encoded.plain))
    assert is_opaque(encoded.plain) == (not encoded.is_known)


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_what_was_made_plain_once_stays_as_it_is_unless_it_is_tagged(value: Any) -> None:
    first = to_plain(value)
    if first.is_exact:
        assert to_plain(first.plain) == first


@settings(max_examples=100, deadline=None)
@given(ANY, st.integers(0, 200))
def test_what_fits_is_whole_and_what_does_not_is_cut_at_the_top(value: Any, limit: int) -> None:
    small, whole = to_plain(value, max_bytes=limit), to_plain(value)
    if small.plain != whole.plain:
        assert small.plain["$type"] == "cut"
        assert not small.is_known


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(PLAIN, max_size=4), max_size=6), st.data())
def test_any_split_of_the_bytes_gives_the_same_messages(
    batches: list[list[Any]], data: st.DataObject
) -> None:
    encoder = msgspec.msgpack.Encoder()
    stream = b"".join(
        pack(encoder, batch)
        if data.draw(st.booleans())
        else join([encoder.encode(one) for one in batch])
        for batch in batches
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    frames: Frames[Any] = Frames(Any)
    found: list[Any] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += frames.feed(stream[start:end])
    assert found == [message for batch in batches for message in batch]
