from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.unit.judge.judging import Opaque, judge, problem, status

SCHEMA = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "at": {"$ref": "#/$defs/date"}},
    "$defs": {"date": {"type": "string", "format": "date"}},
}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (SCHEMA, {"id": 1}, "passed"),
        (SCHEMA, {"id": "1"}, "failed"),
        (SCHEMA, {"id": 1, "at": datetime.date(2026, 1, 2)}, "passed"),
        (SCHEMA, {"id": 1, "at": "2026-13-02"}, "failed"),
        (SCHEMA, '{"id": 1}', "passed"),
        (SCHEMA, '{"id": "1"}', "failed"),
        (SCHEMA, "not json", "failed"),
        ({"required": ["id"]}, '{"id": 1}', "passed"),
        ({"type": "string", "minLength": 3}, "abc", "passed"),
        ({"type": ["object", "string"]}, "abc", "passed"),
        ({"minLength": 5}, "abc", "failed"),
        (False, 1, "failed"),
        (SCHEMA, {"id": Opaque()}, "undecided"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "integer"}, 3, "passed"),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, {"type": 3}, "failed"),
        ({"$id": "urn:a", "$ref": "#/$defs/b", "$defs": {"b": {"type": "null"}}}, None, "passed"),
        ({"items": {"type": "null", "example": 3, "x-note": 1, "zzz": 2}}, [None], "passed"),
        ({"const": {"$ref": "#/nowhere"}}, {"$ref": "#/nowhere"}, "passed"),
    ],
)
def test_a_value_follows_a_schema(schema: Any, value: Any, expected: str) -> None:
    assert status({"json_schema": schema}, value) == expected


def test_every_break_is_named_with_its_path_and_cut_at_five() -> None:
    schema = {"items": {"type": "integer"}, "minItems": 9}
    finding = judge({"json_schema": schema}, ["a"] * 7)
    assert finding.message.startswith("value breaks the schema in 8 places: $: ")
    assert "$[0]: 'a' is not of type 'integer'" in finding.message
    assert finding.message.endswith("; and 3 more")
    assert "in 1 place: $: 1 is not" in judge({"json_schema": {"type": "null"}}, 1).message


def test_a_reference_that_only_judging_can_follow_is_never_fetched() -> None:
    schema = {"$id": "urn:a", "$ref": "http://localhost:1/x"}
    finding = judge({"json_schema": schema}, 1)
    assert finding.status == "undecided"
    assert "Unresolvable" in finding.message


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ({"type": "objekt"}, ("type",), "a JSON Schema must follow its draft"),
        ({"properties": {"a": {"minLength": -1}}}, ("properties", "a", "minLength"), "its draft"),
        ({"pattern": "("}, ("pattern",), "its draft"),
        ({"items": {"$ref": "#/$defs/x"}}, ("items", "$ref"), "got '#/$defs/x'"),
        (
            {"allOf": [{"$ref": "http://localhost:1/x"}]},
            ("allOf", 0, "$ref"),
            "http://localhost:1/x",
        ),
        ({"$schema": "urn:none"}, ("$schema",), "$schema must name a known draft"),
        ({"$schema": 3}, ("$schema",), "$schema must name a known draft"),
        ({"file": "a.json"}, ("file",), "the schema file must have been read, got 'a.json'"),
        (True, (), "a JSON Schema must assert something, got true"),
        ({}, (), "a JSON Schema must assert something, got no keyword"),
        ({"title": "x"}, (), "a JSON Schema must assert something, got title"),
        (
            {"properties": {"requird": {"anyOf": [{"requird": ["a"]}]}}},
            ("properties", "requird", "anyOf", 0, "requird"),
            "no such keyword 'requird'; did you mean 'required'?",
        ),
        ("a.json", (), "json_schema must be a JSON Schema, got 'a.json'"),
        (None, (), "json_schema must be a JSON Schema"),
    ],
)
def test_bad_schemas_are_refused(schema: Any, path: tuple[Any, ...], message: str) -> None:
    error = problem({"json_schema": schema})
    assert message in error.message
    assert error.path == ("json_schema", *path)
