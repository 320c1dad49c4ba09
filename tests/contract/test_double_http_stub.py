"""Does the stub server keep its promises to clients that know nothing of it?"""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from holdfast.doubles.http_exchange import HttpAnswer, HttpRequest
from holdfast.doubles.http_stub import HttpStub, StubProblems
from holdfast.errors import UsageError


def get(stub: HttpStub, path: str, **more: Any) -> httpx2.Response:
    return httpx2.get(stub.url + path, trust_env=False, **more)


def test_urllib_gets_the_answer_with_the_part_of_the_path() -> None:
    with HttpStub() as stub:
        stub.on("GET", "/users/{id}").answers(201, json={"id": "{id}", "raw": "{no}"})
        with urllib.request.urlopen(stub.url + "/users/a%20b") as answer:
            assert answer.status == 201
            assert answer.read() == b'{"id": "a b", "raw": "{no}"}'
            assert answer.headers["Content-Type"] == "application/json"


def test_a_connection_serves_many_requests() -> None:
    with HttpStub() as stub:
        rule = stub.on("GET", "/").answers(text="ok", headers={"X-A": ("1", "2")})
        client = http.client.HTTPConnection("127.0.0.1", int(stub.url.rpartition(":")[2]))
        client.connect()
        before = client.sock
        for _ in range(3):
            client.request("GET", "/")
            answer = client.getresponse()
            assert (answer.read(), answer.getheader("X-A")) == (b"ok", "1, 2")
        assert client.sock is before
        client.close()
        assert rule.count == stub.total == 3


def test_the_parts_of_a_rule_tell_requests_apart() -> None:
    with HttpStub() as stub:
        stub.on("POST", "/a", json={"n": 1}).answers(text="json")
        stub.on("POST", "/a", json={"n": 2}, exact=True).answers(text="exact")
        stub.on("GET", "/a", query={"page": 2}).answers(text="query")
        stub.on("GET", "/a", headers={"X-Kind": "b"}).answers(text="header")
        stub.on("*", "/a", where=lambda request: request.body == b"raw").answers(body=b"where")
        url = stub.url + "/a"
        with httpx2.Client(trust_env=False) as client:
            assert client.post(url, json={"n": 1, "m": 0}).text == "json"
            assert client.post(url, json={"n": 2}).text == "exact"
            assert client.get(url + "?page=2&x=1").text == "query"
            assert client.get(url, headers={"x-kind": "b"}).text == "header"
            assert client.put(url, content=b"raw").text == "where"


def test_a_chunked_body_and_one_that_waits_for_100_are_read() -> None:
    with HttpStub() as stub:
        stub.on("POST", "/", where=lambda request: request.body == b"onetwo").answers(204)
        content = (part for part in (b"one", b"two"))
        assert httpx2.post(stub.url, content=content, trust_env=False).status_code == 204
        with socket.create_connection(("127.0.0.1", int(stub.url.rpartition(":")[2]))) as raw:
            raw.sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n")
            assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
            raw.sendall(b"onetwo")
            assert raw.recv(100).startswith(b"HTTP/1.1 204 ")


def test_head_gets_no_body() -> None:
    with HttpStub() as stub:
        stub.on("*", "/").answers(text="four")
        answer = httpx2.head(stub.url, trust_env=False)
        assert (answer.headers["content-length"], answer.content) == ("4", b"")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("last", [503, 200, 200, 200]),
        ("again", [503, 200, 503, 200]),
        ("fail", [503, 200, 501, 501]),
    ],
)
def test_a_sequence_goes_on_as_it_says(after: Any, expected: list[int]) -> None:
    with HttpStub(strict=False) as stub:
        stub.on("GET", "/").answers_each([503, HttpAnswer(text="up")], after=after)
        assert [get(stub, "/").status_code for _ in range(4)] == expected


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", ConnectionResetError),
        ("empty", http.client.RemoteDisconnected),
        ("garbage", http.client.BadStatusLine),
        ("truncate", http.client.IncompleteRead),
    ],
)
def test_a_fault_is_what_a_client_sees(fault: Any, error: type[Exception]) -> None:
    with HttpStub() as stub:
        stub.on("GET", "/").answers(text="long enough", fault=fault)
        client = http.client.HTTPConnection("127.0.0.1", int(stub.url.rpartition(":")[2]))
        try:
            client.request("GET", "/")
            with pytest.raises(error) as caught:
                client.getresponse().read()
            assert type(caught.value) is error
        finally:
            client.close()


def test_a_truncated_answer_without_a_body_is_truncated_too() -> None:
    with HttpStub() as stub:
        stub.on("GET", "/").answers(fault="truncate")
        with pytest.raises(httpx2.RemoteProtocolError):
            get(stub, "/")


def test_a_slow_body_arrives_whole() -> None:
    with HttpStub() as stub:
        stub.on("GET", "/").answers(body=bytes(range(25)), fault="slow", pace_s=0.001)
        assert get(stub, "/").content == bytes(range(25))


@pytest.mark.parametrize("parts", [{"delay_s": 3600}, {"fault": "slow", "pace_s": 3600}])
def test_a_delay_ends_with_the_clients_limit_and_with_the_stub(parts: dict[str, Any]) -> None:
    with HttpStub() as stub:
        stub.on("GET", "/").answers(text="late", **parts)
        with pytest.raises(httpx2.ReadTimeout):
            get(stub, "/", timeout=0.05)


def test_concurrent_requests_are_answered_in_the_order_that_was_asked_for() -> None:
    ended: list[str] = []
    with HttpStub() as stub, ThreadPoolExecutor(2) as pool:
        rule = stub.on("GET", "/{n}").answers(text="{n}").in_order(2, 1)
        first = pool.submit(lambda: ended.append(get(stub, "/one").text))
        while rule.count < 1:
            threading.Event().wait(0.001)
        second = pool.submit(lambda: ended.append(get(stub, "/two").text))
        first.result()
        second.result()
    assert sorted(ended) == ["one", "two"]


def test_an_order_that_never_fills_ends_with_the_stub() -> None:
    with HttpStub() as stub:
        stub.on("GET", "/").answers().in_order(2, 1)
        with pytest.raises(httpx2.ReadTimeout):
            get(stub, "/", timeout=0.05)


def test_leaving_tells_what_matched_nothing_and_which_rule_was_not_used() -> None:
    with pytest.raises(StubProblems) as caught, HttpStub() as stub:  # noqa: PT012
        stub.on("GET", "/users/{id}").answers().times(2)
        stub.on("GET", "/groups").answers()
        assert get(stub, "/users/1").status_code == 200
        answer = httpx2.post(stub.url + "/users/7", trust_env=False)
        assert answer.status_code == 501
    assert caught.value.problems == (
        "a rule must match POST '/users/7', got none; nearest is rule 1 'GET /users/{id}': "
        "method must be GET, got POST",
        "rule 1 'GET /users/{id}' must be requested 2 times, got 1",
    )
    assert answer.text == caught.value.problems[0] + "\n"


def test_one_request_more_than_times_is_unmatched() -> None:
    with HttpStub(strict=False) as stub:
        stub.on("GET", "/").answers().times(1)
        assert [get(stub, "/").status_code for _ in range(2)] == [200, 501]
        assert "all its 1 answers were given" in stub.problems[0]


def test_a_secret_header_is_in_no_message() -> None:
    with HttpStub(strict=False) as stub:
        stub.on(
            "GET", "/", headers={"Authorization": "Bearer right"}, query={"token": "t1"}
        ).answers()
        headers = {"Authorization": "Bearer hunter2", "X-Other": "hunter2"}
        answer = get(stub, "/?token=hunter2", headers=headers)
        said = answer.text + str(stub.problems) + repr(stub.requests)
        assert "authorization" in said
        assert not any(secret in said for secret in ("hunter2", "right", "t1"))
        assert stub.requests[0].headers["authorization"] == "Bearer hunter2"


def test_the_error_of_the_test_comes_first_and_carries_what_the_stub_saw() -> None:
    with pytest.raises(KeyError) as caught, HttpStub() as stub:  # noqa: PT012
        get(stub, "/lost")
        raise KeyError("mine")
    assert "'/lost'" in caught.value.__notes__[0]


def test_a_predicate_that_raises_and_a_rule_without_answer_are_told() -> None:
    def broken(request: HttpRequest) -> bool:
        raise ValueError(request.method)

    with HttpStub(strict=False) as stub:
        stub.on("GET", "/a", where=broken).answers()
        stub.on("GET", "/b")
        stub.on("GET", "/c", where=lambda _: False).answers()
        assert [get(stub, path).status_code for path in ("/a", "/b", "/c")] == [500, 500, 501]
        told = "\n".join(stub.problems)
    assert "must not raise, got ValueError" in told
    assert "must have an answer, got none" in told
    assert "its `where` said no" in told


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_are_a_problem_and_not_the_end(sent: bytes) -> None:
    with HttpStub(strict=False) as stub:
        stub.on("GET", "/").answers(text="ok")
        with socket.create_connection(("127.0.0.1", int(stub.url.rpartition(":")[2]))) as raw:
            raw.sendall(sent)
            assert raw.recv(20).startswith(b"HTTP/1.1 400 ")
        assert get(stub, "/").text == "ok"
        assert stub.problems[0].startswith("a request must be HTTP/1.x: ")


def test_http_1_0_closes_and_an_absolute_target_is_a_path() -> None:
    with HttpStub() as stub:
        stub.on("GET", "/a").answers(text="ok")
        with socket.create_connection(("127.0.0.1", int(stub.url.rpartition(":")[2]))) as raw:
            raw.sendall(b"\r\nGET http://elsewhere/a HTTP/1.0\r\n\r\n")
            assert raw.makefile("rb").read().endswith(b"\r\n\r\nok")


def test_reset_begins_anew_and_clear_forgets_the_rules() -> None:
    with HttpStub() as stub:
        stub.on("GET", "/").answers_each([201, 202])
        assert [get(stub, "/").status_code for _ in range(2)] == [201, 202]
        get(stub, "/lost")
        stub.reset()
        assert (stub.total, stub.requests, stub.problems) == (0, [], [])
        assert get(stub, "/").status_code == 201
        stub.clear()
        assert stub.rules == ()


def test_the_log_is_bounded_and_the_counts_are_exact_under_many_threads() -> None:
    with HttpStub(log_limit=5) as stub, ThreadPoolExecutor(4) as pool:
        rule = stub.on("GET", "/{n}").answers().times(40)
        list(pool.map(lambda n: get(stub, f"/{n}"), range(40)))
        assert (stub.total, rule.count, len(stub.requests)) == (40, 40, 5)


def test_an_async_client_uses_it_in_an_async_context() -> None:
    async def main() -> list[str]:
        async with HttpStub() as stub, httpx2.AsyncClient(trust_env=False) as client:
            stub.on("GET", "/{n}").answers(text="{n}")
            answers = await asyncio.gather(*(client.get(f"{stub.url}/{n}") for n in range(5)))
            return [answer.text for answer in answers]

    assert asyncio.run(main()) == ["0", "1", "2", "3", "4"]


def test_a_closed_stub_has_no_url_can_be_opened_again_and_not_twice() -> None:
    stub = HttpStub()
    with pytest.raises(UsageError, match="must be open to have a url"):
        _ = stub.url
    for _ in range(2):
        with stub:
            stub.url.index("127.0.0.1")
            with pytest.raises(UsageError, match="must be opened once"):
                stub.open()
    stub.close()


def test_an_idle_connection_does_not_outlive_the_stub() -> None:
    with HttpStub() as stub:
        stub.on("GET", "/").answers(text="ok")
        client = http.client.HTTPConnection("127.0.0.1", int(stub.url.rpartition(":")[2]))
        client.request("GET", "/")
        assert client.getresponse().read() == b"ok"
    assert client.sock.recv(1) == b""
    client.close()


def test_a_cassette_and_a_har_file_answer_as_recorded(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "interactions:\n"
        "- {request: {method: POST, uri: 'http://x/a', body: one},"
        " response: {status: {code: 201}, body: {string: first}}}\n"
        "- {request: {method: POST, uri: 'http://x/a', body: two},"
        " response: {status: {code: 202}, body: {string: second}}}\n"
    )
    (tmp_path / "a.har").write_text(
        '{"log": {"entries": [{"request": {"method": "GET", "url": "http://x/b?q=1"},'
        ' "response": {"status": 200, "content": {"text": "har"}}}]}}'
    )
    with HttpStub() as stub:
        stub.load_vcr(tmp_path / "a.yaml", match_body=True)
        stub.load_har(tmp_path / "a.har")
        for body, expected in (("two", "second"), ("one", "first"), ("two", "second")):
            answer = httpx2.post(stub.url + "/a", content=body, trust_env=False)
            assert answer.text == expected
        assert get(stub, "/b?q=1").text == "har"
