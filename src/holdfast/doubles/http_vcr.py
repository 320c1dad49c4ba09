"""Which exchanges does a VCR cassette hold?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from holdfast.doubles.http_import import Recorded, decode_base64, make_recorded, read_text
from holdfast.errors import UsageError

__all__ = ["read_vcr"]

_KINDS: Mapping[Any, str] = {
    list: "a list",
    dict: "a mapping",
    str: "a text",
    (int, str): "a number",
}
_CURE = "a cassette of vcrpy begins with `interactions:`, a list of request and response"
# The first bytes of gzip (RFC 1952, 2.3.1) and of zlib (RFC 1950, 2.2).
_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def read_vcr(path: Path) -> list[Recorded]:
    """Read a cassette in YAML, as vcrpy and schemathesis write it.

    Raises:
        UsageError: it is no cassette; the interaction and its key are named.
    """
    text = read_text(path)
    try:
        loaded: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark is not None else str(path)
        told = getattr(error, "problem", None) or type(error).__name__
        raise UsageError(
            f"a cassette must be plain YAML, got: {told} ({place})", hint=_CURE
        ) from error
    interactions = _key(loaded, "interactions", list, str(path)) or cast("list[Any]", [])
    if not interactions:
        raise UsageError(
            f"a cassette must have at least one interaction, got none ({path})", hint=_CURE
        )
    return [
        _read_interaction(each, f"{path}: interaction {n}")
        for n, each in enumerate(cast("list[Any]", interactions), 1)
    ]


def _read_interaction(interaction: Any, place: str) -> Recorded:
    request = _key(interaction, "request", dict, place)
    response = _key(interaction, "response", dict, place)
    status = _key(response, "status", dict, f"{place}: response")
    body = _read_body(response.get("body"), f"{place}: response.body")
    headers = _read_headers(response.get("headers"), f"{place}: response.headers")
    if not body.startswith(_PACKED):
        # Cassettes of urllib3 2 keep the header of a body that was unpacked.
        headers = {n: v for n, v in headers.items() if n.casefold() != "content-encoding"}
    return make_recorded(
        _key(request, "method", str, f"{place}: request"),
        _key(request, "uri", str, f"{place}: request"),
        _read_body(request.get("body"), f"{place}: request.body"),
        status=_read_status(status, f"{place}: response.status"),
        headers=headers,
        body=body,
        place=place,
    )


def _read_status(status: Any, place: str) -> int:
    code = _key(status, "code", (int, str), place)
    if isinstance(code, str) and not (code.isascii() and code.isdecimal()):
        raise UsageError(f"code must be a number, got {code!r} ({place})", hint=_CURE)
    return int(code)


def _key(value: Any, key: str, kind: type | tuple[type, ...], place: str) -> Any:
    if not isinstance(value, dict):
        raise UsageError(
            f"a mapping with {key!r} must be here, got {type(value).__name__} ({place})", hint=_CURE
        )
    found = cast("dict[Any, Any]", value).get(key)
    # YAML 1.1 reads `no` as a bool, which Python counts among the numbers.
    if not isinstance(found, kind) or isinstance(found, bool):
        wanted = "there" if found is None else _KINDS[kind]
        shown = "none" if found is None else type(found).__name__
        raise UsageError(f"{key!r} must be {wanted}, got {shown} ({place})", hint=_CURE)
    return found


def _read_body(body: Any, place: str) -> bytes:
    if isinstance(body, Mapping):
        parts = cast(Mapping[str, Any], body)
        if isinstance(parts.get("base64_string"), str):
            return decode_base64("".join(parts["base64_string"].split()), place)
        body = parts.get("string")
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    raise UsageError(
        f"a body must be text or bytes, got {type(body).__name__} ({place})", hint=_CURE
    )


def _read_headers(headers: Any, place: str) -> dict[str, tuple[str, ...]]:
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise UsageError(
            f"headers must be a mapping, got {type(headers).__name__} ({place})", hint=_CURE
        )
    found: dict[str, tuple[str, ...]] = {}
    for name, values in cast(Mapping[Any, Any], headers).items():
        listed = cast("list[Any]", values) if isinstance(values, list) else [values]
        found[str(name)] = tuple(str(each) for each in listed)
    return found
