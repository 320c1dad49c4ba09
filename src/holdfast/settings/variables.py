"""Which variable of the environment carries which setting?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec.inspect as kinds

from holdfast.settings.check import SETTINGS, Place, check, from_text, plain_kind
from holdfast.text.suggest import nearest

__all__ = ["INTERNAL", "PROFILE", "VARIABLES", "Variable", "read_variable", "unknown_variables"]

PREFIX = "HOLDFAST_"
PROFILE = "HOLDFAST_PROFILE"
# Set by holdfast itself for its children, and by its own tests.
INTERNAL = frozenset(
    {
        "HOLDFAST_RUN",
        "HOLDFAST_TRACEBACK",
        "HOLDFAST_SPAWN",
        "HOLDFAST_TEST_SESSION",
        "HOLDFAST_WORKER",
    }
)

Variable = tuple[Place, kinds.Type]


def _variables(struct: kinds.StructType, place: Place = ()) -> Iterator[tuple[str, Variable]]:
    """Yield every setting that a text can say: all but tables of free names."""
    for field in struct.fields:
        here = (*place, field.encode_name)
        kind = plain_kind(field.type)
        if isinstance(kind, kinds.StructType):
            yield from _variables(kind, here)
        elif not isinstance(kind, kinds.DictType):
            yield PREFIX + "_".join(map(str, here)).upper(), (here, field.type)


VARIABLES: Mapping[str, Variable] = dict(_variables(SETTINGS))


def read_variable(name: str, text: str) -> tuple[Place, Any, list[str]]:
    """Read a variable's text; return the setting's place, the value, and what is wrong with it.

    >>> read_variable("HOLDFAST_SLOTS", "x")[2]
    ["HOLDFAST_SLOTS must be a whole number, got 'x'"]
    """
    place, kind = VARIABLES[name]
    value = from_text(kind, text)
    return place, value, [fault.message for fault in check(kind, value, place, name=name)]


def unknown_variables(names: Iterable[str]) -> dict[str, str]:
    """Map each HOLDFAST_* variable that is no setting to the message about it."""
    known = [*VARIABLES, PROFILE]
    unknown = {
        name
        for name in names
        if name.startswith(PREFIX) and name not in INTERNAL and name not in known
    }
    return {name: f"no such variable {name!r}{_offer(name, known)}" for name in sorted(unknown)}


def _offer(name: str, known: list[str]) -> str:
    # Without the common prefix, which alone would make every name a near one.
    found = nearest(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known])
    return f"; did you mean '{PREFIX}{found}'?" if found else ""
