"""Does a request fit a rule, and if not, what differs?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote

import msgspec

from holdfast.doubles.http_exchange import HttpRequest
from holdfast.errors import UsageError
from holdfast.text.redact import is_secret_name

__all__ = ["Match", "Wanted", "compare", "differ_json", "read_wanted"]

_SHOWN = 80
# A path that fits outweighs all else: the rule for it is the one that was meant.
_WEIGHT_PATH = 4.0
# Values of these headers say nothing about anybody.
_OPEN_HEADERS = frozenset({"accept", "content-type", "accept-encoding", "content-length"})


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule asks of a request; an empty part asks nothing."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = {}
    exact_query: bool = False
    headers: Mapping[str, str] = {}
    json: Any = msgspec.UNSET
    exact: bool = False
    where: Callable[[HttpRequest], bool] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Match(msgspec.Struct, frozen=True):
    """How a request compares with a rule: what differs, the parts of the path, how near."""

    differences: tuple[str, ...]
    names: Mapping[str, str]
    score: float


def read_wanted(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    **rest: Any,
) -> Wanted:
    """Check what an author wrote.

    Raises:
        UsageError: the method or the path cannot be one.
    """
    if not re.fullmatch(r"\*|[A-Za-z-]+", method):
        raise UsageError(f"method must be a word such as GET, or *, got {method!r}")
    if not path.startswith("/") or "?" in path or "#" in path:
        raise UsageError(
            f"path must start with / and have no query, got {path!r}",
            hint='stub.on("GET", "/users", query={"page": 2})',
        )
    names = [part[1:-1] for part in path.split("/") if _is_name(part)]
    if len(set(names)) < len(names):
        raise UsageError(f"path must name each part once, got {path!r}")
    return Wanted(
        method=method.upper(),
        path=path,
        query={name: _values(value) for name, value in (query or {}).items()},
        headers={name.casefold(): value for name, value in (headers or {}).items()},
        **rest,
    )


def _values(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(_text(each) for each in cast("Sequence[Any]", value))
    return (_text(value),)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_name(part: str) -> bool:
    return re.fullmatch(r"\{[A-Za-z_]\w*\}", part) is not None


def compare(wanted: Wanted, request: HttpRequest) -> Match:
    """Compare everything but the predicate; it is asked only where all else fits."""
    differences: list[str] = []
    score = 0.0
    if wanted.method in {"*", request.method}:
        score += 1.5
    else:
        differences.append(f"method must be {wanted.method}, got {request.method}")
    names = _match_path(wanted.path, request.segments)
    if names is None:
        differences.append(f"path must be {wanted.path}, got {_show(request.path)}")
        score += difflib.SequenceMatcher(None, wanted.path, request.path[:200]).ratio()
    else:
        score += _WEIGHT_PATH
    for found in (
        _differ_query(wanted, request),
        _differ_headers(wanted, request),
        _differ_body(wanted, request),
    ):
        differences += found
        score -= 0.1 * len(found)
    return Match(tuple(differences), names or {}, score)


def _match_path(template: str, segments: tuple[str, ...]) -> dict[str, str] | None:
    parts = template.split("/")[1:]
    if len(parts) != len(segments):
        return None
    names: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        if _is_name(part):
            if not segment:
                return None
            names[part[1:-1]] = segment
        elif unquote(part) != segment:
            return None
    return names


def _differ_query(wanted: Wanted, request: HttpRequest) -> list[str]:
    found: list[str] = []
    for name, values in wanted.query.items():
        got = request.query.get(name)
        if got is None:
            found.append(f"query {name!r} must be {_show_query(name, values)}, got none")
        elif got != values:
            found.append(
                f"query {name!r} must be {_show_query(name, values)}, got {_show_query(name, got)}"
            )
    if wanted.exact_query:
        extra = sorted(set(request.query) - set(wanted.query))
        found += [f"query {name!r} must not be there" for name in extra[:5]]
    return found


def _show_query(name: str, values: tuple[str, ...]) -> str:
    if is_secret_name(name):
        return "[hidden]"
    return _show(values[0] if len(values) == 1 else list(values))


def _differ_headers(wanted: Wanted, request: HttpRequest) -> list[str]:
    found: list[str] = []
    for name, value in wanted.headers.items():
        got = request.headers.get(name)
        if got is None:
            found.append(f"header {name!r} must be there, got none")
        elif got != value and name in _OPEN_HEADERS:
            found.append(f"header {name!r} must be {_show(value)}, got {_show(got)}")
        elif got != value:
            found.append(f"header {name!r} must have the rule's value, got another (not shown)")
    return found


def _differ_body(wanted: Wanted, request: HttpRequest) -> list[str]:
    if wanted.json is msgspec.UNSET:
        return []
    try:
        body = request.json()
    except ValueError:
        return [f"body must be JSON, got {len(request.body):,} bytes that are none"]
    try:
        difference = differ_json(wanted.json, body, exact=wanted.exact)
    except RecursionError:
        return ["body must not be nested this deeply"]
    return [] if difference is None else [difference]


def differ_json(expected: Any, actual: Any, *, exact: bool, place: str = "$") -> str | None:
    """Return the first difference; without `exact`, objects may have more keys.

    >>> differ_json({"n": 1}, {"n": True, "m": 2}, exact=False)
    'body $.n must be 1, got True'
    """
    if isinstance(expected, Mapping) and isinstance(actual, dict):
        wanted, got = cast(Mapping[str, Any], expected), cast("dict[str, Any]", actual)
        return _differ_objects(wanted, got, exact=exact, place=place)
    if isinstance(expected, list | tuple) and isinstance(actual, list):
        items, others = cast("Sequence[Any]", expected), cast("list[Any]", actual)
        if len(items) != len(others):
            return f"body {place} must have {len(items)} items, got {len(others)}"
        pairs = enumerate(zip(items, others, strict=True))
        each = (differ_json(a, b, exact=exact, place=f"{place}[{at}]") for at, (a, b) in pairs)
        return next((found for found in each if found is not None), None)
    if isinstance(expected, bool) is isinstance(actual, bool) and expected == actual:
        return None
    hidden = is_secret_name(place)
    shown = ("[hidden]", "another") if hidden else (_show(expected), _show(actual))
    return f"body {place} must be {shown[0]}, got {shown[1]}"


def _differ_objects(
    expected: Mapping[str, Any], actual: dict[str, Any], *, exact: bool, place: str
) -> str | None:
    for key, value in expected.items():
        inner = f"{place}.{key}"
        if key not in actual:
            return f"body {inner} must be there, got none"
        found = differ_json(value, actual[key], exact=exact, place=inner)
        if found is not None:
            return found
    extra = sorted(set(actual) - set(expected)) if exact else []
    return f"body {place}.{_show(extra[0])[1:-1]} must not be there" if extra else None


def _show(value: Any) -> str:
    """Return a short text; objects and lists by size, since any key of theirs may be a secret."""
    if isinstance(value, Mapping):
        return f"an object of {len(cast('Mapping[Any, Any]', value))} keys"
    if isinstance(value, list | tuple) and len(cast("Sequence[Any]", value)) > 5:
        return f"a list of {len(cast('Sequence[Any]', value))} items"
    text = repr(cast(object, value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
