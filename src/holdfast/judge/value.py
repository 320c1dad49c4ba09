"""How are plain values opened and compared?

Plain data is what JSON can say; tagged values (see `model.codec`) are taken in the
form that JSON would give them: a date is its text, a set its members, a duration
its seconds, a decimal its number where a float says the same. What is opaque or cut has no known content.
"""

from __future__ import annotations

import base64
import decimal
from typing import Any, TypeGuard

from holdfast.model.codec import to_plain

__all__ = [
    "find_unknown",
    "has_tags",
    "is_dict",
    "is_list",
    "is_tagged",
    "kind_of",
    "number_of",
    "open_deep",
    "open_value",
    "plain_of",
    "same",
    "text_of",
    "unknown",
]

_UNKNOWN = frozenset({"opaque", "cut"})
_NUMBERS = frozenset({int, float})
_SCALARS = frozenset({bool, int, float, str, type(None)})


def is_dict(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether plain data is an object."""
    return type(value) is dict


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether plain data is an array."""
    return type(value) is list


def is_tagged(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether a value stands for something that JSON cannot say."""
    return type(value) is dict and "$type" in value


def plain_of(raw: Any) -> Any:
    """Return authored data in the form in which values are kept."""
    return to_plain(raw).plain


def unknown(value: Any) -> str:
    """Say why the content of a value is not known, or ""; only its outermost layer counts."""
    if not is_tagged(value) or value["$type"] not in _UNKNOWN:
        return ""
    if value["$type"] == "cut":
        limit = f"{int(value.get('bytes', 1)) - 1:,}"
        return f"value not kept whole: {value.get('type', 'value')} of more than {limit} bytes"
    return f"value not kept: opaque {value.get('type', 'value')}"


def find_unknown(value: Any) -> str:
    """Say why the content of some part of a value is not known, or ""."""
    if is_dict(value):
        reason = unknown(value)
        parts = value.values()
    elif is_list(value):
        reason, parts = "", value
    else:
        return ""
    if reason:
        return reason
    for item in parts:
        if type(item) not in _SCALARS and (reason := find_unknown(item)):
            return reason
    return ""


def open_value(value: Any) -> Any:
    """Return a value in the form that JSON would give it; its parts are left as they are."""
    if not is_tagged(value):
        return value
    inner = value.get("value")
    match value["$type"]:
        case "float":
            return float(str(inner))
        case "int":
            return int(str(inner), 0)
        case "decimal":
            return _number_of_decimal(str(inner))
        case "bytes":
            return _text_of_bytes(str(inner))
        case "map":
            return _open_map(value)
        case "opaque" | "cut":
            return value
        case _:
            return inner


def open_deep(value: Any) -> Any:
    """Return a value with all its parts in the form that JSON would give them."""
    opened = open_value(value)
    if is_list(opened):
        return [open_deep(item) for item in opened]
    if is_dict(opened):
        return {key: open_deep(item) for key, item in opened.items()}
    return opened


def same(left: object, right: object) -> bool:
    """Tell whether two plain values are equal as JSON values.

    `true` is not 1, 1 is 1.0, the order of keys is irrelevant, NaN equals NaN alone.
    Members of a set are compared in any order; what is opaque or cut equals nothing.
    """
    kind, other = type(left), type(right)
    if kind in _SCALARS and other in _SCALARS:
        if kind is not other and not (kind in _NUMBERS and other in _NUMBERS):
            return False
        return bool(left == right or (_is_nan(left) and _is_nan(right)))
    if is_tagged(left) or is_tagged(right):
        return _same_tagged(left, right)
    if is_dict(left) and is_dict(right):
        return len(left) == len(right) and all(
            key in right and same(item, right[key]) for key, item in left.items()
        )
    return (
        is_list(left) and is_list(right) and len(left) == len(right) and all(map(same, left, right))
    )


def kind_of(value: Any) -> str:
    """Return the JSON type of a value: null boolean integer number string array object."""
    match open_value(value):
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def text_of(value: Any) -> str | None:
    """Return a value as text where it is a text or stands for one (a date, a path), else None."""
    opened = open_value(value)
    return opened if isinstance(opened, str) else None


def number_of(value: Any) -> int | float | None:
    """Return a value as a number, else None; `true` is none."""
    opened = open_value(value)
    return opened if type(opened) in _NUMBERS else None


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value  # noqa: PLR0124 - NaN alone differs from itself


def _same_tagged(left: Any, right: Any) -> bool:
    tags = {value["$type"] for value in (left, right) if is_tagged(value)}
    if "set" in tags:
        return _same_members(open_value(left), open_value(right))
    if tags == {"map"} and is_tagged(left) and is_tagged(right):
        return _same_members(left["value"], right["value"])
    opened, other = open_value(left), open_value(right)
    # What is opaque or cut, or a map that cannot be opened, equals nothing that JSON can say.
    return not is_tagged(opened) and not is_tagged(other) and same(opened, other)


def _same_members(left: Any, right: Any) -> bool:
    if not is_list(left) or not is_list(right) or len(left) != len(right):
        return False
    rest = list(right)
    for item in left:
        found = next((index for index, each in enumerate(rest) if same(item, each)), None)
        if found is None:
            return False
        del rest[found]
    return True


def _open_map(value: dict[str, Any]) -> Any:
    opened = {str(open_value(key)): item for key, item in value["value"]}
    # Two keys with one text, or a real key "$type", cannot be said in JSON without a change of meaning.
    return value if "$type" in opened or len(opened) < len(value["value"]) else opened


def _number_of_decimal(text: str) -> Any:
    """Return the number that a decimal is, or its text where no JSON number says the same."""
    exact = decimal.Decimal(text)
    if not exact.is_finite():
        return float(exact) if not exact.is_snan() else text
    number = float(exact)
    return number if decimal.Decimal(repr(number)) == exact else text


def _text_of_bytes(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except UnicodeDecodeError:
        return text


def has_tags(value: Any) -> bool:
    """Tell whether some part of a value is tagged."""
    if is_dict(value):
        return "$type" in value or any(map(has_tags, value.values()))
    return is_list(value) and any(map(has_tags, value))
