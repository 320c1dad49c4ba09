"""Where in a value does a JSONPath (RFC 9535) or a dotted name lead?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import msgspec
from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError

from holdfast.judge.param import take_text
from holdfast.judge.show import quoted, shown
from holdfast.judge.value import (
    find_unknown,
    has_tags,
    is_dict,
    is_list,
    kind_of,
    open_deep,
    unknown,
)
from holdfast.ports import BadParams
from holdfast.text.suggest import did_you_mean

__all__ = ["Found", "Path", "compile_dotted", "compile_path", "find", "parse_json", "read_root"]

_ENVIRONMENT = JSONPathEnvironment(strict=True)
MAX_KEYS = 5


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled path; `keys` are its steps where it leads to one place at most."""

    text: str
    query: Any = None
    keys: tuple[str | int, ...] | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a path led to: its value, or why there is none, or why that is not known.

    Nothing is missing from what has no parts to ask for: there, `applies` is false.
    """

    value: Any = None
    missing: str = ""
    applies: bool = True
    unknown: str = ""


def compile_path(raw: Any, *, path: Sequence[str | int] = ()) -> Path:
    """Compile a JSONPath.

    Raises:
        BadParams: it is none by RFC 9535.
    """
    text = take_text(raw, what="a JSONPath", path=path)
    hint = f"for example '$.{text}'" if text.replace(".", "").replace("_", "").isalnum() else ""
    try:
        query = cast("JSONPath", _ENVIRONMENT.compile(text))
    except JSONPathError as error:
        index = getattr(error.token, "index", -1)
        place = f" at character {index + 1}" if index >= 0 else " at its end"
        message = f"a JSONPath must follow RFC 9535, got {text!r}: {error.args[0]}{place}"
        raise BadParams(message, path=path, hint=hint) from error
    return Path(text=text, query=query, keys=_keys_of(query))


def compile_dotted(raw: Any, *, path: Sequence[str | int] = ()) -> Path:
    """Compile a field's name: `a`, `a.b.0` (a key or an index at each dot), or a JSONPath."""
    text = take_text(raw, what="field", path=path)
    if text.startswith("$"):
        return compile_path(text, path=path)
    parts = text.split(".")
    if "" in parts:
        raise BadParams(f"field must not have an empty part, got {text!r}", path=path)
    return Path(text=text, keys=tuple(parts))


def read_root(value: Any) -> Found:
    """Return the JSON data that paths lead into; a text is read as JSON first."""
    if isinstance(value, str):
        try:
            return Found(value=parse_json(value))
        except ValueError as error:
            message = f"value is no JSON: {error}; got {quoted(value)}"
            return Found(missing=message, applies=False)
    reason = unknown(value)
    if reason:
        return Found(unknown=reason)
    return Found(value=open_deep(value) if has_tags(value) else value)


def parse_json(text: str) -> Any:
    """Parse JSON by RFC 8259, which has no NaN and no Infinity.

    Raises:
        ValueError: the text is no JSON.
    """
    return json.loads(text, parse_constant=_refuse_constant)


def find(path: Path, root: Any) -> Found:
    """Follow a path; one that may lead to several places gives the list of what is there."""
    if path.keys is not None:
        return _follow(path.keys, root)
    matches: list[Any] = list(path.query.findall(root)) if not isinstance(root, str) else []
    if matches:
        return Found(value=matches)
    reason = find_unknown(root)
    return (
        Found(unknown=reason)
        if reason
        else Found(
            missing=f"nothing at {path.text} in {shown(root)}",
            applies=is_dict(root) or is_list(root),
        )
    )


def _follow(keys: tuple[str | int, ...], root: Any) -> Found:
    value = root
    done = "$"
    for key in keys:
        if reason := unknown(value):
            return Found(unknown=reason)
        step = _step(value, key)
        if step is None:
            message = _describe_missing(value, key, done)
            return Found(missing=message, applies=_can_have(value, key, is_root=done == "$"))
        value = step[0]
        done += f"[{key}]" if isinstance(key, int) else f".{key}"
    return Found(value=value)


def _step(value: Any, key: str | int) -> tuple[Any] | None:
    if is_dict(value):
        return (value[key],) if isinstance(key, str) and key in value else None
    if not is_list(value):
        return None
    # A dotted name has indexes as text; nine digits are beyond every list.
    if isinstance(key, str):
        if not key.isascii() or not key.isdigit() or len(key) > 9:
            return None
        key = int(key)
    return (value[key],) if -len(value) <= key < len(value) else None


def _can_have(value: Any, key: str | int, *, is_root: bool) -> bool:
    """Tell whether a value of this kind may have such a part: an array has no names.

    Below the root a null says that there is nothing, parts included.
    """
    if is_list(value):
        return isinstance(key, int) or (key.isascii() and key.isdigit())
    if is_dict(value):
        return isinstance(key, str)
    return value is None and not is_root


def _describe_missing(value: Any, key: str | int, place: str) -> str:
    name = repr(key) if isinstance(key, str) else f"item {key}"
    if is_dict(value):
        keys = sorted(value)
        known = ", ".join(keys[:MAX_KEYS]) + (", ..." if len(keys) > MAX_KEYS else "")
        return f"no {name} at {place}{did_you_mean(str(key), keys)} (keys: {known or 'none'})"
    if is_list(value):
        count = "no items" if not value else f"{len(value):,} item{'' if len(value) == 1 else 's'}"
        return f"no {name} at {place}, which has {count}"
    return f"no {name} at {place}, which is {shown(value)} of type {kind_of(value)}"


def _keys_of(query: JSONPath) -> tuple[str | int, ...] | None:
    if not query.singular_query():
        return None
    selectors = [selector for segment in query.segments for selector in segment.selectors]
    return tuple(
        cast(
            "str | int",
            getattr(selector, "name", None)
            if hasattr(selector, "name")
            else getattr(selector, "index", None),
        )
        for selector in selectors
    )


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")
