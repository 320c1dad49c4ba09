"""What quantity does this text mean: how long, how many bytes, how often, which share?"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, cast

from msgspec import Struct

from holdfast.text.format import (
    UnitKind,
    format_bytes,
    format_duration,
    format_number,
    format_quantity,
    format_share,
)
from holdfast.text.suggest import nearest

__all__ = [
    "Limit",
    "Op",
    "UnitKind",
    "format_bytes",
    "format_duration",
    "format_number",
    "format_quantity",
    "format_share",
    "parse_bytes",
    "parse_duration",
    "parse_limit",
    "parse_rate",
    "parse_share",
]

Op = Literal["<", "<=", ">", ">=", "=="]

_UNITS: Mapping[UnitKind, Mapping[str, Fraction]] = {
    "duration": {
        "ns": Fraction(1, 10**9),
        "us": Fraction(1, 10**6),
        "ms": Fraction(1, 1000),
        "s": Fraction(1),
        "m": Fraction(60),
        "h": Fraction(3600),
    },
    "bytes": {
        "B": Fraction(1),
        "KB": Fraction(10**3),
        "MB": Fraction(10**6),
        "GB": Fraction(10**9),
        "KiB": Fraction(2**10),
        "MiB": Fraction(2**20),
        "GiB": Fraction(2**30),
    },
    "rate": {"/s": Fraction(1), "/min": Fraction(1, 60)},
    "share": {"%": Fraction(1, 100)},
    "number": {},
}
_EXAMPLE: Mapping[UnitKind, str] = {
    "duration": "'200ms'",
    "bytes": "'64KB'",
    "rate": "'200/s'",
    "share": "'1%' or 0.01",
    "number": "2000",
}
_KIND_OF_UNIT: dict[str, UnitKind] = {
    unit: kind for kind, units in _UNITS.items() for unit in units
}
# What people write out of habit; refused all the same, so that a file reads one way only.
_HABITS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "millis": "ms",
    "\N{MICRO SIGN}s": "us", "usec": "us", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "bytes": "B", "byte": "B", "K": "KB",
    "k": "KB", "M": "MB", "G": "GB", "Ki": "KiB", "Mi": "MiB", "Gi": "GiB", "/m": "/min",
    "/sec": "/s", "rps": "/s", "percent": "%", "pct": "%",
}  # fmt: skip
# The length and the two digits of the exponent are bounded: '1e999999999' would never end.
_QUANTITY = re.compile(
    r"\s*([+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?)\s*([^\d\s.]\S*)?\s*\Z"
)
_LIMIT = re.compile(r"\s*([<>=!~]*)(.*)\Z", re.DOTALL)
_OPS: tuple[Op, ...] = ("<", "<=", ">", ">=", "==")


class Limit(Struct, frozen=True, kw_only=True):
    """A bound on a measurement; `value` in seconds, bytes, per second, a share or a number."""

    op: Op
    value: float
    unit_kind: UnitKind
    text: str

    def holds(self, observed: float) -> bool:
        """Say whether `observed`, in the unit of `value`, keeps the limit.

        Raises: ValueError for NaN, which neither keeps nor breaks a limit.
        """
        if math.isnan(observed):
            raise ValueError(
                f"a measurement must be a number to be held against '{self.text}', got nan"
            )
        if self.op == "<":
            return observed < self.value
        if self.op == "<=":
            return observed <= self.value
        if self.op == ">":
            return observed > self.value
        if self.op == ">=":
            return observed >= self.value
        return observed == self.value


def parse_duration(value: str | float, *, allow_negative: bool = False) -> float:
    """Read a duration in seconds; a bare number is seconds.

    Raises: ValueError for another unit, and for a negative duration unless allowed.

    >>> parse_duration("200ms"), parse_duration(30), parse_duration("2m")
    (0.2, 30.0, 120.0)
    """
    return float(_parse(value, "duration", signed=allow_negative))


def parse_bytes(value: str | float) -> int:
    """Read a size in whole bytes; KB, MB, GB are powers of 1000, KiB, MiB, GiB of 1024.

    >>> parse_bytes("1 MiB"), parse_bytes("64KB")
    (1048576, 64000)
    """
    return round(_parse(value, "bytes"))


def parse_rate(value: str | float) -> float:
    """Read a rate per second; a bare number is per second.

    >>> parse_rate("60/min")
    1.0
    """
    return float(_parse(value, "rate"))


def parse_share(value: str | float) -> float:
    """Read a share from 0 to 1, as a number or in percent.

    >>> parse_share("1%"), parse_share(0.3)
    (0.01, 0.3)
    """
    share = _parse(value, "share")
    if share > 1:
        raise ValueError(f"a share must lie between 0 and 1 (0% and 100%), got {value!r}")
    return float(share)


def parse_limit(value: str | float) -> Limit:
    """Read a limit such as '< 800ms'; without an operator it means at most.

    >>> parse_limit("< 800ms").holds(0.912)
    False
    """
    if not isinstance(value, str):
        return Limit(
            op="<=", value=float(_number(value, "number")), unit_kind="number", text=f"<= {value!r}"
        )
    op, quantity = _split_limit(value)
    match = _QUANTITY.match(quantity)
    unit = (match[2] or "") if match else ""
    kind = _KIND_OF_UNIT.get(unit, "number")
    if match is None or (unit and kind == "number"):
        raise ValueError(_limit_message(value, unit))
    bound = float(Fraction(match[1]) * _UNITS[kind].get(unit, 1))
    return Limit(op=op, value=bound, unit_kind=kind, text=f"{op} {quantity.strip()}")


def _split_limit(text: str) -> tuple[Op, str]:
    match = cast("re.Match[str]", _LIMIT.match(text))
    op = match[1] or "<="
    if op not in _OPS:
        cure = {"=": "==", "=<": "<=", "=>": ">=", "===": "=="}.get(op)
        offer = f"; did you mean {cure!r}?" if cure else ""
        raise ValueError(f"a limit must start with one of {', '.join(_OPS)}, got {text!r}{offer}")
    return op, match[2]


def _limit_message(value: str, unit: str) -> str:
    units = " ".join(_KIND_OF_UNIT)
    expected = f"a limit must be an operator and a quantity such as '< 800ms' (units: {units})"
    return f"{expected}, got {value!r}{_offer(unit, _KIND_OF_UNIT)}"


def _parse(value: str | float, kind: UnitKind, *, signed: bool = False) -> Fraction:
    number = _quantity(value, kind) if isinstance(value, str) else _number(value, kind)
    if number < 0 and not signed:
        raise ValueError(f"a {_noun(kind)} must not be negative, got {value!r}")
    return number


def _quantity(text: str, kind: UnitKind) -> Fraction:
    units = _UNITS[kind]
    match = _QUANTITY.match(text)
    unit = (match[2] or "") if match else ""
    if match is None or (unit and unit not in units):
        raise ValueError(_message(text, kind, unit))
    return Fraction(match[1]) * units.get(unit, 1)


def _number(value: object, kind: UnitKind) -> Fraction:
    # Files are read by people and parsers alike: the type says number, the value may not be.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(_message(value, kind, ""))
    return Fraction(value)


def _message(value: object, kind: UnitKind, unit: str) -> str:
    units = _UNITS[kind]
    named = f" (units: {' '.join(units)})" if units else ""
    return f"a {_noun(kind)} must be a quantity such as {_EXAMPLE[kind]}{named}, got {value!r}{_offer(unit, units)}"


def _offer(unit: str, units: Mapping[str, object]) -> str:
    habit = _HABITS.get(unit, _HABITS.get(unit.casefold(), ""))
    found = habit if habit in units else nearest(unit, units)
    return f"; did you mean {found!r}?" if unit and found else ""


def _noun(kind: UnitKind) -> str:
    return "size" if kind == "bytes" else kind
