"""How large is the value, and of which type? `length`, `type`, `not_empty`."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.judge.component import ValueExpectation, not_applicable, take_fields
from holdfast.judge.param import parse_bound, take_count, take_list
from holdfast.judge.show import brief, shown
from holdfast.judge.value import kind_of, open_value
from holdfast.model.finding import Finding, failed, passed
from holdfast.ports import BadParams
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import Limit

__all__ = ["LENGTH", "NOT_EMPTY", "TYPE"]

LENGTH_HINT = "for example 3, '<= 5' or {min: 1, max: 5}"
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
# The names that Python gives them; `float` is `number`, as JSON knows no other.
ALIASES = {
    "none": "null",
    "nonetype": "null",
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "list": "array",
    "tuple": "array",
    "dict": "object",
}
_UNITS = {"string": "characters", "array": "items", "object": "keys"}


class _Length(msgspec.Struct, frozen=True, kw_only=True):
    low: int = 0
    high: int | None = None
    limit: Limit | None = None
    text: str

    def holds(self, size: int) -> bool:
        if self.limit is not None:
            return self.limit.holds(size)
        return self.low <= size and (self.high is None or size <= self.high)


def _prepare_length(raw: Any) -> _Length:
    if isinstance(raw, int) and not isinstance(raw, bool):
        size = take_count(raw, what="length")
        return _Length(low=size, high=size, text=str(size))
    if isinstance(raw, dict):
        return _length_of_fields(take_fields(raw, ("min", "max"), what="length"))
    limit = parse_bound(raw, what="length", unit="number", hint=LENGTH_HINT)
    if limit.value < 0 or (limit.value == 0 and limit.op in {"<", ">="}):
        raise BadParams(
            f"length must be a limit that means something, got {raw!r}", hint=LENGTH_HINT
        )
    return _Length(limit=limit, text=limit.text)


def _length_of_fields(fields: dict[str, Any]) -> _Length:
    if not fields:
        raise BadParams("length must have a min or a max, got none", hint=LENGTH_HINT)
    low = take_count(fields.get("min", 0), what="min", path=("min",))
    high = take_count(fields["max"], what="max", path=("max",)) if "max" in fields else None
    if high is None and low == 0:
        raise BadParams(
            "min must be above 0 without a max: it would hold for every length", path=("min",)
        )
    if high is None:
        return _Length(low=low, text=f">= {low}")
    if low > high:
        raise BadParams(f"min must not be above max, got {low} and {high}", path=("min",))
    return _Length(low=low, high=high, text=f"<= {high}" if not low else f"from {low} to {high}")


def _judge_length(params: _Length, value: Any) -> Finding:
    kind = kind_of(value)
    if kind not in _UNITS:
        message = f"value must have a length, got {shown(value)} of type {kind}"
        raise not_applicable(message, expected=params.text, observed=brief(value))
    size = len(open_value(value))
    unit = _UNITS[kind] if size != 1 else _UNITS[kind].removesuffix("s")
    message = f"length was {size:,} {unit} (expected {params.text})"
    finding = passed if params.holds(size) else failed
    return finding(message, expected=params.text, observed=size)


def _prepare_type(raw: Any) -> tuple[str, ...]:
    if isinstance(raw, list):
        names = take_list(raw, what="type")
        return tuple(_type_name(name, (index,)) for index, name in enumerate(names))
    return (_type_name(raw, ()),)


def _type_name(raw: Any, path: tuple[int, ...]) -> str:
    hint = f"known: {', '.join(TYPES)}"
    if not isinstance(raw, str):
        offer = "; did you mean 'null' in quotes?" if raw is None else ""
        raise BadParams(
            f"type must be the name of a type, got {raw!r}{offer}", path=path, hint=hint
        )
    name = ALIASES.get(raw.lower(), raw)
    if name not in TYPES:
        offer = did_you_mean(raw, [*TYPES, *ALIASES])
        raise BadParams(f"no such type {raw!r}{offer}", path=path, hint=hint)
    return name


def _judge_type(names: tuple[str, ...], value: Any) -> Finding:
    kind = kind_of(value)
    if kind in names or (kind == "integer" and "number" in names):
        return passed(f"value is of type {kind}", observed=kind)
    expected = " or ".join(names)
    message = f"value must be of type {expected}, got {shown(value)} of type {kind}"
    return failed(message, expected=expected, observed=kind)


def _prepare_nothing(raw: Any) -> None:
    if raw is not None and raw is not True:
        raise BadParams(
            f"not_empty must stand without parameters, got {raw!r}", hint="write `not_empty`"
        )


def _judge_not_empty(params: None, value: Any) -> Finding:
    opened = open_value(value)
    is_blank = opened.strip() == "" if isinstance(opened, str) else opened in (None, [], {})
    if is_blank:
        return failed(f"value must not be empty, got {shown(value)}", observed=brief(value))
    return passed(f"value is {shown(value)}")


LENGTH = ValueExpectation(
    form={
        "anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "description": "a limit such as '<= 5'"},
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": {
                    "min": {"type": "integer", "minimum": 0},
                    "max": {"type": "integer", "minimum": 0},
                },
            },
        ],
        "description": "the characters of a text, the items of an array, the keys of an object",
    },
    prepare=_prepare_length,
    decide=_judge_length,
    is_shallow=True,
)
_TYPE_NAME = {"enum": [*TYPES, *sorted(ALIASES)]}
TYPE = ValueExpectation(
    form={
        "anyOf": [_TYPE_NAME, {"type": "array", "minItems": 1, "items": _TYPE_NAME}],
        "description": "the JSON type of the value, or one of several; an integer is a number, too",
    },
    prepare=_prepare_type,
    decide=_judge_type,
    is_shallow=True,
)
NOT_EMPTY = ValueExpectation(
    form={
        "enum": [None, True],
        "description": "the value is not null, not a blank text, and no array or object without items",
    },
    prepare=_prepare_nothing,
    decide=_judge_not_empty,
    is_shallow=True,
)
