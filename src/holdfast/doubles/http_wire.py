"""How do bytes of a connection become a request, and an answer bytes, broken ones included?"""

from __future__ import annotations

import http
import http.client
import re
import socket
import struct
from collections.abc import Callable
from io import BufferedReader
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from holdfast.doubles.http_exchange import HttpAnswer, HttpRequest, render

__all__ = ["BadRequest", "Gone", "read_request", "write_answer"]

_LONGEST_LINE = 65_536
# What a test sends to a stub is small; a client that never stops sending must not fill memory.
LARGEST_BODY = 64 * 1024 * 1024
_GARBAGE = b"\x16\x03\x01\x00\xff\xfe no http here \x00\x00\r\n\r\n"
_PIECES = 10
# SO_LINGER with zero seconds makes close() send RST (POSIX, socket(7)).
_RESET = struct.pack("ii", 1, 0)


class BadRequest(Exception):
    """The bytes are no HTTP/1.x request."""


class Gone(Exception):
    """The connection ends here."""


class Wait(Protocol):
    """Waits so many seconds; True where the stub closes meanwhile."""

    def __call__(self, timeout: float, /) -> bool: ...


def read_request(
    stream: BufferedReader, go_on: Callable[[], None]
) -> tuple[HttpRequest, bool] | None:
    """Read the next request and whether the connection stays; None at the end of the stream.

    Raises:
        BadRequest: these are no bytes of HTTP/1.x, or too many.
    """
    line = stream.readline(_LONGEST_LINE + 1)
    while line in {b"\r\n", b"\n"}:  # RFC 9112, 2.2: empty lines before a request are ignored
        line = stream.readline(_LONGEST_LINE + 1)
    if not line:
        return None
    words = line.decode("latin-1").rstrip("\r\n").split(" ")
    if len(words) != 3 or not re.fullmatch(r"HTTP/1\.[01]", words[2]):
        raise BadRequest("a request must begin with METHOD PATH HTTP/1.1")
    try:
        message = http.client.parse_headers(stream)
    except http.client.HTTPException as error:
        raise BadRequest(f"headers must be those of HTTP/1.1: {type(error).__name__}") from error
    headers: dict[str, str] = {}
    for name, value in message.items():
        known = headers.get(name.casefold())
        headers[name.casefold()] = value if known is None else f"{known}, {value}"
    if headers.get("expect", "").casefold() == "100-continue":
        go_on()
    body = _read_body(stream, headers)
    connection = headers.get("connection", "").casefold()
    stays = "keep-alive" in connection if words[2] == "HTTP/1.0" else "close" not in connection
    return _make_request(words[0], words[1], headers, body), stays


def _make_request(method: str, target: str, headers: dict[str, str], body: bytes) -> HttpRequest:
    try:
        # A path such as //a is no host.
        split = urlsplit(target if not target.startswith("//") else f"http://stub{target}")
        pairs = parse_qsl(split.query, keep_blank_values=True, max_num_fields=10_000)
    except ValueError as error:
        raise BadRequest("a request's target must be a path or an URL") from error
    path = split.path or "/"
    query: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        query[name] = (*query.get(name, ()), value)
    return HttpRequest(
        method=method.upper(),
        path=unquote(path),
        segments=tuple(unquote(part) for part in path.split("/")[1:]),
        query=query,
        headers=headers,
        body=body,
    )


def _read_body(stream: BufferedReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").casefold() == "chunked":
        return _read_chunks(stream)
    length = headers.get("content-length", "0")
    if not re.fullmatch(r"[0-9]{1,18}", length):
        raise BadRequest("content-length must be a number")
    return _read_exactly(stream, int(length))


def _read_chunks(stream: BufferedReader) -> bytes:
    body = bytearray()
    while True:
        size = stream.readline(_LONGEST_LINE).split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size):
            raise BadRequest("a chunk must begin with its size")
        if int(size, 16) == 0:
            break
        body += _read_exactly(stream, int(size, 16), already=len(body))
        stream.readline(_LONGEST_LINE)
    while stream.readline(_LONGEST_LINE).strip():  # trailers
        pass
    return bytes(body)


def _read_exactly(stream: BufferedReader, count: int, *, already: int = 0) -> bytes:
    if already + count > LARGEST_BODY:
        raise BadRequest(f"a body must be at most {LARGEST_BODY:,} bytes")
    body = stream.read(count)
    if len(body) < count:
        raise BadRequest(f"a body must have {count:,} bytes as announced, got {len(body):,}")
    return body


def write_answer(
    connection: socket.socket,
    answer: HttpAnswer,
    names: dict[str, str],
    *,
    method: str,
    stays: bool,
    wait: Wait,
) -> None:
    """Send an answer, or what its fault makes of it.

    Raises:
        Gone: the connection must be closed now.
    """
    if wait(answer.delay_s):
        raise Gone
    headers, body = render(answer, names)
    sent = b"" if answer.status in {204, 304} or method == "HEAD" else body
    # Half of nothing would be a whole answer.
    announced = len(body) or (1 if answer.fault == "truncate" else 0)
    length = None if answer.status == 204 else announced
    head = _make_head(answer.status, headers, length, stays=stays)
    if answer.fault == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    elif answer.fault == "garbage":
        connection.sendall(_GARBAGE)
    elif answer.fault == "truncate":
        connection.sendall(head + body[: len(body) // 2])
    elif answer.fault == "slow":
        connection.sendall(head)
        _send_slowly(connection, sent, answer.pace_s, wait)
    elif answer.fault is None:
        connection.sendall(head + sent)
    if answer.fault not in {None, "slow"} or not stays:
        raise Gone


def _send_slowly(connection: socket.socket, body: bytes, pace_s: float, wait: Wait) -> None:
    size = max(1, -(-len(body) // _PIECES))
    for at in range(0, len(body), size):
        if wait(pace_s):
            raise Gone
        connection.sendall(body[at : at + size])


def _make_head(
    status: int, headers: list[tuple[str, str]], length: int | None, *, stays: bool
) -> bytes:
    known = {each.value: each.phrase for each in http.HTTPStatus}
    lines = [f"HTTP/1.1 {status} {known.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines.append(f"Connection: {'keep-alive' if stays else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
