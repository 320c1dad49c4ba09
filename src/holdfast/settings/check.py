"""Does a value have the type, the bounds and the unit that its setting asks for?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec.inspect as kinds
from msgspec import Struct

from holdfast.settings.secret import mask_url
from holdfast.settings.values import Settings
from holdfast.text.redact import is_secret_name
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import parse_duration, parse_rate

__all__ = ["SETTINGS", "Fault", "Place", "check", "dotted", "from_text", "plain_kind"]

Place = tuple[str | int, ...]

# Longer numbers than 18 digits fit no counter.
_WHOLE = re.compile(r"\s*[+-]?\d{1,18}\s*\Z")
_NUMBER = re.compile(r"\s*[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,2})?\s*\Z")
_SWITCH = {
    **dict.fromkeys(("true", "on", "yes", "1"), True),
    **dict.fromkeys(("false", "off", "no", "0"), False),
}
_URL = re.compile(r"(\{[^}]*\}|https?://)\S+|\{[^}]*\}", re.IGNORECASE)
_SHOWN = 80


class Fault(Struct, frozen=True):
    """One problem of a value, by the way that leads to it."""

    place: Place
    message: str
    hint: str = ""


SETTINGS = cast("kinds.StructType", kinds.type_info(Settings))


def check(kind: kinds.Type, value: Any, place: Place = (), *, name: str = "") -> Iterator[Fault]:
    """Yield what is wrong with plain data that should become `kind`.

    `name` is how messages call the value; without it, its place.
    """
    subject = name or dotted(place)
    match kind:
        case kinds.Metadata():
            before = list(check(kind.type, value, place, name=name))
            extra = cast("dict[str, Any] | None", kind.extra) or {}  # pyright: ignore[reportUnknownMemberType]
            yield from before or _unit_faults(extra, value, place, subject)
        case kinds.UnionType():
            fits = next((one for one in kind.types if _fits(one, value)), None)
            if fits is None:
                yield _mismatch(kind, value, place, subject)
            else:
                yield from check(fits, value, place, name=name)
        case _ if not _fits(kind, value):
            yield _mismatch(kind, value, place, subject)
        case kinds.StructType():
            yield from _check_struct(kind, value, place)
        case kinds.DictType():
            for key, item in value.items():
                yield from check(kind.value_type, item, (*place, key))
        case kinds.VarTupleType():
            for index, item in enumerate(value):
                yield from check(kind.item_type, item, (*place, index))
        case kinds.IntType() | kinds.FloatType():
            yield from _bound_faults(kind, value, place, subject)
        case _:
            pass


def from_text(kind: kinds.Type, text: str) -> Any:
    """Read the text of a variable as `kind`; what cannot be read stays text, for `check` to refuse."""
    match kind:
        case kinds.Metadata():
            return from_text(kind.type, text)
        case kinds.UnionType():
            read = (from_text(one, text) for one in kind.types)
            return next((value for value in read if not isinstance(value, str)), text)
        case kinds.IntType():
            return int(text) if _WHOLE.match(text) else text
        case kinds.FloatType():
            return float(text) if _NUMBER.match(text) else text
        case kinds.BoolType():
            return _SWITCH.get(text.strip().casefold(), text)
        case kinds.VarTupleType():
            return [part.strip() for part in text.split(",") if part.strip()]
        case _:
            return text


def plain_kind(kind: kinds.Type) -> kinds.Type:
    """Return a type without its notes."""
    return plain_kind(kind.type) if isinstance(kind, kinds.Metadata) else kind


def dotted(place: Place) -> str:
    """Write a place as people do: `services.api.env`, `report[0]`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _check_struct(
    kind: kinds.StructType, value: Mapping[str, Any], place: Place
) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in kind.fields}
    for key, item in value.items():
        if key in fields:
            yield from check(fields[key].type, item, (*place, key))
        else:
            where = f" in {dotted(place)}" if place else ""
            hint = f"known: {', '.join(sorted(fields))}" if len(fields) <= 8 else ""
            yield Fault(
                (*place, key), f"no such key {key!r}{where}{did_you_mean(key, fields)}", hint
            )


def _fits(kind: kinds.Type, value: Any) -> bool:
    kind = plain_kind(kind)
    match kind:
        case kinds.StructType() | kinds.DictType():
            return isinstance(value, Mapping)
        case kinds.VarTupleType():
            return isinstance(value, list | tuple)
        case kinds.BoolType():
            return isinstance(value, bool)
        case kinds.IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case kinds.FloatType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case kinds.LiteralType():
            return isinstance(value, str) and value in kind.values
        case kinds.NoneType():
            return value is None
        case kinds.AnyType():
            return True
        case _:
            return isinstance(value, str)


def _expected(kind: kinds.Type) -> str:
    kind = plain_kind(kind)
    match kind:
        case kinds.UnionType():
            options = [_expected(one) for one in kind.types if not isinstance(one, kinds.NoneType)]
            return " or ".join(options)
        case kinds.StructType() | kinds.DictType():
            return "a table"
        case kinds.VarTupleType():
            return "a list"
        case kinds.BoolType():
            return "true or false"
        case kinds.IntType():
            return "a whole number"
        case kinds.FloatType():
            return "a number"
        case kinds.LiteralType():
            options = [repr(value) for value in kind.values]
            return options[0] if len(options) == 1 else f"one of {', '.join(options)}"
        case _:
            return "text"


def _mismatch(kind: kinds.Type, value: Any, place: Place, subject: str) -> Fault:
    plain = plain_kind(kind)
    offer = ""
    if isinstance(plain, kinds.LiteralType) and isinstance(value, str):
        offer = did_you_mean(value, cast("Sequence[str]", plain.values))
    return Fault(place, f"{subject} must be {_expected(kind)}, got {_show(value, place)}{offer}")


def _show(value: Any, place: Place) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    # What stands under a secret name is a secret even where it has the wrong type.
    if any(isinstance(part, str) and is_secret_name(part) for part in place):
        return "a hidden value"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        value = mask_url(value)
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _bound_faults(
    kind: kinds.IntType | kinds.FloatType, value: float, place: Place, subject: str
) -> Iterator[Fault]:
    low, high = kind.ge, kind.le
    is_in = math.isfinite(value)
    is_in = is_in and (low is None or value >= low) and (high is None or value <= high)
    if is_in and abs(value) < 2**63:
        return
    if is_in:
        expected = "below 2**63, the largest number that can be stored"
    elif high is None:
        expected = "finite" if low is None else f"at least {low}"
    else:
        expected = f"between {low} and {high}"
    hint = "0.9 is 90 %" if high == 1 and value > 1 else ""
    yield Fault(place, f"{subject} must be {expected}, got {value!r}", hint)


def _unit_faults(
    extra: Mapping[str, Any], value: str, place: Place, subject: str
) -> Iterator[Fault]:
    if value == "" and extra.get("optional"):
        return
    unit = extra["unit"]
    if unit == "url":
        if not _URL.fullmatch(value):
            expected = "must begin with http:// or https://"
            yield Fault(place, f"{subject} {expected}, got {_show(value, place)}")
        return
    try:
        quantity = parse_duration(value) if unit == "duration" else parse_rate(value)
    except ValueError as error:
        said = str(error).removeprefix(f"a {unit} ")
        yield Fault(place, f"{subject} {said}")
        return
    if quantity <= 0:
        expected = "longer than 0" if unit == "duration" else "more than 0"
        yield Fault(place, f"{subject} must be {expected}, got {value!r}")
