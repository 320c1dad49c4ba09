"""Does the JSON Schema accept what validation accepts, and refuse what it refuses?"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from holdfast.cases.document import Source
from holdfast.cases.read_yaml import decode_yaml
from holdfast.cases.schema import case_schema
from holdfast.errors import ProblemsError
from tests.unit.cases.loading import load_text, registry


@functools.cache
def validator() -> Any:
    schema = case_schema(registry())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


GOOD = [
    "cases: []",
    "suite: s\n$schema: x\ndescription: d\nservices: [api]\ncases: [{id: a, python: 'm:f'}]",
    "- {id: a, python: 'm:f', with: {n: 1}, expect: [completes, {equals: 3}]}",
    "- {id: a, http: {url: x, json: {a: [1]}, params: {a: 1}}, timeout: 3s, retries: 2}",
    "- {id: a, command: [ls, 1], retries: {times: 1, on: [failed], backoff: 1s}}",
    "- {id: a, command: ls, skip: true, xfail: {reason: x, until: 2030-01-01}}",
    "- {id: a, http: '{api}/x', expect: [{status: '2xx'}, {not: {status: 500}}]}",
    "- {id: a, python: 'm:f', expect: [{all_of: [{equals: 1}, {any_of: [{regex: a}, not_empty]}]}]}",
    "- {id: a, python: 'm:f', expect: [{json_path: {path: $.n, equals: 3}}, {length: 3}]}",
    "- {id: a, foreach: {n: [1, 2]}, python: 'm:f', requires: {memory: 1GB, cpus: 2}}",
    "- {id: a, steps: [{python: 'm:f', save: {x: $.x}}, {http: {url: x, follow: '{x}'}, expect: [{between: ['{x}', 3]}],"
    " until: {expect: [completes]}}], teardown: [{command: ls}]}",
    "defaults: {tags: [a], timeout: 3, expect: [completes]}\nbefore: [{python: 'm:f'}]\ncases: []",
]
BAD = [
    "suite: a",
    "cases: [{id: a}]",
    "cases: [{python: 'm:f'}]",
    "nmae: x\ncases: []",
    "- {id: a, python: 'm:f', timout: 3}",
    "- {id: a, python: 'm:f', http: x}",
    "- {id: a, http: {url: x, folow: true}}",
    "- {id: a, http: {method: GET}}",
    "- {id: a, python: 'm:f', expect: [equal]}",
    "- {id: a, python: 'm:f', expect: [{equal: 3}]}",
    "- {id: a, python: 'm:f', expect: [{equals: 3, regex: a}]}",
    "- {id: a, python: 'm:f', expect: [{not: {equal: 3}}]}",
    "- {id: a, python: 'm:f', expect: completes}",
    "- {id: a, python: 'm:f', priority: high}",
    "- {id: a, python: 'm:f', severity: worst}",
    "- {id: a, python: 'm:f', foreach: {n: 3}}",
    "- {id: a, steps: []}",
    "- {id: a, steps: [{steps: []}]}",
    "- {id: a, steps: [{python: 'm:f', sav: {}}]}",
    "defaults: {id: a}\ncases: []",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_validation_accepts_the_schema_accepts(text: str, tmp_path: Path) -> None:
    load_text(tmp_path, text)
    assert [error.message for error in validator().iter_errors(_plain(text))] == []


@pytest.mark.parametrize("text", BAD)
def test_what_the_schema_refuses_validation_refuses(text: str, tmp_path: Path) -> None:
    assert not validator().is_valid(_plain(text))
    with pytest.raises(ProblemsError):
        load_text(tmp_path, text)


def test_the_schema_of_every_expectation_is_in_it() -> None:
    schema = case_schema(registry())
    _, named = schema["$defs"]["expectation"]["anyOf"]
    families = [f"{pattern[1:-5]}.*" for pattern in named["patternProperties"]]
    assert sorted([*named["properties"], *families]) == list(registry().names("expectation"))


def _plain(text: str) -> Any:
    return decode_yaml(Source(path="f", text=text, format="yaml"))
