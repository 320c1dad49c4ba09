from __future__ import annotations

import base64
import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.cut import HeadTail
from holdfast.text.diff import diff_values, equal_values
from holdfast.text.redact import Redactor
from holdfast.text.suggest import nearest
from holdfast.text.templates import Resolver, escape, escape_whole, expand, names_in
from holdfast.text.units import format_bytes, format_duration, parse_bytes, parse_duration

braces = st.text(alphabet="{}ab.:é") | st.text()
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)
# The words of the mark itself are left out: 'dact' stands in every '[redacted ...]'.
letters = "GHIJKLMNOPQRSTUVWXYZ0123456789/+ \"\\'é%&\n\U0001f511"
secrets = st.text(alphabet=letters, min_size=8, max_size=30)


@given(braces)
def test_an_escaped_text_expands_to_itself(text: str) -> None:
    assert text == expand(escape(text), Resolver())
    assert names_in(escape(text)) == frozenset()


templates = st.from_regex(r"\{{1,4}(a|env\.B|file:x\.json)\}{1,4}", fullmatch=True)


@given(templates | braces)
def test_an_escaped_value_of_an_expectation_expands_to_itself(text: str) -> None:
    escaped = escape_whole({"a": [text]})
    assert expand(escaped, Resolver(), whole_only=True) == {"a": [text]}
    assert names_in(escaped, whole_only=True) == frozenset()


@given(values)
def test_what_names_nothing_expands_without_a_lookup(value: object) -> None:
    if not names_in(value):
        assert type(expand(value, Resolver())) is type(value)


@given(st.lists(braces), values)
def test_a_value_in_a_template_arrives_unchanged(texts: list[str], saved: object) -> None:
    resolver = Resolver(names={"saved": saved})
    around = [escape(text) for text in texts]

    assert expand([*around, "{saved}"], resolver) == [*texts, saved]


@given(st.lists(st.binary(max_size=30)), st.integers(0, 20), st.integers(0, 20))
def test_head_and_tail_are_those_of_the_whole(chunks: list[bytes], head: int, tail: int) -> None:
    buffer = HeadTail(head_bytes=head, tail_bytes=tail)
    for chunk in chunks:
        buffer.append(chunk)
    whole = b"".join(chunks)

    assert len(whole) == buffer.total_bytes
    assert len(whole) == len(buffer.head) + buffer.cut_bytes + len(buffer.tail)
    assert whole.startswith(buffer.head)
    assert whole.endswith(buffer.tail)
    assert len(buffer.head) == min(head, len(whole))
    if not buffer.cut_bytes:
        assert buffer.text() == whole.decode("utf-8", "replace")


@given(values, values)
def test_there_is_a_diff_exactly_where_values_are_not_equal(one: object, other: object) -> None:
    assert diff_values(one, one) == ""
    assert equal_values(one, other) == (diff_values(one, other) == "")
    assert equal_values(one, other) == equal_values(other, one)


@given(values)
def test_a_value_equals_its_copy_in_json(value: object) -> None:
    assert diff_values(value, json.loads(json.dumps(value))) == ""


@given(st.lists(secrets, min_size=1, max_size=4), st.lists(st.text(alphabet=letters), max_size=5))
def test_no_form_of_a_secret_is_left(found: list[str], around: list[str]) -> None:
    redactor = Redactor({str(at): secret for at, secret in enumerate(found)}, b"key")
    forms = [
        form
        for secret in found
        for form in (
            secret,
            quote(secret, safe=""),
            json.dumps(secret)[1:-1],
            json.dumps(json.dumps(secret)),
            base64.b64encode(secret.encode()).decode(),
        )
    ]
    text = "|".join([*around, *forms, *around])

    clean = redactor.text(text)

    for form in forms:
        assert form.strip('\\"=') not in clean
    assert redactor.text(clean) is clean
    assert redactor.raw(text.encode()) == clean.encode()
    assert redactor.value({text: [text]}) == {clean: [clean]}


@given(secrets, st.binary())
def test_what_is_replaced_is_touched(secret: str, raw: bytes) -> None:
    redactor = Redactor({"S": secret}, b"key")

    assert redactor.touches(raw) or redactor.raw(raw) is raw
    assert redactor.touches(raw + secret.encode() + raw)


@given(st.text(), st.lists(st.text()))
def test_the_nearest_name_is_a_valid_one(name: str, valid: list[str]) -> None:
    found = nearest(name, valid)

    assert found is None or found in valid
    assert name not in valid or len(name) > 100 or found is not None


@given(st.floats(1e-9, 59.0))
def test_a_shown_duration_reads_as_nearly_the_same(seconds: float) -> None:
    assert abs(parse_duration(format_duration(seconds)) - seconds) <= seconds * 0.006


@given(st.integers(0, 2**40))
def test_a_shown_size_reads_as_nearly_the_same(size: int) -> None:
    shown = format_bytes(size).replace(",", "")

    assert abs(parse_bytes(shown) - size) <= size * 0.006 + 1


@given(st.text())
def test_any_text_is_a_duration_or_refused_with_its_value(text: str) -> None:
    message = ""
    try:
        parse_duration(text)
    except ValueError as error:
        message = str(error)

    assert not message or repr(text) in message
