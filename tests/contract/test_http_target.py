"""Does an HTTP target keep what a server says, however wrong the server is?"""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from holdfast.model.case import Case, Target
from holdfast.model.evidence import Evidence
from holdfast.targets.http import TARGET
from holdfast.targets.http_client import HttpClients
from tests.contract.target_kit import Answer, Request, Server, answer, context, serving

JSON = "application/json"


def ask(
    routes: dict[str, Answer],
    *specs: dict[str, Any],
    timeout_s: float | None = 10.0,
    http_timeout_s: float = 10.0,
    check: Callable[[Server], None] = lambda server: None,
    **changes: Any,
) -> list[Evidence]:
    """Send requests to a server in one attempt; `{url}` in a spec is the server."""

    async def main() -> list[Evidence]:
        clients = HttpClients(slots=4, timeout_s=http_timeout_s)
        try:
            async with serving(routes) as server:
                session = clients.session()
                ctx = context(http=session, timeout_s=timeout_s, **changes)
                answers = [
                    await TARGET.call(
                        {**spec, "url": spec["url"].replace("{url}", server.url)}, ctx
                    )
                    for spec in specs
                ]
                check(server)
                return answers
        finally:
            await clients.close()

    return asyncio.run(main())


def get(said: Answer, **spec: Any) -> Evidence:
    return ask({"/x": said}, {"url": "{url}/x", **spec})[0]


def sent(*specs: dict[str, Any], **changes: Any) -> list[Request]:
    """Return what a server receives for these specs."""
    requests: list[Request] = []
    ask(
        {"/x": answer()},
        *({"url": "{url}/x", **spec} for spec in specs),
        check=lambda server: requests.extend(server.requests),
        **changes,
    )
    return requests


def test_a_json_answer_becomes_a_value_with_its_facts() -> None:
    evidence = get(answer('{"n": 3}', status="201 Created", content_type=JSON, x_id="7"))
    assert evidence.value == {"n": 3}
    assert evidence.error is None
    assert evidence.facts["status"] == 201
    assert evidence.facts["reason"] == "Created"
    assert evidence.facts["headers"]["x-id"] == "7"
    assert evidence.facts["http_version"] == "HTTP/1.1"
    assert evidence.facts["url"].endswith("/x")
    assert evidence.call_s is not None
    assert evidence.call_s > 0


def test_a_status_of_500_is_evidence_and_no_error() -> None:
    evidence = get(answer("boom", status="500 Internal Server Error", content_type="text/plain"))
    assert (evidence.error, evidence.facts["status"], evidence.value) == (None, 500, "boom")


def test_a_body_that_is_no_json_stays_text_and_says_so() -> None:
    evidence = get(answer('{"n": ', content_type=JSON))
    assert evidence.value == '{"n": '
    assert "the body is none" in evidence.notes[0]


@pytest.mark.parametrize("body", ["NaN", "[" * 100_000])
def test_json_that_only_python_would_read_is_no_json(body: str) -> None:
    evidence = get(answer(body, content_type="application/problem+json"))
    assert evidence.value == body
    assert evidence.notes


def test_an_integer_beyond_64_bits_keeps_all_its_digits() -> None:
    evidence = get(answer(str(2**80), content_type=JSON))
    assert evidence.value == {"$type": "int", "value": str(2**80)}


def test_an_empty_json_answer_is_an_empty_text() -> None:
    evidence = get(answer(status="204 No Content", content_type=JSON))
    assert (evidence.value, evidence.notes) == ("", ())


def test_text_is_read_in_the_charset_that_the_server_names() -> None:
    evidence = get(answer("süß".encode("latin-1"), content_type='text/html; charset="ISO-8859-1"'))
    assert evidence.value == "süß"


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset", "rot13"])
def test_text_in_another_charset_than_named_is_marked(charset: str) -> None:
    evidence = get(answer(b"s\xfc\xdf", content_type=f"text/plain; charset={charset}"))
    assert evidence.value == "s\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    assert evidence.notes


def test_binary_is_kept_as_tagged_bytes() -> None:
    assert get(answer(b"\x00\xff", content_type="image/png")).value == {
        "$type": "bytes",
        "value": "AP8=",
    }


@pytest.mark.parametrize(
    ("body", "value"), [(b"plain", "plain"), (b"\xff", {"$type": "bytes", "value": "/w=="})]
)
def test_without_a_content_type_text_is_text_and_the_rest_bytes(body: bytes, value: Any) -> None:
    assert get(answer(body)).value == value


def test_repeated_headers_are_joined_in_their_order() -> None:
    said = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\ncontent-length: 0\r\n\r\n"
    assert get(said).facts["headers"]["x-a"] == "1, 2"


def test_a_body_over_the_limit_is_cut_while_it_streams() -> None:
    length = 100_000_000

    async def stream(writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % length)
        while True:
            writer.write(b"x" * 1_000_000)
            await writer.drain()

    evidence = get(stream)
    assert evidence.value["$type"] == "cut"
    assert evidence.value["bytes"] == length
    assert evidence.value["head"] == "x" * 200
    assert "cut" in evidence.notes[0]


def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut() -> None:
    packed = gzip.compress(b"0" * 20_000_000)
    evidence = get(answer(packed, content_encoding="gzip", content_type=JSON))
    assert evidence.value["$type"] == "cut"
    assert evidence.value["bytes"] > 16_000_000


def test_an_encoding_that_cannot_be_undone_is_an_error() -> None:
    error = get(answer(b"not gzip", content_encoding="gzip")).error
    assert error is not None
    assert (error.kind, error.type) == ("exception", "DecodingError")


def test_a_refused_connection_is_an_exception_tagged_connection() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    evidence = ask({}, {"url": f"http://127.0.0.1:{port}/"})[0]
    assert evidence.error is not None
    assert not evidence.has_value
    assert (evidence.error.kind, evidence.error.type) == ("exception", "ConnectError")
    assert evidence.error.tags == ("connection",)
    assert evidence.error.message == f"GET http://127.0.0.1:{port}/: Connection refused"


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"],
)
def test_a_server_that_closes_early_is_a_connection_error(said: bytes) -> None:
    async def stream(writer: Any) -> None:
        writer.write(said)
        await writer.drain()

    error = get(stream).error
    assert error is not None
    assert (error.kind, error.tags) == ("exception", ("connection",))


def test_an_answer_that_is_no_http_is_no_connection_error() -> None:
    async def stream(writer: Any) -> None:
        writer.write(b"hello there\r\n\r\n")
        await writer.drain()

    error = get(stream).error
    assert error is not None
    assert (error.kind, error.type, error.tags) == ("exception", "RemoteProtocolError", ())


def test_a_server_that_never_answers_is_a_timeout_of_the_case() -> None:
    async def stream(writer: Any) -> None:
        await asyncio.Event().wait()

    evidence = ask({"/x": stream}, {"url": "{url}/x"}, timeout_s=0.05)[0]
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.error.type) == ("timeout", "TimeoutError")
    assert "within 50 ms" in evidence.error.message


def test_a_slow_drip_does_not_outlive_the_requests_own_timeout() -> None:
    async def stream(writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx")
        await writer.drain()
        await asyncio.Event().wait()

    evidence = get(stream, timeout="50ms")
    assert evidence.error is not None
    assert evidence.error.kind == "timeout"
    assert evidence.facts["status"] == 200


def test_the_http_timeout_of_the_settings_is_a_timeout() -> None:
    async def stream(writer: Any) -> None:
        await asyncio.Event().wait()

    evidence = ask({"/x": stream}, {"url": "{url}/x"}, http_timeout_s=0.05)[0]
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.error.type) == ("timeout", "ReadTimeout")


def test_a_redirect_is_shown_and_not_followed_unless_asked() -> None:
    routes: dict[str, Answer] = {
        "/x": answer(status="302 Found", location="/y"),
        "/y": answer("there", content_type="text/plain"),
    }
    seen, followed = ask(routes, {"url": "{url}/x"}, {"url": "{url}/x", "follow": True})
    assert (seen.facts["status"], seen.facts["headers"]["location"]) == (302, "/y")
    assert (followed.facts["status"], followed.value) == (200, "there")
    assert followed.facts["url"].endswith("/y")
    assert [each["status"] for each in followed.facts["redirects"]] == [302]


def test_a_circle_of_redirects_is_an_error() -> None:
    error = get(answer(status="302 Found", location="/x"), follow=True).error
    assert error is not None
    assert (error.kind, error.type) == ("exception", "TooManyRedirects")


def test_authored_cookies_are_sent_once() -> None:
    first, second = sent({"cookies": {"a": 1}}, {})
    assert (first.headers["cookie"], second.headers.get("cookie")) == ("a=1", None)


def test_a_body_makes_the_method_post_unless_one_is_named() -> None:
    bodies: list[dict[str, Any]] = [{}, {"json": None}, {"form": {"a": 1}}, {"content": "x"}]
    requests = sent(*bodies, {"json": 1, "method": "put"})
    assert [each.method for each in requests] == ["GET", "POST", "POST", "POST", "PUT"]


def test_json_form_and_content_are_sent_as_written() -> None:
    as_json, as_form, as_text = sent(
        {"json": {"a": [1, None]}},
        {"form": {"a": True, "b": ["x", 2]}},
        {"content": "süß", "headers": {"content-type": "text/plain"}},
    )
    assert as_json.body == b'{"a":[1,null]}'
    assert as_json.headers["content-type"] == JSON
    assert as_form.body == b"a=true&b=x&b=2"
    assert as_text.body == "süß".encode()
    assert as_text.headers["content-type"] == "text/plain"


def test_params_and_headers_may_be_numbers_that_templates_brought() -> None:
    (request,) = sent({"params": {"n": 3, "all": False, "none": None}, "headers": {"X-Id": 7}})
    assert request.path == "/x?n=3&all=false&none="
    assert request.headers["x-id"] == "7"


def test_auth_is_basic_with_a_pair_and_bearer_with_a_token() -> None:
    basic, bearer = sent({"auth": ["user", "pass"]}, {"auth": {"bearer": "t0k"}})
    assert basic.headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert bearer.headers["authorization"] == "Bearer t0k"


def test_files_are_sent_from_beside_the_case_file(tmp_path: Any) -> None:
    (tmp_path / "rows.csv").write_bytes(b"1,2\n")
    files = {
        "plain": "rows.csv",
        "named": {"path": "rows.csv", "filename": "x.txt", "content_type": "text/x"},
        "inline": {"content": "hello"},
    }
    case = Case(suite="s", id="c", target=Target(kind="http", spec={}), base=str(tmp_path))
    (request,) = sent({"files": files, "form": {"field": "value"}}, case=case)
    body = request.body.decode()
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert 'name="plain"; filename="rows.csv"' in body
    assert 'name="named"; filename="x.txt"\r\nContent-Type: text/x\r\n\r\n1,2' in body
    assert 'name="inline"; filename="inline"' in body
    assert 'name="field"\r\n\r\nvalue' in body


def test_a_file_that_is_not_there_is_a_set_up_error(tmp_path: Any) -> None:
    case = Case(suite="s", id="c", target=Target(kind="http", spec={}), base=str(tmp_path))
    (evidence,) = ask({}, {"url": "{url}/x", "files": {"f": "missing"}}, case=case)
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.error.type) == ("setup", "FileNotFoundError")
    assert "missing" in evidence.error.message


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"url": "ftp://x"}, "'url' must start with http:// or https://, got 'ftp://x'"),
        ({"url": "/x"}, "base_url"),
        ({"url": "http:///x"}, "must name a host"),
        ({"url": "http://127.0.0.1:99999"}, "a port up to 65535"),
        ({"url": "http://a\nb/"}, "the request cannot be sent"),
        ({"url": "{url}/x", "headers": {"a": [1]}}, "headers"),
        ({"url": "{url}/x", "headers": {"a": "b\r\nc: d"}}, "Illegal header value"),
        ({"url": "{url}/x", "json": 1, "content": "x"}, "one body, got json and content"),
        ({"url": "{url}/x", "timeout": "soon"}, "a duration must be"),
        ({"url": "{url}/x", "timeout": "{later}"}, "a duration must be"),
        ({"url": "{url}/x", "method": "A B"}, "'method' must be a word"),
        ({"url": "{url}/x", "files": {"f": {}}}, "either 'path' or 'content'"),
        ({"url": "{url}/x", "tls": {"ca": "/no/such.pem"}}, "No such file"),
    ],
)
def test_a_request_that_cannot_be_sent_is_a_set_up_error(spec: dict[str, Any], said: str) -> None:
    (evidence,) = ask({"/x": answer()}, spec)
    assert evidence.error is not None
    assert evidence.error.kind == "setup"
    assert said in evidence.error.message


def test_a_certificate_that_is_none_is_a_set_up_error(tmp_path: Any) -> None:
    (tmp_path / "cert.pem").write_text("nothing")
    (evidence,) = ask({}, {"url": "{url}/x", "tls": {"cert": str(tmp_path / "cert.pem")}})
    assert evidence.error is not None
    assert evidence.error.kind == "setup"
    assert issubclass(ssl.SSLError, OSError)
