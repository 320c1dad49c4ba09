from __future__ import annotations

from typing import Any

import pytest

from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.source import (
    find_function,
    open_source,
    parse_range,
    read_items,
    read_source,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", range(3)),
        ("2:5", range(2, 5)),
        ("10:0:-2", range(10, 0, -2)),
        ("0:1_000", range(1000)),
        ("-3:3", range(-3, 3)),
    ],
)
def test_a_range_is_read_as_python_writes_it(text: str, expected: range) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize("text", ["", "a:b", "1:2:3:4", "0:9:0", "1.5", "1:"])
def test_what_is_no_range_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(WrongArgument, match="a range must be") as caught:
        parse_range(text)
    assert repr(text) in caught.value.message


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("as_is", range(3)),
        ("list", [0, 1, 2]),
        ("tuple", (0, 1, 2)),
    ],
)
def test_items_come_in_the_container_that_was_asked_for(shape: str, expected: Any) -> None:
    source = read_source({"range": "0:3", "shape": shape})
    assert open_source(source) == expected


def test_a_generator_is_made_anew_each_time() -> None:
    source = read_source({"items": [1, 2], "shape": "generator"})
    first = open_source(source)
    assert iter(first) is first
    assert list(first) == list(open_source(source)) == [1, 2]


def test_items_are_handed_over_as_a_copy() -> None:
    source = read_source({"items": [[1]]})
    taken: Any = open_source(source)
    taken.append(2)
    assert open_source(source) == [[1]]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "exactly one of range, file and items, got 0"),
        ({"range": "0:3", "items": []}, "exactly one of range, file and items, got 2"),
        ({"rnage": "0:3"}, "unknown field `rnage`"),
        ({"range": "x"}, "a range must be"),
        ({"items": 3}, "Expected `array | null`"),
        ("0:3", "data must be"),
    ],
)
def test_a_source_without_meaning_is_refused(raw: Any, words: str) -> None:
    with pytest.raises(WrongArgument) as caught:
        read_source(raw)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("a\nb\n", "auto", ["a", "b"]),
        (' [1, {"a": 2}]', "auto", [1, {"a": 2}]),
        ("[1]\n[2]\n", "lines", ["[1]", "[2]"]),
        ('1\n\n{"a": 2}\n', "jsonl", [1, {"a": 2}]),
        ("[]", "json", []),
        ("", "lines", []),
    ],
)
def test_a_text_holds_lines_a_list_or_json_per_line(text: str, form: str, expected: Any) -> None:
    assert read_items(text, form, "stdin") == expected


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("[1,\n2,\nx]", "json", "stdin:3:1: items must be JSON"),
        ("1\n{\n", "jsonl", "stdin:2:2: items must be JSON"),
        ('{"a": 1}', "json", "stdin must hold a JSON list of items, got dict"),
    ],
)
def test_a_text_that_is_not_what_it_is_said_to_be_is_told_with_its_place(
    text: str, form: str, words: str
) -> None:
    with pytest.raises(WrongArgument) as caught:
        read_items(text, form, "stdin")
    assert caught.value.message.startswith(words)
    assert caught.value.hint


def test_a_function_is_found_by_its_name() -> None:
    assert find_function("builtins:abs") is abs
    assert find_function("builtins:str.upper") is str.upper


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("builtins.abs", "did you mean 'builtins:abs'?"),
        ("abs", "must be 'module:function', got 'abs'"),
        ("builtins:abss", "did you mean 'abs'?"),
        ("no_such_module_here:f", "No module named 'no_such_module_here'"),
        ("math:pi", "math:pi must be callable, got float"),
        ("tests.unit.parallel.broken:f", "must be importable, got ZeroDivisionError"),
    ],
)
def test_a_function_that_is_not_there_is_told_with_the_nearest(ref: str, words: str) -> None:
    with pytest.raises(WrongArgument) as caught:
        find_function(ref)
    assert words in caught.value.message
