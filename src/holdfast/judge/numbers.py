"""Is the number within bounds? `between`, `close_to`."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from holdfast.judge.component import NotApplicable, ValueExpectation, not_applicable, take_fields
from holdfast.judge.param import take_flag, take_number
from holdfast.judge.show import brief, shown
from holdfast.judge.value import kind_of, number_of
from holdfast.model.finding import Finding, failed, passed
from holdfast.ports import BadParams
from holdfast.text.units import parse_share

__all__ = ["BETWEEN", "CLOSE_TO"]


class _Range(msgspec.Struct, frozen=True, kw_only=True):
    low: int | float
    high: int | float
    inclusive: bool = True

    def __str__(self) -> str:
        note = "" if self.inclusive else " (bounds excluded)"
        return f"{self.low} and {self.high}{note}"


class _Near(msgspec.Struct, frozen=True, kw_only=True):
    value: int | float
    tolerance: int | float


def _no_number(value: Any, expected: Any) -> NotApplicable:
    message = f"value must be a number, got {shown(value)} of type {kind_of(value)}"
    return not_applicable(message, expected=expected, observed=brief(value))


def _prepare_between(raw: Any) -> _Range:
    if isinstance(raw, list):
        items = cast("list[Any]", raw)
        if len(items) != 2:
            raise BadParams(f"between must be [low, high], got {len(items)} items")
        low = take_number(items[0], what="low", path=(0,))
        high = take_number(items[1], what="high", path=(1,))
        return _check_range(_Range(low=low, high=high))
    fields = take_fields(raw, ("low", "high", "inclusive"), what="between")
    for key in ("low", "high"):
        if key not in fields:
            raise BadParams(f"between must have {key}, got none", hint="for example [0, 1]")
    low = take_number(fields["low"], what="low", path=("low",))
    high = take_number(fields["high"], what="high", path=("high",))
    inclusive = take_flag(fields.get("inclusive", True), what="inclusive", path=("inclusive",))
    return _check_range(_Range(low=low, high=high, inclusive=inclusive))


def _check_range(found: _Range) -> _Range:
    if found.low > found.high:
        raise BadParams(f"low must not be above high, got {found.low} and {found.high}")
    if found.low == found.high and not found.inclusive:
        raise BadParams(f"nothing lies between {found.low} and {found.high} without the bounds")
    return found


def _judge_between(params: _Range, value: Any) -> Finding:
    number = number_of(value)
    bounds = [params.low, params.high]
    if number is None:
        raise _no_number(value, bounds)
    if params.inclusive:
        holds = params.low <= number <= params.high
    else:
        holds = params.low < number < params.high
    if holds:
        return passed(
            f"value is {number}, between {params}", expected=bounds, observed=brief(value)
        )
    message = f"value must lie between {params}, got {number}"
    return failed(message, expected=bounds, observed=brief(value))


def _prepare_close_to(raw: Any) -> _Near:
    hint = "for example {value: 0.5, tolerance: 0.01} or {value: 200, percent: 5}"
    if not isinstance(raw, dict):
        raise BadParams(f"close_to must say how close, got {raw!r}", hint=hint)
    fields = take_fields(raw, ("value", "tolerance", "percent"), what="close_to")
    if "value" not in fields or ("tolerance" in fields) == ("percent" in fields):
        raise BadParams("close_to must have a value, and a tolerance or a percent", hint=hint)
    value = take_number(fields["value"], what="value", path=("value",))
    if "percent" in fields:
        return _Near(value=value, tolerance=_percent_of(value, fields["percent"]))
    tolerance = take_number(fields["tolerance"], what="tolerance", path=("tolerance",))
    if tolerance < 0:
        raise BadParams(f"tolerance must not be negative, got {tolerance}", path=("tolerance",))
    return _Near(value=value, tolerance=tolerance)


def _percent_of(value: float, raw: Any) -> float:
    if isinstance(raw, str):
        try:
            share = parse_share(raw if raw.strip().endswith("%") else f"{raw}%")
        except ValueError as error:
            raise BadParams(str(error), path=("percent",)) from error
    else:
        share = take_number(raw, what="percent", path=("percent",)) / 100
    if share < 0:
        raise BadParams(f"percent must not be negative, got {raw!r}", path=("percent",))
    if value == 0:
        hint = "give a tolerance: any percent of 0 is 0"
        raise BadParams("percent must have a value other than 0", path=("percent",), hint=hint)
    return abs(value) * share


def _judge_close_to(params: _Near, value: Any) -> Finding:
    number = number_of(value)
    if number is None:
        raise _no_number(value, params.value)
    away = abs(number - params.value)
    within = f"within {params.tolerance:g} of {params.value}"
    # 1.1 is within 0.1 of 1.0, though the difference in floating point is 0.10000000000000009.
    slack = 1e-12 * max(1.0, abs(params.value)) if params.tolerance else 0.0
    # Neither NaN nor an infinity is near anything.
    if away <= params.tolerance + slack:
        return passed(f"value is {number}, {within}", expected=params.value, observed=brief(value))
    message = f"value must be {within}, got {shown(number)}, which is {shown(away)} away"
    return failed(message, expected=params.value, observed=brief(value))


_NUMBER = {"type": "number"}
BETWEEN = ValueExpectation(
    form={
        "anyOf": [
            {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
            {
                "type": "object",
                "required": ["low", "high"],
                "additionalProperties": False,
                "properties": {"low": _NUMBER, "high": _NUMBER, "inclusive": {"type": "boolean"}},
            },
        ],
        "description": "the number lies between these, bounds included unless `inclusive: false`",
    },
    prepare=_prepare_between,
    decide=_judge_between,
)
CLOSE_TO = ValueExpectation(
    form={
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": _NUMBER,
            "tolerance": {"type": "number", "minimum": 0},
            "percent": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]},
        },
        "oneOf": [{"required": ["tolerance"]}, {"required": ["percent"]}],
        "description": "the number is at most this far from the value",
    },
    prepare=_prepare_close_to,
    decide=_judge_close_to,
)
