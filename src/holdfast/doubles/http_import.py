"""Which exchanges does a HAR file hold, and which of them are the same request?"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from holdfast.doubles.http_exchange import HttpAnswer, parse_json
from holdfast.errors import UsageError

__all__ = ["Recorded", "group", "kept_headers", "make_recorded", "read_har", "read_text"]

# The stub frames its answers itself; a date or a hop of then means nothing now (RFC 9110, 7.6.1).
_DROPPED = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "transfer-encoding",
        "trailer",
        "upgrade",
    }
)


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange of a recording."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    body: bytes
    json: Any
    answer: HttpAnswer


class _Pair(msgspec.Struct, frozen=True):
    name: str
    value: str


class _Post(msgspec.Struct, frozen=True):
    text: str = ""
    params: list[Any] = []


class _Request(msgspec.Struct, frozen=True, rename="camel"):
    method: str
    url: str
    post_data: _Post | None = None


class _Content(msgspec.Struct, frozen=True):
    text: str = ""
    encoding: str = ""


class _Response(msgspec.Struct, frozen=True):
    status: int
    headers: list[_Pair] = []
    content: _Content = _Content()


class _Entry(msgspec.Struct, frozen=True):
    request: _Request
    response: _Response


class _Log(msgspec.Struct, frozen=True):
    entries: list[_Entry]
    version: str = "1.2"


class _Har(msgspec.Struct, frozen=True):
    log: _Log


def read_text(path: Path) -> str:
    """Read a recording.

    Raises:
        UsageError: it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"a recording must be readable, got {error.strerror} ({path})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"a recording must be UTF-8, got other bytes ({path})") from error


def read_har(path: Path) -> list[Recorded]:
    """Read a HAR 1.2 file (http://www.softwareishard.com/blog/har-12-spec/).

    An entry of status 0, which browsers write for a request that was broken off, is
    answered by breaking the connection off.

    Raises:
        UsageError: it is no HAR file; the entry and its key are named.
    """
    try:
        har = msgspec.json.decode(read_text(path).encode(), type=_Har)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(
            f"a HAR file must be JSON of HAR 1.2, got: {error} ({path})",
            hint="save it as HAR from the network tab of a browser, or by the tool that wrote it",
        ) from error
    if not har.log.version.startswith("1."):
        raise UsageError(f"a HAR file must be of version 1.2, got {har.log.version!r} ({path})")
    if not har.log.entries:
        raise UsageError(f"a HAR file must have at least one entry, got none ({path})")
    return [_read_entry(each, f"{path}: entry {n}") for n, each in enumerate(har.log.entries, 1)]


def _read_entry(entry: _Entry, place: str) -> Recorded:
    content, response = entry.response.content, entry.response
    body = content.text.encode()
    if content.encoding:
        if content.encoding != "base64":
            raise UsageError(f"content.encoding must be base64, got {content.encoding!r} ({place})")
        body = decode_base64(content.text, place)
    headers: dict[str, tuple[str, ...]] = {}
    for pair in response.headers:
        # HTTP/2 pseudo-headers, and the text of a HAR is decoded already.
        if not pair.name.startswith(":") and pair.name.casefold() != "content-encoding":
            headers[pair.name] = (*headers.get(pair.name, ()), pair.value)
    post = entry.request.post_data
    if post is not None and post.params and not post.text:
        raise UsageError(
            f"postData must have a text, got params alone ({place})",
            hint="leave postData out, and match by method and URL",
        )
    return make_recorded(
        entry.request.method,
        entry.request.url,
        post.text.encode() if post else b"",
        status=response.status,
        headers=headers,
        body=body,
        place=place,
    )


def decode_base64(text: str, place: str) -> bytes:
    """Decode base64; a UsageError names the place where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"a body in base64 must be base64, got {text[:20]!r} ({place})") from error


def kept_headers(headers: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Leave out the headers that belong to the connection of then."""
    return {name: value for name, value in headers.items() if name.casefold() not in _DROPPED}


def make_recorded(
    method: str,
    url: str,
    sent: bytes,
    *,
    status: int,
    headers: Mapping[str, tuple[str, ...]],
    body: bytes,
    place: str,
) -> Recorded:
    """Make one exchange; whatever cannot be answered again is a UsageError with its place."""
    try:
        split = urlsplit(url)
        pairs = parse_qsl(split.query, keep_blank_values=True)
    except ValueError as error:
        raise UsageError(f"url must be an URL, got {url[:80]!r} ({place})") from error
    if split.scheme not in {"http", "https"} or not split.netloc:
        shown = url.split("?", maxsplit=1)[0][:80]
        raise UsageError(f"url must begin with http:// or https://, got {shown!r} ({place})")
    query: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        query[name] = (*query.get(name, ()), value)
    try:
        if status == 0:
            answer = HttpAnswer(fault="reset")
        else:
            kept = None if status in {204, 304} else body
            answer = HttpAnswer(status=status, headers=kept_headers(headers), body=kept)
    except UsageError as error:
        raise UsageError(f"{error.message} ({place})", hint=error.hint) from error
    return Recorded(
        method=method.upper(),
        path=split.path or "/",
        query=query,
        body=sent,
        json=_json_of(sent),
        answer=answer,
    )


def _json_of(body: bytes) -> Any:
    try:
        return parse_json(body) if body else msgspec.UNSET
    except ValueError:
        return msgspec.UNSET


def group(recorded: list[Recorded], *, match_body: bool) -> list[tuple[Recorded, list[HttpAnswer]]]:
    """Gather the answers of equal requests, in the order of the recording."""
    found: dict[str, tuple[Recorded, list[HttpAnswer]]] = {}
    for each in recorded:
        sent: Any = None
        if match_body:
            sent = each.body.hex() if each.json is msgspec.UNSET else [each.json]
        query = sorted((name, list(values)) for name, values in each.query.items())
        key = json.dumps([each.method, each.path, query, sent], sort_keys=True)
        found.setdefault(key, (each, []))[1].append(each.answer)
    return list(found.values())
