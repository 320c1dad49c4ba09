"""How is a quantity shown to people: 912 ms, 1.2 s, 64 KiB, 2,000, 31 %?"""

from __future__ import annotations

import math
from typing import Literal

__all__ = [
    "UnitKind",
    "format_bytes",
    "format_duration",
    "format_number",
    "format_quantity",
    "format_share",
]

UnitKind = Literal["duration", "bytes", "rate", "share", "number"]

_SHORT = (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3))
_BINARY = ("B", "KiB", "MiB", "GiB")


def format_duration(seconds: float, *, digits: int = 3) -> str:
    """Show a duration in its natural unit, with `digits` significant digits below a minute.

    >>> format_duration(0.912), format_duration(1.2), format_duration(125)
    ('912 ms', '1.2 s', '2 m 5 s')
    """
    if seconds < 0:
        return f"-{format_duration(-seconds, digits=digits)}"
    if seconds == 0 or not math.isfinite(seconds):
        return f"{seconds:g} s"
    for unit, size in _SHORT:
        shown = _rounded(seconds / size, digits)
        if shown < 1000:
            return f"{_plain(shown)} {unit}"
    shown = _rounded(seconds, digits)
    if shown < 60:
        return f"{_plain(shown)} s"
    return _long(seconds)


def format_bytes(size: float, *, digits: int = 3) -> str:
    """Show a size in B, KiB, MiB or GiB.

    >>> format_bytes(65536), format_bytes(999)
    ('64 KiB', '999 B')
    """
    if size < 0:
        return f"-{format_bytes(-size, digits=digits)}"
    power = 0
    while power < len(_BINARY) - 1 and _rounded(size / 1024**power, max(digits, 4)) >= 1024:
        power += 1
    return f"{format_number(size / 1024**power, digits=digits)} {_BINARY[power]}"


def format_number(value: float, *, digits: int = 4) -> str:
    """Show a number with thousands marked; whole numbers are shown in full.

    >>> format_number(2000), format_number(0.123456)
    ('2,000', '0.1235')
    """
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 1e15:
        return f"{value:.{digits}g}"
    if abs(_rounded(value, digits)) >= 10 ** (digits - 1) or value.is_integer():
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def format_share(share: float, *, digits: int = 4) -> str:
    """Show a share in percent; what is not quite none or all never reads 0 % or 100 %.

    >>> format_share(0.31), format_share(0.999999)
    ('31 %', '99.9999 %')
    """
    percent = share * 100
    shown = f"{percent:.{digits}g}"
    while shown == "100" and share != 1 and digits < 17:
        digits += 1
        shown = f"{percent:.{digits}g}"
    return f"{shown} %"


def format_quantity(value: float, kind: UnitKind, *, digits: int = 4) -> str:
    """Show a value in base units (seconds, bytes, per second, share) in the form of its kind."""
    if kind == "duration":
        return format_duration(value, digits=digits)
    if kind == "bytes":
        return format_bytes(value, digits=digits)
    if kind == "share":
        return format_share(value, digits=digits)
    number = format_number(value, digits=digits)
    return f"{number}/s" if kind == "rate" else number


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _plain(value: float) -> str:
    # Not 'g': it turns 999.99 at three digits into 1e+03.
    return str(int(value)) if value.is_integer() else repr(value)


def _long(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest} s" if rest else f"{minutes} m"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes} m" if minutes else f"{hours:,} h"
