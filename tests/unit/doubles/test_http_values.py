"""Are rules, answers and recordings of the stub server checked, compared and read as they say?"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.doubles.http_exchange import HttpAnswer, HttpRequest, fill, render
from holdfast.doubles.http_import import group, read_har
from holdfast.doubles.http_log import RequestLog
from holdfast.doubles.http_match import compare, differ_json, read_wanted
from holdfast.doubles.http_rule import HttpRule, Turn
from holdfast.doubles.http_stub import HttpStub, describe_miss
from holdfast.doubles.http_vcr import read_vcr
from holdfast.errors import UsageError


def request(path: str = "/a", **parts: Any) -> HttpRequest:
    return HttpRequest(
        **{"method": "GET", "path": path, "segments": tuple(path.split("/")[1:]), **parts}
    )


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"status": 99}, "status must be a number from 200 to 599, got 99"),
        ({"fault": "fire"}, "fault must be one of"),
        ({"text": "a", "json": 1}, "at most one of json, text and body"),
        ({"status": 204, "text": "a"}, "status 204 must have no body"),
        ({"delay_s": -1}, "delay_s must be seconds from 0"),
        ({"pace_s": "1"}, "pace_s must be a number"),
        ({"json": {1, 2}}, "json must be plain JSON data, got set"),
        ({"text": b"a"}, "text must be str, got bytes"),
        ({"headers": {"a b": "c"}}, "must be a token"),
        ({"headers": {"Content-Length": "3"}}, "must be left to the stub"),
        ({"headers": {"A": "b\r\nC: d"}}, "must be one line"),
        ({"headers": {"A": "ü"}}, "must be ASCII"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(parts: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        HttpAnswer(**parts)


def test_parts_of_the_path_are_filled_in_and_cannot_add_a_header() -> None:
    names = {"id": "7\r\nEvil: 1"}
    answer = HttpAnswer(json=[{"{id}": "{id}"}, 1, "{no}"], headers={"Location": "/x/{id}"})
    headers, body = render(answer, names)
    assert headers == [("Content-Type", "application/json"), ("Location", "/x/7  Evil: 1")]
    assert json.loads(body) == [{names["id"]: names["id"]}, 1, "{no}"]
    assert fill("{id}", {}) == "{id}"


@pytest.mark.parametrize(
    ("expected", "actual", "exact", "told"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, False, None),
        ({"a": 1}, {"a": 1, "b": 2}, True, "body $.b must not be there"),
        ({"a": {"b": 1}}, {"a": {}}, False, "body $.a.b must be there, got none"),
        ([1, 2], [1], False, "body $ must have 2 items, got 1"),
        ([{"a": 1}], [{"a": 2}], False, "body $[0].a must be 1, got 2"),
        (1, True, False, "body $ must be 1, got True"),
        (1, 1.0, True, None),
        (
            {"password": "a"},
            {"password": "b"},
            False,
            "body $.password must be [hidden], got another",
        ),
        (1, {"token": "s"}, False, "body $ must be 1, got an object of 1 keys"),
        (1, [1, 2, 3, 4, 5, 6], False, "body $ must be 1, got a list of 6 items"),
    ],
)
def test_the_first_difference_of_two_bodies_is_named(
    expected: Any, actual: Any, exact: bool, told: str | None
) -> None:
    assert differ_json(expected, actual, exact=exact) == told


def test_every_part_that_differs_is_named() -> None:
    wanted = read_wanted(
        "post",
        "/a/{id}",
        query={"page": 2, "all": True, "ids": [1, 2]},
        headers={"Accept": "text/html", "X-Id": "1"},
        exact_query=True,
        json={"a": 1},
    )
    got = request(
        "/b",
        query={"page": ("3",), "x": ("1",)},
        headers={"accept": "*/*", "x-id": "2"},
        body=b"{",
    )
    assert compare(wanted, got).differences == (
        "method must be POST, got GET",
        "path must be /a/{id}, got '/b'",
        "query 'page' must be '2', got '3'",
        "query 'all' must be 'true', got none",
        "query 'ids' must be ['1', '2'], got none",
        "query 'x' must not be there",
        "header 'accept' must be 'text/html', got '*/*'",
        "header 'x-id' must have the rule's value, got another (not shown)",
        "body must be JSON, got 1 bytes that are none",
    )


def test_the_nearest_rule_is_the_one_whose_path_fits() -> None:
    rules = [
        HttpRule(1, read_wanted("GET", "/b")),
        HttpRule(2, read_wanted("POST", "/{any}")),
        HttpRule(3, read_wanted("GET", "/{any}/")),
    ]
    got = request("/a")
    told = describe_miss(got, [(rule, compare(rule.wanted, got)) for rule in rules])
    assert told.endswith("nearest is rule 2 'POST /{any}': method must be POST, got GET")
    assert describe_miss(got, []).endswith("(there are no rules)")


def test_json_nested_too_deeply_is_a_difference() -> None:
    got = request(body=b"[" * 100_000)
    assert compare(read_wanted("GET", "/a", json=[]), got).differences


@pytest.mark.parametrize(
    ("method", "path"), [("G T", "/"), ("GET", "a"), ("GET", "/a?b=1"), ("GET", "/{a}/{a}")]
)
def test_a_rule_that_cannot_match_is_refused(method: str, path: str) -> None:
    with pytest.raises(UsageError):
        HttpStub().on(method, path)


def test_what_a_rule_cannot_do_is_refused() -> None:
    rule = HttpStub().on("GET", "/")
    calls: list[tuple[str, Any]] = [
        ("at least one answer", lambda: rule.answers_each([])),
        ("after must be", lambda: rule.answers_each([200], after="never")),  # type: ignore[arg-type]
        ("times must be", lambda: rule.times(-1)),
        ("order must have each number", lambda: rule.in_order(1, 3)),
        ("known parts, got 'statuz'", lambda: rule.answers(statuz=3)),
        ("must come alone", lambda: rule.answers(HttpAnswer(), text="a")),
        ("log_limit must be", lambda: HttpStub(log_limit=0)),
    ]
    for told, call in calls:
        with pytest.raises(UsageError, match=told):
            call()


def test_the_log_is_bounded_in_bytes_and_in_problems() -> None:
    log = RequestLog(100)
    for _ in range(30):
        log.add(request(body=bytes(1024 * 1024)))
        log.note("lost")
    assert (log.total, len(log.requests)) == (30, 8)
    assert (len(log.problems), log.problems[-1]) == (21, "and 10 more")


def har(**entry: Any) -> str:
    request = {"method": "GET", "url": "http://api/a%20b?x=1", **entry.pop("request", {})}
    response = {"status": 200, **entry.pop("response", {})}
    return json.dumps(
        {"log": {"version": "1.2", "entries": [{"request": request, "response": response}]}}
    )


def read(reader: Any, folder: Path, text: str) -> Any:
    path = folder / "recording"
    path.write_text(text, encoding="utf-8")
    return reader(path)


def test_a_har_entry_becomes_an_answer(tmp_path: Path) -> None:
    content = {"text": "aGk=", "encoding": "base64"}
    headers = [
        {"name": n, "value": "1"} for n in ("Content-Encoding", ":status", "X-A", "Date", "X-A")
    ]
    (got,) = read(read_har, tmp_path, har(response={"content": content, "headers": headers}))
    assert (got.method, got.path, got.query) == ("GET", "/a%20b", {"x": ("1",)})
    assert got.answer == HttpAnswer(body=b"hi", headers={"X-A": ("1", "1")})
    assert compare(read_wanted("GET", got.path), request("/a b")).differences == ()
    (broken,) = read(read_har, tmp_path, har(response={"status": 0}))
    assert broken.answer.fault == "reset"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "must be JSON of HAR 1.2"),
        ("[" * 100_000, "must be JSON of HAR 1.2"),
        ('{"log": {}}', r"missing required field `entries` - at `\$.log`"),
        ('{"log": {"version": "2", "entries": []}}', "version 1.2, got '2'"),
        ('{"log": {"entries": []}}', "at least one entry"),
        (har(request={"url": "ftp://a"}), "must begin with http.*entry 1"),
        (har(request={"url": "http://["}), "must be an URL"),
        (har(response={"status": 700}), "status must be.*entry 1"),
        (har(response={"content": {"text": "?", "encoding": "base64"}}), "base64, got '\\?'"),
        (har(response={"content": {"encoding": "gzip"}}), "content.encoding must be base64"),
        (har(request={"postData": {"params": [1]}}), "params alone"),
    ],
)
def test_a_bad_har_file_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        read(read_har, tmp_path, text)
    assert "recording" in str(caught.value)


CASSETTE = """
version: 1
interactions:
- request: {method: POST, uri: "https://api/a", body: '{"n": 1}', headers: {}}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Encoding: [gzip], X-A: [b], Set-Cookie: [a=1, b=2]}
    body: {string: first}
- request: {method: POST, uri: "https://api/a", body: {string: '{"n":1}'}}
  response: {status: {code: "503"}, body: {base64_string: "aGk="}}
- request: {method: POST, uri: "https://api/a", body: !!binary "aGk="}
  response: {status: {code: 204}, headers: {X-A: b}, body: {string: null}}
"""


def test_a_cassette_becomes_answers_in_sequence(tmp_path: Path) -> None:
    got = read(read_vcr, tmp_path, CASSETTE)
    cookies = {"X-A": ("b",), "Set-Cookie": ("a=1", "b=2")}
    assert [each.answer for each in got] == [
        HttpAnswer(body=b"first", headers=cookies),
        HttpAnswer(status=503, body=b"hi"),
        HttpAnswer(status=204, headers={"X-A": ("b",)}),
    ]
    assert [len(answers) for _, answers in group(got, match_body=False)] == [3]
    assert [len(answers) for _, answers in group(got, match_body=True)] == [2, 1]
    assert got[2].json is msgspec.UNSET


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "must be plain YAML.*recording:"),
        ("a: !!python/object:os.system 1", "must be plain YAML"),
        ("- 1", "a mapping with 'interactions' must be here, got list"),
        ("interactions: []", "at least one interaction"),
        ("interactions: [1]", "'request' must be here, got int .*interaction 1"),
        ("interactions: 3", "'interactions' must be a list, got int"),
        ("interactions: [{request: {}, response: {}}]", "'status' must be there, got none"),
        (CASSETTE.replace("code: 204", "code: no"), "'code' must be a number, got bool"),
        (CASSETTE.replace('"503"', '"many"'), "code must be a number, got 'many'.*interaction 2"),
        (CASSETTE.replace("{X-A: b}", "7"), "headers must be a mapping.*interaction 3"),
        (CASSETTE.replace("{string: null}", "7"), "a body must be text or bytes, got int"),
    ],
)
def test_a_bad_cassette_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read(read_vcr, tmp_path, text)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="must be readable"):
        read_har(tmp_path / "missing")
    with pytest.raises(UsageError, match="must be UTF-8"):
        read_vcr(tmp_path / "binary")


def test_a_turn_lets_each_go_in_its_order_once_all_have_come() -> None:
    turn, closing = Turn([1, 0]), threading.Event()
    closing.set()
    first = turn.come()
    assert first == 1
    assert not turn.wait(0, closing)
    second = turn.come()
    assert second == 0
    assert not turn.wait(first, closing)
    assert turn.wait(second, closing)
    turn.go()
    assert turn.wait(first, closing)
    assert turn.come() is None
    turn.restart()
    assert turn.come() == 1
