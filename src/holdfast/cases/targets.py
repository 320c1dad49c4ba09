"""Which target does a case or step name, and what are its fields?"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import msgspec

from holdfast.cases.document import Fault, Place
from holdfast.cases.validate import explain, shown
from holdfast.model.case import Expect, Target
from holdfast.registry import Registry
from holdfast.text.templates import names_in

__all__ = ["Kind", "Targets"]

_CACHED = 4096
_DETAIL = re.compile(r" - at `\$.*`\Z")


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a target component again and again."""

    produces: frozenset[str]
    implied: tuple[Expect, ...]
    takes_with: bool


class Targets:
    """Builds `Target` values with the components of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._kinds: dict[str, Kind] = {}
        self._known: dict[tuple[str, str], str] = {}

    def kind(self, name: str) -> Kind:
        """Return what a kind of target produces, implies and takes."""
        known = self._kinds.get(name)
        if known is None:
            component = self._registry.load("target", name)
            known = self._kinds[name] = Kind(
                produces=component.produces,
                implied=component.implied,
                takes_with="with" in _fields(component),
            )
        return known

    def build(self, kind: str, raw: Any, place: Place, faults: list[Fault]) -> Target:
        """Return the target; what is wrong with its fields is added to `faults`."""
        if isinstance(raw, str):
            field = self._known.get((kind, raw))
            if field is not None:
                return Target(kind=kind, spec={field: raw})
        component = self._registry.load("target", kind)
        spec: dict[str, Any]
        if isinstance(raw, str):
            spec = {_field_for_text(component): raw}
        elif isinstance(raw, list) and "argv" in _fields(component):
            spec = {"argv": cast("list[Any]", raw)}
        elif isinstance(raw, dict):
            spec = cast("dict[str, Any]", raw)
        else:
            faults.append(Fault(place, f"{kind!r} must be {_forms(component)}, got {shown(raw)}"))
            return Target(kind=kind, spec={})
        found = _check(spec, component.form, place, short=not isinstance(raw, dict))
        faults.extend(found)
        if not found and isinstance(raw, str) and len(self._known) < _CACHED:
            self._known[kind, raw] = _field_for_text(component)
        return Target(kind=kind, spec=spec)


def _check(spec: dict[str, Any], form: Any, place: Place, *, short: bool) -> list[Fault]:
    convert: Callable[..., Any] = msgspec.convert
    try:
        convert(spec, form)
    except msgspec.ValidationError as error:
        found = list(explain(spec, form, place, templates=True))
        if not found and not any(names_in(spec, whole_only=True)):
            found = [Fault(_place_of(str(error), place), _DETAIL.sub("", str(error)))]
        if short:
            # The field was not written: its place is that of the target.
            found = [Fault(place, fault.message, fault.hint) for fault in found]
        return found
    return []


def _place_of(message: str, place: Place) -> Place:
    _, found, path = message.partition(" - at `$")
    steps = [step for step in path.rstrip("`").split(".") if step] if found else []
    return (*place, *(step for step in steps if "[" not in step))


def _fields(component: Any) -> tuple[str, ...]:
    return component.form.__struct_encode_fields__


def _field_for_text(component: Any) -> str:
    """Name the field that a bare string fills; where a list fills `argv`, a string is a shell line."""
    if component.shorthand == "argv" and "shell" in _fields(component):
        return "shell"
    return component.shorthand


def _forms(component: Any) -> str:
    fields = _fields(component)
    names = [f"a string (its {_field_for_text(component)!r})", "an object"]
    if "argv" in fields:
        names.insert(1, "a list of arguments")
    return f"{', '.join(names[:-1])} or {names[-1]}"
