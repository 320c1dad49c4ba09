"""Does a denial hold only of a value that could be asked?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.evidence import Output
from tests.unit.judge.judging import Evidence, judge, judge_on, status

INAPPLICABLE: list[tuple[Any, Any]] = [
    ({"regex": "x"}, 3),
    ({"starts_with": "x"}, ["x"]),
    ({"ends_with": "x"}, None),
    ({"length": 1}, 3),
    ({"between": [0, 1]}, "str"),
    ({"close_to": {"value": 1, "tolerance": 2}}, "1"),
    ({"contains": "x"}, 3),
    ({"contains": 3}, "code 3"),
    ({"contains": 3}, {"code": 3}),
    ({"icontains": "x"}, True),
    ({"contains_any": ["x", 3]}, "code 3"),
    ({"contains_all": [3]}, "code 3"),
    ({"json_path": {"path": "$.b", "equals": 1}}, "notjson"),
    ({"json_path": "$.b"}, 3),
    ({"json_path": "$.b"}, None),
    ({"json_path": "$.b"}, [{"b": 1}]),
    ({"json_path": "$[0]"}, {"0": 1}),
    ({"json_path": "$..b"}, 3),
    ({"json_path": {"path": "$.b", "regex": "x"}}, {"b": 3}),
    ({"field_present": "password"}, "notjson"),
    ({"field_present": "user.password"}, {"user": "x"}),
    ({"json_schema": {"type": "object"}}, "notjson"),
]


@pytest.mark.parametrize(("raw", "value"), INAPPLICABLE)
def test_what_does_not_apply_fails_when_asked_and_is_undecided_when_denied(
    raw: Any, value: Any
) -> None:
    asked = [raw, {"all_of": [raw]}, {"any_of": [raw, raw]}]
    assert [status(each, value) for each in asked] == ["failed"] * 3
    assert [status({"not": each}, value) for each in asked] == ["undecided"] * 3
    assert status({"not": {"not": raw}}, value) == "undecided"


@pytest.mark.parametrize("value", ["notjson", 3, None, '"text"', [{"password": "x"}]])
def test_a_field_is_absent_only_from_what_can_have_fields(value: Any) -> None:
    raw = {"field_present": {"field": "password", "present": False}}
    assert status(raw, value) == "undecided"
    assert status({"not": raw}, value) == "undecided"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"regex": "x"}, "abc"),
        ({"contains": "x"}, [3]),
        ({"contains": {"a": 2}}, {"a": 1}),
        ({"contains_all": ["x", 3]}, "code 3"),
        ({"json_path": {"path": "$.b", "equals": 1}}, {}),
        ({"json_path": "$..b"}, []),
        ({"field_present": "items.0"}, {"items": []}),
        ({"field_present": "user.password"}, {"user": None}),
        ({"json_path": {"path": "$.b", "equals": 4, "regex": "x"}}, {"b": 3}),
        ({"all_of": [{"equals": 4}, {"regex": "x"}]}, 3),
        ("is_json", "notjson"),
        ({"type": "string"}, 3),
    ],
)
def test_a_denial_holds_of_what_could_be_asked(raw: Any, value: Any) -> None:
    assert status({"not": raw}, value) == "passed"


def test_the_finding_names_what_was_denied_and_why_that_is_not_decided() -> None:
    finding = judge({"not": {"regex": "x"}}, 3)
    assert (finding.expectation, finding.message) == (
        "not regex",
        "cannot be denied of such a value: regex: value must be a text, got 3 of type integer",
    )
    assert judge({"not": {"json_path": "$.b"}}, 3).expectation == "not json_path $.b"
    assert judge({"json_path": "$.b"}, 3).expectation == "json_path $.b"
    assert judge({"any_of": [{"regex": "x"}, {"equals": 3}]}, 3).status == "passed"


def test_what_was_cut_stays_undecided_whatever_it_is_asked() -> None:
    cut = Evidence(stdout=Output(text="head\n[... 10 bytes cut ...]\ntail", cut_bytes=10))
    for inner in ({"contains": 3}, {"json_path": "$.b"}, {"contains": "gone"}):
        (asked,) = judge_on(cut, {"stdout": inner})
        (denied,) = judge_on(cut, {"stdout": {"not": inner}})
        assert (asked.status, denied.status) == ("undecided", "undecided")
