"""How are matrices read and filled in?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.cases.document import Fault
from holdfast.cases.foreach import fill, read_matrix, variants


def faults_of(authored: Any, rows: Any = None) -> list[str]:
    faults: list[Fault] = []
    read_matrix(authored, ("foreach",), faults, read_rows=lambda _: rows)
    return [fault.message for fault in faults]


@pytest.mark.parametrize(
    ("authored", "rows", "message"),
    [
        ({}, None, "'foreach' must be an object with a list for each name, got {}"),
        ([1], None, "'foreach' must be an object with a list for each name, got [1]"),
        ({"n": 3}, None, "'n' must be a list of values, got 3"),
        ({"n": "abc"}, None, "'n' must be a list of values, got 'abc'"),
        ({"n": []}, None, "'n' must have at least one value, got an empty list: it would make no case"),
        ({"n": [1, {"a": 1}, {"a": 1}]}, None, "the values of 'n' must differ, got {\"a\": 1} twice"),
        ({"a b": [1]}, None, "a name of 'foreach' must be letters, digits, '_' and '-', got 'a b'"),
        ({"env": [1]}, None, "a name of 'foreach' must be letters, digits, '_' and '-', got 'env'"),
        ({"file": "x"}, "it is not there", "it is not there"),
        ({"file": "x"}, [3], "every row of the file must be an object, got 3"),
        ({"file": "x"}, [{"a b": 1}], "a name of 'foreach' must be letters, digits, '_' and '-', got 'a b'"),
        ({"file": "x"}, {"a": 1}, "'file' must be a list of values, got {\"a\": 1}"),
        (
            {"a": list(range(400)), "b": list(range(400))},
            None,
            "'foreach' must make at most 100,000 cases, got 160,000",
        ),
    ],
)  # fmt: skip
def test_a_bad_matrix_is_refused(authored: Any, rows: Any, message: str) -> None:
    assert faults_of(authored, rows) == [message]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{n}", 1),
        ("a{n}b", "a1b"),
        ("{row.size}", 7),
        ("{row.list.1}", "y"),
        ("x{row.list}", 'x["x", "y"]'),
        ("{row.nope}", "{row.nope}"),
        ("x{row.list.5}", "x{row.list.5}"),
        ("{other}", "{other}"),
        ("{{n}}", "{{n}}"),
        ("{{{n}}}", "{{1}}"),
        ("{n", "{n"),
        ("{env.n}", "{env.n}"),
        ("{file:n}", "{file:n}"),
    ],
)
def test_only_names_of_the_matrix_are_filled_in(text: str, expected: Any) -> None:
    values = {"n": 1, "row": {"size": 7, "list": ["x", "y"]}}
    assert fill({"k": [text]}, values) == {"k": [expected]}


def test_the_last_name_changes_fastest() -> None:
    faults: list[Fault] = []
    axes = read_matrix({"a": [1, 2], "b": ["x", None]}, (), faults, read_rows=lambda _: [])
    found = [variant.suffix for variant in variants({"id": "c"}, axes)]
    assert found == ["[a=1,b=x]", "[a=1,b=null]", "[a=2,b=x]", "[a=2,b=null]"]


def test_a_value_that_is_no_short_line_is_named_by_its_number() -> None:
    faults: list[Fault] = []
    axes = read_matrix({"t": ["a\nb", "y" * 61, "z"]}, (), faults, read_rows=lambda _: [])
    assert [each.suffix for each in variants({}, axes)] == ["[t=#0]", "[t=#1]", "[t=z]"]
