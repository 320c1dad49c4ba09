"""How are authored parameters read, so that a bad one is found before anything runs?"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, cast

from holdfast.ports import BadParams
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import Limit, UnitKind, parse_limit

__all__ = [
    "FLAGS",
    "compile_pattern",
    "parse_bound",
    "take_count",
    "take_flag",
    "take_list",
    "take_number",
    "take_text",
]

Path = Sequence[str | int]

FLAGS = {
    "ignorecase": re.IGNORECASE,
    "i": re.IGNORECASE,
    "multiline": re.MULTILINE,
    "m": re.MULTILINE,
    "dotall": re.DOTALL,
    "s": re.DOTALL,
    "ascii": re.ASCII,
    "a": re.ASCII,
    "verbose": re.VERBOSE,
    "x": re.VERBOSE,
}


def take_text(raw: Any, *, what: str, path: Path = (), allow_empty: bool = False) -> str:
    """Return a text; an empty one, which would hold for everything, is refused."""
    if not isinstance(raw, str):
        raise BadParams(
            f"{what} must be a string, got {raw!r}", path=path, hint="quote it if it is text"
        )
    if not raw and not allow_empty:
        raise BadParams(f"{what} must not be empty: that would hold for every value", path=path)
    return raw


def take_number(raw: Any, *, what: str, path: Path = ()) -> int | float:
    """Return a finite number; `true` is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise BadParams(f"{what} must be a number, got {raw!r}", path=path)
    return raw


def take_count(raw: Any, *, what: str, path: Path = ()) -> int:
    """Return a whole number of at least 0."""
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise BadParams(f"{what} must be a whole number of at least 0, got {raw!r}", path=path)
    return raw


def take_list(raw: Any, *, what: str, path: Path = ()) -> list[Any]:
    """Return a list of at least one item."""
    if not isinstance(raw, list) or not raw:
        raise BadParams(f"{what} must be a list of at least one item, got {raw!r}", path=path)
    return cast("list[Any]", raw)


def take_flag(raw: Any, *, what: str, path: Path = ()) -> bool:
    """Return true or false."""
    if not isinstance(raw, bool):
        raise BadParams(f"{what} must be true or false, got {raw!r}", path=path)
    return raw


def compile_pattern(
    raw: Any, *, flags: Any = None, path: Path = (), flags_path: Path = ()
) -> re.Pattern[str]:
    """Compile a regular expression.

    Raises:
        BadParams: it cannot be compiled, or a flag is not known.
    """
    text = take_text(raw, what="a regular expression", path=path)
    try:
        return re.compile(text, _flags(flags, flags_path))
    except (re.error, OverflowError, RecursionError) as error:
        raise BadParams(
            f"a regular expression must compile, got {text!r}: {error}", path=path
        ) from error


def _flags(raw: Any, path: Path) -> re.RegexFlag:
    names = [raw] if isinstance(raw, str) else raw or []
    total = re.RegexFlag(0)
    if not isinstance(names, list):
        raise BadParams(f"flags must be a name or a list of names, got {raw!r}", path=path)
    for name in cast("list[Any]", names):
        if not isinstance(name, str) or name.lower() not in FLAGS:
            offer = did_you_mean(str(name), FLAGS)
            raise BadParams(
                f"no such flag {name!r}{offer}", path=path, hint=f"known: {', '.join(FLAGS)}"
            )
        total |= FLAGS[name.lower()]
    return total


def parse_bound(raw: Any, *, what: str, unit: UnitKind, hint: str) -> Limit:
    """Read a limit such as '< 2s' that has an operator and a unit of the given kind.

    Raises:
        BadParams: it is none, or of another unit.
    """
    if not isinstance(raw, str) or raw.strip()[:1] not in {"<", ">", "="}:
        raise BadParams(f"{what} must be a limit with an operator, got {raw!r}", hint=hint)
    try:
        limit = parse_limit(raw)
    except ValueError as error:
        raise BadParams(str(error), hint=hint) from error
    if limit.unit_kind != unit:
        noun = "no unit" if unit == "number" else f"a unit of {unit}"
        raise BadParams(f"{what} must have {noun}, got {raw!r}", hint=hint)
    return limit
