"""How do a target's filled-in fields become its form, and what is said when they cannot?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from holdfast.model.evidence import CaseError, Evidence
from holdfast.ports import BadParams
from holdfast.text.units import parse_duration

__all__ = ["check_duration", "has_template", "read_spec", "refuse", "shortest"]

Form = TypeVar("Form", bound=msgspec.Struct)

_PLACE = re.compile(r"(?P<what>.*?) - at `\$\.?(?P<path>.*?)`\Z", re.DOTALL)


def read_spec(spec: Mapping[str, Any], form: type[Form]) -> Form:
    """Turn fields whose templates are filled in into their form.

    Raises:
        BadParams: a template brought a value that cannot stand there.
    """
    try:
        return msgspec.convert(dict(spec), form)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        if match is None:
            raise BadParams(str(error)) from error
        path = match["path"]
        raise BadParams(f"{path}: {match['what']}", path=(path,)) from error


def refuse(error: BadParams | OSError) -> Evidence:
    """Return the evidence of a call that could not even be prepared."""
    name = "" if isinstance(error, BadParams) else type(error).__name__
    message = (
        f"{error}\nhint: {error.hint}"
        if isinstance(error, BadParams) and error.hint
        else str(error)
    )
    return Evidence(
        has_value=False, error=CaseError(kind="setup", type=name or "BadParams", message=message)
    )


def has_template(value: object) -> bool:
    """Tell whether a text may still change: it is checked once its templates are filled in."""
    return isinstance(value, str) and "{" in value


def check_duration(value: str | float | None) -> None:
    """Refuse a text that is no duration, unless templates have yet to fill it in.

    Raises:
        ValueError: it is none.
    """
    if value is not None and not has_template(value):
        parse_duration(value)


def shortest(*limits: str | float | None) -> float | None:
    """Return the shortest of some time limits in seconds, or None where there is none."""
    known = [parse_duration(limit) for limit in limits if limit is not None]
    return min(known) if known else None
