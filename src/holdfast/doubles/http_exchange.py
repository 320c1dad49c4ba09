"""What does a stub server receive, and what may it answer?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, cast

import msgspec

from holdfast.errors import UsageError

__all__ = ["Fault", "HttpAnswer", "HttpRequest", "fill", "render"]

Fault: TypeAlias = Literal["reset", "empty", "garbage", "truncate", "slow"]

FAULTS: tuple[str, ...] = ("reset", "empty", "garbage", "truncate", "slow")
# A day: whoever wants a longer delay has mixed up its unit.
_LONGEST_S = 86_400.0
_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came; header names are in lower case, the path is decoded.

    Its text shows neither headers nor body, because they may hold secrets.
    """

    method: str
    path: str
    segments: tuple[str, ...] = ()
    query: Mapping[str, tuple[str, ...]] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ValueError: the body is no JSON.
        """
        return parse_json(self.body)

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {self.path}, {len(self.body):,} bytes)"


def parse_json(body: bytes) -> Any:
    """Read JSON from bytes; whatever is wrong with it is a ValueError."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("JSON must not be nested this deeply") from error


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: a status, at most one of `json`, `text` and `body`, headers, a delay, a fault.

    `{name}` in `json`, `text` and header values stands for that part of the rule's path.
    `fault`: `reset` breaks the connection off before the answer, `empty` closes it,
    `garbage` sends bytes that are no HTTP, `truncate` sends half the body and closes,
    `slow` sends the body in ten pieces with `pace_s` before each.

    Raises:
        UsageError: the parts cannot mean an answer.
    """

    status: int = 200
    json: Any = msgspec.UNSET
    text: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str | tuple[str, ...]] = {}
    delay_s: float = 0.0
    fault: Fault | None = None
    pace_s: float = 0.05

    def __post_init__(self) -> None:
        if type(self.status) is not int or not 200 <= self.status <= 599:
            raise UsageError(f"status must be a number from 200 to 599, got {self.status!r}")
        if self.fault is not None and self.fault not in FAULTS:
            raise UsageError(
                f"fault must be one of {', '.join(sorted(FAULTS))}, got {self.fault!r}"
            )
        bodies = [self.json is not msgspec.UNSET, self.text is not None, self.body is not None]
        if sum(bodies) > 1:
            raise UsageError("an answer must have at most one of json, text and body")
        if (self.status in {204, 304}) and any(bodies):
            raise UsageError(f"an answer of status {self.status} must have no body")
        for name, seconds in (("delay_s", self.delay_s), ("pace_s", self.pace_s)):
            if isinstance(seconds, bool) or not isinstance(seconds, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise UsageError(f"{name} must be a number, got {seconds!r}")
            if not 0 <= seconds <= _LONGEST_S:
                raise UsageError(f"{name} must be seconds from 0 to 86400, got {seconds!r}")
        self._check_content()

    def _check_content(self) -> None:
        for part, value, kind in (("text", self.text, str), ("body", self.body, bytes)):
            if value is not None and type(value) is not kind:
                raise UsageError(f"{part} must be {kind.__name__}, got {type(value).__name__}")
        for name, values in self.headers.items():
            for value in (values,) if isinstance(values, str) else values:
                _check_header(name, value)
        if self.json is msgspec.UNSET:
            return
        try:
            json.dumps(self.json, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(
                f"json must be plain JSON data, got {type(self.json).__name__}: {error}"
            ) from error


def _check_header(name: str, value: str) -> None:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise UsageError(f"a header's name must be a token of RFC 9110, got {name!r}")
    if name.casefold() in _FRAMING:
        raise UsageError(
            f"header {name!r} must be left to the stub, which counts the bytes itself",
            hint="a fault (truncate, garbage) makes an answer whose framing is wrong",
        )
    if re.search(r"[\r\n\0]", value):
        raise UsageError(f"header {name!r} must be one line")
    if not value.isascii():
        raise UsageError(f"header {name!r} must be ASCII, got {value!r}")


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """Put the parts of the path into every `{name}` of plain data; other braces stay."""
    if not names:
        return value
    if isinstance(value, str):
        return _NAME.sub(lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        pairs = cast(Mapping[Any, Any], value).items()
        return {fill(key, names): fill(item, names) for key, item in pairs}
    if isinstance(value, list | tuple):
        return [fill(item, names) for item in cast("list[Any]", value)]
    return value


def render(answer: HttpAnswer, names: Mapping[str, str]) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers and the body, with the parts of the path filled in."""
    kind, body = "", answer.body or b""
    if answer.json is not msgspec.UNSET:
        kind = "application/json"
        body = json.dumps(fill(answer.json, names), ensure_ascii=False).encode()
    elif answer.text is not None:
        kind, body = "text/plain; charset=utf-8", str(fill(answer.text, names)).encode()
    headers: list[tuple[str, str]] = []
    for name, values in answer.headers.items():
        for value in (values,) if isinstance(values, str) else values:
            filled = re.sub(r"[\r\n\0]", " ", str(fill(value, names)))
            headers.append((name, filled))
    if kind and not any(name.casefold() == "content-type" for name, _ in headers):
        headers.insert(0, ("Content-Type", kind))
    return headers, body
