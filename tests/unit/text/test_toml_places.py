import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.toml_places import places_of_toml

Place = tuple[str | int, ...]

TRICKY = '''\
# [not.a.table]
a = 1 # b = 2
"quoted.key" = "x = ] } # no"
'single' = 'it'
"esc\\"aped\\u00e9" = 1979-05-27 07:32:00
dotted . "k e y" .c = [1, [2, 3], {x = 1, y = {z = "]"}}, ]
multi = """
[fake]
b = "1" \\""" ""still"""""
literal = \'\'\'
[fake]\'\'\'
list = [ # comment ]
  "a",   # b,
  {c = 1},
]

[table]
b=1
  [ table . "sub]table" ]
  b = {}
[[rows]]
id = 1
[[rows.inner]]
id = 2
[[rows.inner]]
id = 3
[[rows]]
id = 4
[rows.extra]
id = 5
'''


def ways(value: Any, way: Place = ()) -> Iterator[Place]:
    if way:
        yield way
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ways(item, (*way, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ways(item, (*way, index))


def text_at(text: str, spot: tuple[int, int]) -> str:
    return text.split("\n")[spot[0] - 1][spot[1] - 1 :]


def test_every_key_of_a_tricky_file_is_found_and_nothing_else() -> None:
    assert set(ways(tomllib.loads(TRICKY))) == places_of_toml(TRICKY).marks.keys()


@pytest.mark.parametrize(
    ("place", "start"),
    [
        (("a",), "a = 1"),
        (("quoted.key",), '"quoted.key" ='),
        (('esc"apedé',), '"esc'),
        (("dotted",), "dotted"),
        (("dotted", "k e y"), '"k e y"'),
        (("dotted", "k e y", "c"), "c = ["),
        (("dotted", "k e y", "c", 1, 0), "2, 3"),
        (("dotted", "k e y", "c", 2, "y", "z"), 'z = "]"'),
        (("list", 1, "c"), "c = 1"),
        (("table", "sub]table"), '"sub]table"'),
        (("table", "sub]table", "b"), "b = {}"),
        (("rows", 0, "inner", 1, "id"), "id = 3"),
        (("rows", 1, "id"), "id = 4"),
        (("rows", 1, "extra", "id"), "id = 5"),
    ],
)
def test_a_place_is_where_the_key_starts(place: Place, start: str) -> None:
    assert text_at(TRICKY, places_of_toml(TRICKY).marks[place]).startswith(start)


def test_an_empty_text_has_no_places() -> None:
    assert places_of_toml("\n# nothing\n").marks == {}


WORDS = st.sampled_from(["a", "b-c", "d_1", '"e.f"', "'g]'", '"h#"', '"=\\n"'])
GAPS = st.sampled_from(["", " ", "\t "])
LINES = st.sampled_from(["", " ", "\n", " # ] }\n\t"])
SCALARS = st.sampled_from(
    ["1", "-2.5e3", "true", "07:32:00", '"x"', "'}'", '"""a\n"b""""', "'''\n[x]'''", '"\\""']
)


@st.composite
def lists(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    parts = [draw(LINES) + item + draw(LINES) for item in draw(st.lists(items, max_size=3))]
    return f"[{','.join(parts)}]"


@st.composite
def tables(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    keys = draw(st.lists(WORDS, unique=True, max_size=3))
    pairs = [f"{draw(GAPS)}{key}{draw(GAPS)}={draw(GAPS)}{draw(items)}" for key in keys]
    return f"{{{','.join(pairs)}{draw(GAPS)}}}"


VALUES = st.recursive(SCALARS, lambda inner: lists(inner) | tables(inner), max_leaves=6)


@given(st.dictionaries(WORDS, VALUES, max_size=4), st.data())
def test_the_places_of_any_text_are_those_of_its_values(
    pairs: dict[str, str], data: st.DataObject
) -> None:
    text = "".join(
        f"{data.draw(LINES)}{key}{data.draw(GAPS)}= {value}{data.draw(GAPS)}\n"
        for key, value in pairs.items()
    )
    found = places_of_toml(text).marks
    assert set(ways(tomllib.loads(text))) == found.keys()
    for place, spot in found.items():
        assert text_at(text, spot)
        if isinstance(place[-1], str):
            key = text_at(text, spot)
            assert key.startswith((place[-1], '"', "'"))


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("a = 1\nb = 2\na = 3\n", [(("a",), (3, 1))]),
        ("[a]\nx = 1\n[b]\n[a]\n", [(("a",), (4, 2))]),
        ("[a]\nx = {y = 1, y = 2}\n", [(("a", "x", "y"), (2, 13))]),
        ("a = 1\n[a]\nb = 2\n", [(("a",), (2, 2))]),
        ('"a" = 1\na = 2\n', [(("a",), (2, 1))]),
        ("[[a]]\nx = 1\n[[a]]\nx = 1\n", []),
    ],
)
def test_repeated_keys_are_told_with_their_place(
    text: str, repeats: list[tuple[Place, tuple[int, int]]]
) -> None:
    assert places_of_toml(text).repeats == repeats


@pytest.mark.parametrize(
    "rest", ["b", "b 2", "= 3", "b = ", "b = [1 2]", "[b", "b = {c = 1 d = 2}", "b.", "[b]]"]
)
def test_what_stands_before_the_end_of_the_toml_is_found(rest: str) -> None:
    assert places_of_toml(f"a = 1\n{rest}").marks["a",] == (1, 1)
