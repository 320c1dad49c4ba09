from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.unit.judge.judging import Opaque, judge, problem, status

ORDER = {
    "id": 7,
    "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}],
    "note": None,
    "on": datetime.date(2026, 1, 2),
}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("$.id", "passed"),
        ("$.note", "passed"),
        ("$.missing", "failed"),
        ({"path": "$.id", "equals": 7}, "passed"),
        ({"path": "$.id", "equals": 8}, "failed"),
        ({"path": "$.note", "equals": None}, "passed"),
        ({"path": "$.items[0].sku", "regex": "^a$", "length": 1}, "passed"),
        ({"path": "$.items[0].sku", "regex": "^a$", "length": 2}, "failed"),
        ({"path": "$.items[-1].n", "between": [2, 2]}, "passed"),
        ({"path": "$.items[*].n", "equals": [1, 2]}, "passed"),
        ({"path": "$.items[?@.n > 1].sku", "equals": ["b"]}, "passed"),
        ({"path": "$.items[?@.n > 9].sku", "not": {"contains": "a"}}, "failed"),
        ({"path": "$.on", "starts_with": "2026"}, "passed"),
        ({"path": "$.items[0]", "json_path": {"path": "$.n", "equals": 1}}, "passed"),
        ({"path": "$", "type": "object"}, "passed"),
        ({"path": "$.id", "any_of": [{"equals": 1}, {"equals": 7}]}, "passed"),
    ],
)
def test_a_path_leads_to_what_is_judged(raw: Any, expected: str) -> None:
    assert status({"json_path": raw}, ORDER) == expected


def test_a_finding_names_its_path() -> None:
    finding = judge({"json_path": {"path": "$.id", "equals": 8}}, ORDER)
    assert finding.expectation == "json_path $.id"
    assert finding.message == "at $.id: value must equal 8, got 7"
    assert (finding.expected, finding.observed) == (8, 7)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("$.item", "no 'item' at $; did you mean 'items'? (keys: id, items, note, on)"),
        ("$.items[7].sku", "no item 7 at $.items, which has 2 items"),
        ("$.items[0].skv", "no 'skv' at $.items[0]; did you mean 'sku'? (keys: n, sku)"),
        ("$.id.x", "no 'x' at $.id, which is 7 of type integer"),
        ("$.items.sku", "no 'sku' at $.items, which has 2 items"),
        ("$[0]", "no item 0 at $; "),
        ("$.items[?@.n > 9]", "nothing at $.items[?@.n > 9] in an object with 4 keys"),
    ],
)
def test_a_path_without_a_match_tells_what_is_there(path: str, message: str) -> None:
    finding = judge({"json_path": path}, ORDER)
    assert finding.status == "failed"
    assert finding.message.startswith(message.removesuffix("; "))


def test_the_keys_of_a_large_object_are_cut_at_five() -> None:
    value = {f"k{n}": n for n in range(9)}
    assert "(keys: k0, k1, k2, k3, k4, ...)" in judge({"json_path": "$.zzz"}, value).message
    assert "(keys: none)" in judge({"json_path": "$.zzz"}, {}).message
    assert "which has no items" in judge({"json_path": "$[0]"}, []).message


def test_a_text_is_read_as_json_first() -> None:
    assert status({"json_path": {"path": "$.a", "equals": 1}}, '{"a": 1}') == "passed"
    assert judge({"json_path": "$.a"}, "oops").message.startswith("value is no JSON: ")
    assert status({"json_path": {"path": "$", "equals": "x"}}, '"x"') == "passed"
    assert status({"json_path": "$[*]"}, '"x"') == "failed"


def test_what_is_beside_an_opaque_part_is_still_judged() -> None:
    value = {"known": 1, "lost": Opaque()}
    assert status({"json_path": {"path": "$.known", "equals": 1}}, value) == "passed"
    assert status({"json_path": {"path": "$.lost", "equals": 1}}, value) == "undecided"
    assert status({"json_path": "$.lost.deeper"}, value) == "undecided"
    assert status({"json_path": "$.other"}, value) == "failed"
    assert status({"json_path": "$[?@.x]"}, value) == "undecided"
    assert status({"json_path": "$.known"}, Opaque()) == "undecided"
    assert (
        status({"field_present": {"field": "lost.deeper", "present": False}}, value) == "undecided"
    )


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ("a.b", (), "got 'a.b': expected 'TOKEN_ROOT', found 'TOKEN_NAME' at character 1"),
        ("$.", (), "expected a shorthand selector at its end"),
        ("", (), "a JSONPath must not be empty"),
        ({"path": "$[?nope(@)]"}, ("path",), "function 'nope' is not defined"),
        ({"equals": 1}, (), "json_path must have a path"),
        (None, (), "json_path must have a path, got None"),
        ({"path": "$.a", "equal": 1}, ("equal",), "did you mean 'equals'?"),
        ({"path": "$.a", "python": "a:b"}, ("python",), "python must not stand inside json_path"),
        ({"path": "$.a", "not": {"python": "a:b"}}, ("not",), "python must not stand inside"),
        ({"path": "$.a", "status": 200}, ("status",), "status must not stand inside json_path"),
        ({"path": "$.a", "completes": None}, ("completes",), "completes must not stand inside"),
    ],
)
def test_bad_paths_are_refused(raw: Any, path: tuple[str, ...], message: str) -> None:
    error = problem({"json_path": raw})
    assert message in error.message
    assert error.path == ("json_path", *path)


def test_a_dotted_name_gets_a_path_as_its_cure() -> None:
    assert problem({"json_path": "a.b"}).hint == "for example '$.a.b'"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("items.1.sku", "passed"),
        ("items.2.sku", "failed"),
        ("items.x", "failed"),
        ("$.items[0].n", "passed"),
        ("note", "passed"),
        ({"field": "id", "equals": 7}, "passed"),
        ({"field": "id", "equals": "7"}, "failed"),
        ({"field": "note", "equals": None}, "passed"),
        ({"field": "nope", "present": False}, "passed"),
        ({"field": "note", "present": False}, "failed"),
        ({"field": "id", "present": True}, "passed"),
    ],
)
def test_a_field_is_present_or_absent(raw: Any, expected: str) -> None:
    assert status({"field_present": raw}, ORDER) == expected


def test_a_field_finding_names_the_field_and_what_was_there() -> None:
    finding = judge({"field_present": {"field": "id", "equals": 8}}, ORDER)
    assert finding.expectation == "field_present id"
    assert finding.message == "field 'id' must equal 8, got 7"
    absent = judge({"field_present": {"field": "id", "present": False}}, ORDER)
    assert absent.message == "field 'id' must be absent, got 7"
    missing = judge({"field_present": "idd"}, ORDER).message
    assert missing.startswith("field 'idd' must be present: no 'idd' at $; did you mean 'id'?")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"present": True}, "field_present must have a field"),
        ({"field": "a..b"}, "field must not have an empty part"),
        ({"field": "a", "present": False, "equals": 1}, "must not have a value"),
        ({"field": "a", "present": "no"}, "present must be true or false"),
        ({"field": "$["}, "a JSONPath must follow RFC 9535"),
        (3, "field_present must be an object"),
    ],
)
def test_bad_fields_are_refused(raw: Any, message: str) -> None:
    assert message in problem({"field_present": raw}).message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"a": 1}', "passed"),
        ("3", "passed"),
        ("{'a': 1}", "failed"),
        ("NaN", "failed"),
        ("", "failed"),
        ({"a": 1}, "passed"),
        (4, "passed"),
    ],
)
def test_json_is_what_rfc_8259_says(value: Any, expected: str) -> None:
    assert status("is_json", value) == expected


def test_is_json_takes_no_parameters() -> None:
    assert (
        problem({"is_json": {"type": "object"}}).hint
        == "write `is_json`; for a schema, `json_schema`"
    )
