from __future__ import annotations

import pytest

from holdfast.errors import HoldfastError, MissingName
from holdfast.text.templates import Reference, Resolver, escape, expand, names_in, reference_of

FILES = {"a.json": '{"n": 1}', "a.txt": "hello"}
RESOLVER = Resolver(
    names={
        "id": 7,
        "yes": True,
        "none": None,
        "word": "blue",
        "raw": b"\xffab",
        "my-service": "http://x",
        "order": {"items": [{"id": 41}, {"id": 42}], "0": "zero", "kind-of": "k"},
    },
    env={"HOME_URL": "http://home"},
    read_file=FILES.__getitem__,
    parse_file=lambda path: {"parsed": path},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{id}", 7),
        ("{none}", None),
        ("{word}", "blue"),
        ("/items/{id}?w={word}", "/items/7?w=blue"),
        ("is {yes}, {none}", "is true, null"),
        ("<{raw}>", "<\ufffdab>"),
        ("order {order.items}", 'order [{"id": 41}, {"id": 42}]'),
        ("{order.items.0.id}", 41),
        ("{order.items.1.id}!", "42!"),
        ("{order.0}", "zero"),
        ("{order.kind-of}", "k"),
        ("{my-service}/health", "http://x/health"),
        ("{env.HOME_URL}", "http://home"),
        ("{env.HOME_URL}/x", "http://home/x"),
        ("{file:a.txt}", "hello"),
        ("{file:a.json}", {"parsed": "a.json"}),
        ("{file:A.YML}", {"parsed": "A.YML"}),
        ("body={file:a.json}", 'body={"n": 1}'),
    ],
)
def test_a_template_becomes_its_value(text: str, expected: object) -> None:
    observed = expand(text, RESOLVER)

    assert expected == observed
    assert type(expected) is type(observed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no brace",
        "{}",
        "{ id }",
        "{3}",
        "[a-z]{2,3}",
        '{"a": {"b": 1}}',
        '{"a":{"b":{"c":[]}}}',
        "{0id}",
        "{id.}",
        "{.id}",
        "{a:b}",
        "{file:}",
        "{file:a\nb}",
        "}}",
        "{",
        "}",
        "{é}",
    ],
)
def test_other_braces_stay_as_they_are(text: str) -> None:
    assert expand(text, Resolver()) is text
    assert names_in(text) == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{id}}", "{id}"),
        ("{{{id}}}", "{7}"),
        ("{{{{id}}}}", "{{id}}"),
        ("a {{ b }} c", "a { b } c"),
        ('{"a": {"b": {id}}}', '{"a": {"b": 7}}'),
        ('{{"a": {"b": {id}}}}', '{"a": {"b": 7}}'),
        ("{{", "{"),
        ("{{id} {id}", "{id} 7"),
    ],
)
def test_a_doubled_brace_is_a_brace(text: str, expected: str) -> None:
    assert expected == expand(text, RESOLVER)


def test_the_value_of_a_template_is_not_expanded_again() -> None:
    assert expand("<{a}>", Resolver(names={"a": "{b}}"})) == "<{b}}>"


def test_dicts_and_lists_are_expanded_and_keys_are_not() -> None:
    value = {"{id}": ["{id}", {"x": "{word}!"}, 3, None], "same": ["a"]}

    observed = expand(value, RESOLVER)

    assert observed == {"{id}": [7, {"x": "blue!"}, 3, None], "same": ["a"]}
    assert value["{id}"][0] == "{id}"


def test_what_holds_no_template_is_the_same_object() -> None:
    value = {"a": [1, "two", {"three": "{4}"}]}

    assert expand(value, Resolver()) is value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{id}", 7),
        ("{{id}}", "{id}"),
        ("n={id}", "n={id}"),
        ("a{{2}}", "a{{2}}"),
        ("{{x}", "{{x}"),
        ("plain", "plain"),
    ],
)
def test_whole_only_fills_in_a_string_that_is_one_template(text: str, expected: object) -> None:
    assert expand({"equals": text}, RESOLVER, whole_only=True) == {"equals": expected}


def test_names_in_finds_every_reference_once() -> None:
    value = {"a": "{x.y}/{x.y}/{env.KEY}", "b": ["{file: data/a.json }", "{{z}}", 4], "c": "{w}"}

    assert names_in(value) == {
        Reference(kind="name", text="x.y"),
        Reference(kind="env", text="KEY"),
        Reference(kind="file", text="data/a.json"),
        Reference(kind="name", text="w"),
    }
    assert names_in(value, whole_only=True) == {
        Reference(kind="file", text="data/a.json"),
        Reference(kind="name", text="w"),
    }


def test_a_reference_knows_the_name_that_must_be_saved() -> None:
    reference = reference_of("{order.items.0}")

    assert reference is not None
    assert reference.first == "order"
    assert reference_of("x{order}") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{wurd}", "a template must name one of [id, my-service, none, order, raw, ...], got 'wurd'; did you mean 'word'?"),
        ("x{order.itms.0}", "a template must name one of [0, items, kind-of], got 'itms' (in {order.itms.0}); did you mean 'items'?"),
        ("{order.items.2}", "a template must name one of 2 items by number, got '2' (in {order.items.2})"),
        ("{order.items.id}", "a template must name one of 2 items by number, got 'id' (in {order.items.id})"),
        ("{order.items.99999999999999}", "a template must name one of 2 items by number, got '99999999999999' (in {order.items.99999999999999})"),
        ("{id.x}", "a template must name a part of a dict or list, got 'x' of a value of type int (in {id.x})"),
        ("{env.HOME_ULR}", "environment variable 'HOME_ULR' must be set, got nothing; did you mean 'HOME_URL'?"),
        ("{env.A.B}", "environment variable 'A.B' must be set, got nothing"),
    ],
)  # fmt: skip
def test_a_missing_name_is_refused_with_the_nearest_one(text: str, message: str) -> None:
    with pytest.raises(MissingName) as caught:
        expand(text, RESOLVER)

    assert message == str(caught.value)
    assert isinstance(caught.value, HoldfastError)


@pytest.mark.parametrize("text", ["{file:a.txt}", "{file:a.json}"])
def test_a_file_is_refused_where_no_reader_was_given(text: str) -> None:
    with pytest.raises(MissingName, match="must not read a file here"):
        expand(text, Resolver())


@pytest.mark.parametrize("text", ["{name}", "{{", "}}", '{"a": {"b": 1}}', "a}}b{{c}", "{{{"])
def test_escape_is_undone_by_expand(text: str) -> None:
    assert text == expand(escape(text), Resolver())
    assert names_in(escape(text)) == frozenset()
