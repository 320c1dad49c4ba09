"""What does the body of a response say: JSON, text, or bytes?"""

from __future__ import annotations

import codecs
import json
from typing import Any

import httpx2
import msgspec

from holdfast.model.codec import MAX_VALUE_BYTES, to_plain

__all__ = ["Body", "read_body", "read_value"]

_TEXT_TYPES = frozenset(
    {
        "application/javascript",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/yaml",
        "application/toml",
        "application/graphql",
        "application/sql",
    }
)
_HEAD = 200


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a body: `cut_at` bytes came before reading was given up, 0 for all of it."""

    content: bytes
    cut_at: int = 0


async def read_body(response: httpx2.Response, *, limit: int = MAX_VALUE_BYTES) -> Body:
    """Read a body up to `limit` bytes; the rest of a larger one is never read."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > limit:
            declared = response.headers.get("content-length", "")
            is_known = declared.isdecimal() and "content-encoding" not in response.headers
            return Body(
                content=bytes(content[:_HEAD]), cut_at=int(declared) if is_known else len(content)
            )
    return Body(content=bytes(content))


def read_value(body: Body, content_type: str) -> tuple[Any, tuple[str, ...]]:
    """Return the body as plain data, with notes on what could not be taken at its word."""
    media, charset = _split_type(content_type)
    if body.cut_at:
        head = body.content.decode("utf-8", "replace")
        cut = {"$type": "cut", "type": media or "body", "bytes": body.cut_at, "head": head}
        return cut, (f"the body is larger than {MAX_VALUE_BYTES:,} bytes and was cut",)
    if media == "application/json" or media.endswith("+json"):
        return _read_json(body.content)
    if media.startswith("text/") or media in _TEXT_TYPES or media.endswith("+xml"):
        return _read_text(body.content, charset)
    if not media:
        return _read_unnamed(body.content), ()
    return to_plain(body.content).plain, ()


def _split_type(content_type: str) -> tuple[str, str]:
    media, *params = content_type.split(";")
    charset = ""
    for param in params:
        name, _, value = param.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip("\"'")
    return media.strip().lower(), charset


def _read_json(content: bytes) -> tuple[Any, tuple[str, ...]]:
    if not content:
        return "", ()
    try:
        value = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        shown = content.decode("utf-8", "replace")
        return shown, (f"the content type says JSON, but the body is none: {error}",)
    return to_plain(value).plain, ()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _read_text(content: bytes, charset: str) -> tuple[str, tuple[str, ...]]:
    try:
        codecs.lookup(charset or "utf-8")
        return content.decode(charset or "utf-8"), ()
    except (LookupError, ValueError):
        note = f"the body is not text in {charset or 'utf-8'}; odd bytes were replaced"
        return content.decode("utf-8", "replace"), (note,)


def _read_unnamed(content: bytes) -> Any:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return to_plain(content).plain
