from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judge.judging import error_of, judge, judge_on, problem, status

HEADERS = {"Content-Type": "application/json", "X-N": "3", "Set-Cookie": ["a=1", "b=2"]}


@pytest.mark.parametrize(
    ("raw", "code", "expected"),
    [
        (201, 201, "passed"),
        (201, 200, "failed"),
        ("202", 202, "passed"),
        ([200, "3xx"], 302, "passed"),
        ([200, 201], 204, "failed"),
        ("2xx", 299, "passed"),
        ("2XX", 300, "failed"),
        ("< 400", 399, "passed"),
        ("< 400", 400, "failed"),
        (">= 500", 503, "passed"),
    ],
)
def test_a_status_is_a_number_a_class_or_a_limit(raw: Any, code: int, expected: str) -> None:
    assert status({"status": raw}, facts={"status": code}) == expected


def test_a_wrong_status_shows_the_start_of_the_answer() -> None:
    finding = judge({"status": 201}, {"detail": "no key"}, facts={"status": 401})
    assert finding.message == 'status was 401, expected 201; the answer was {"detail":"no key"}'
    long = judge({"status": [200, 201]}, "x" * 900, facts={"status": 500})
    assert long.message == (
        f"status was 500, expected one of 200, 201; the answer was {'x' * 200}..."
    )
    assert (finding.expected, finding.observed) == ("201", 401)


def test_no_status_and_no_headers_are_undecided() -> None:
    assert status({"status": 200}) == "undecided"
    assert status({"header": "a"}) == "undecided"
    (found, _) = judge_on(error_of(), {"status": 200}, {"raises": "ValueError"})
    assert found.message == "no value: the call ended with ValueError: boom"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("content-type", "passed"),
        ("x-none", "failed"),
        ({"name": "x-none", "present": False}, "passed"),
        ({"name": "X-N", "present": False}, "failed"),
        ({"name": "CONTENT-TYPE", "equals": "application/json"}, "passed"),
        ({"name": "content-type", "equals": "json"}, "failed"),
        ({"name": "content-type", "contains": "json", "regex": "^app"}, "passed"),
        ({"name": "content-type", "contains": "json", "regex": "^json"}, "failed"),
        ({"name": "x-n", "equals": 3}, "passed"),
        ({"name": "set-cookie", "contains": "b=2"}, "passed"),
    ],
)
@pytest.mark.parametrize("form", ["object", "pairs"])
def test_a_header_is_found_whatever_its_case(raw: Any, expected: str, form: str) -> None:
    pairs = [[k, v] for k, vs in HEADERS.items() for v in (vs if isinstance(vs, list) else [vs])]
    headers = HEADERS if form == "object" else pairs
    assert status({"header": raw}, facts={"headers": headers}) == expected


def test_a_header_that_differs_or_is_missing_is_told() -> None:
    facts = {"headers": HEADERS}
    assert judge({"header": {"name": "X-N", "equals": "4"}}, facts=facts).message == (
        "header 'X-N' must equal '4', got '3'"
    )
    assert judge({"header": "content-typ"}, facts=facts).message == (
        "header 'content-typ' must be present; did you mean 'content-type'?"
    )


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"status": 99}, ()),
        ({"status": 600}, ()),
        ({"status": True}, ()),
        ({"status": None}, ()),
        ({"status": "6xx"}, ()),
        ({"status": "ok"}, ()),
        ({"status": "< 4s"}, ()),
        ({"status": []}, ()),
        ({"status": [200, "x"]}, (1,)),
        ({"header": {"equals": "a"}}, ()),
        ({"header": ""}, ()),
        ({"header": {"name": "a", "regex": "("}}, ("regex",)),
        ({"header": {"name": "a", "contains": ""}}, ("contains",)),
        ({"header": {"name": "a", "equals": True}}, ("equals",)),
        ({"header": {"name": "a", "present": False, "equals": "b"}}, ("present",)),
        ({"header": {"name": "a", "value": "b"}}, ("value",)),
    ],
)
def test_bad_parameters_are_refused(raw: Any, path: tuple[Any, ...]) -> None:
    assert problem(raw).path == (next(iter(raw)), *path)
