"""Is every difference between plain data and a form told, with its way?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest

from holdfast.cases.document import Fault
from holdfast.cases.validate import convert, explain, shown


class Inner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    size: int
    ratio: float = 0.5


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    mode: Literal["a", "b"] = "a"
    either: int | Inner | None = None
    inner: Inner | None = None
    many: list[Inner] = []
    pair: tuple[str, str] | None = None
    table: dict[str, int] = {}
    words: str | list[str] = ""
    positive: Annotated[int, msgspec.Meta(gt=0)] = 1
    anything: Any = None

    def __post_init__(self) -> None:
        if self.name == "never":
            raise ValueError("'name' must not be 'never'")


FAULTS: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
    ({"nmae": 1}, ("nmae",), "no such key 'nmae'; did you mean 'name'?"),
    ({"name": True}, ("name",), "'name' must be a string, got true"),
    ({"name": None}, ("name",), "'name' must be a string, got null"),
    ({"mode": "c"}, ("mode",), "'mode' must be one of a, b, got 'c'"),
    ({"mode": "A"}, ("mode",), "'mode' must be one of a, b, got 'A'; did you mean 'a'?"),
    ({"mode": 3}, ("mode",), "'mode' must be one of a, b, got 3"),
    ({"either": "x"}, ("either",), "'either' must be a whole number or an object, got 'x'"),
    ({"either": {"size": "x"}}, ("either", "size"), "'size' must be a whole number, got 'x'"),
    ({"inner": []}, ("inner",), "'inner' must be an object, got []"),
    ({"inner": {}}, ("inner",), "'inner' must have the key 'size'"),
    ({"inner": {"size": 1, "ratio": "x"}}, ("inner", "ratio"), "'ratio' must be a number, got 'x'"),
    ({"many": [{"size": 1}, {"sze": 1, "size": 1}]}, ("many", 1, "sze"), "no such key 'sze'; did you mean 'size'?"),
    ({"many": [3]}, ("many", 0), "an item of 'many' must be an object, got 3"),
    ({"pair": ["a"]}, ("pair",), "'pair' must have 2 items, got 1"),
    ({"pair": ["a", 3]}, ("pair", 1), "an item of 'pair' must be a string, got 3"),
    ({"table": {"x": "y"}}, ("table", "x"), "'x' must be a whole number, got 'y'"),
    ({"table": []}, ("table",), "'table' must be an object, got []"),
    ({"words": [1]}, ("words", 0), "an item of 'words' must be a string, got 1"),
    ({"words": 1}, ("words",), "'words' must be a string or a list, got 1"),
    ({"positive": 0}, ("positive",), "expected `int` >= 1"),
    ({"name": "never"}, (), "'name' must not be 'never'"),
    ({"zzz": 1}, ("zzz",), "no such key 'zzz'"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "place", "message"), FAULTS)
def test_a_difference_is_told_with_its_way(
    raw: dict[str, Any], place: tuple[str | int, ...], message: str
) -> None:
    faults: list[Fault] = []
    convert(raw, Form, ("cases", 0), faults)
    assert [(fault.place, fault.message) for fault in faults] == [(("cases", 0, *place), message)]


def test_what_fits_is_converted_without_a_word() -> None:
    faults: list[Fault] = []
    raw = {"name": "n", "either": {"size": 3}, "pair": ["a", "b"], "anything": [1], "words": ["x"]}
    form = convert(raw, Form, (), faults)
    assert form == Form(name="n", either=Inner(size=3), pair=("a", "b"), anything=[1], words=["x"])
    assert faults == []


def test_what_is_left_of_faulty_data_is_still_converted() -> None:
    faults: list[Fault] = []
    form = convert({"nmae": 1, "mode": "c", "table": {"x": 3}}, Form, (), faults)
    assert form == Form(table={"x": 3})
    assert len(faults) == 2


@pytest.mark.parametrize("raw", [3, {"name": "never"}])
def test_nothing_is_left_of_what_is_no_object_or_refused_whole(raw: Any) -> None:
    faults: list[Fault] = []
    assert convert(raw, Form, (), faults) is None
    assert len(faults) == 1


def test_a_template_may_stand_for_any_value() -> None:
    raw = {"inner": "{x}", "positive": "{n.m}", "table": {"x": "{y}"}, "many": ["{z}"]}
    assert list(explain(raw, Form, templates=True)) == []
    assert len(list(explain(raw, Form))) == 4


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        ({"name": 1.5}, 'write it in quotes: "1.5"'),
        ({"name": True}, 'write it in quotes: "true"'),
        ({"many": "x"}, "write a list: [x]"),
        (
            {"zzz": 1},
            "known: anything, either, inner, many, mode, name, pair, positive, table, words",
        ),
    ],
)
def test_a_cure_is_offered_where_there_is_one(raw: dict[str, Any], hint: str) -> None:
    faults: list[Fault] = []
    convert(raw, Form, (), faults)
    assert faults[0].hint == hint


def test_a_long_value_is_cut_in_messages() -> None:
    assert shown("x" * 100) == f"'{'x' * 56}..."
    assert shown({"a": [1, None]}) == '{"a": [1, null]}'
