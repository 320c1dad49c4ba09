"""What surrounds the call of a case: which driver makes it, under which conditions, watched by what?

Named by the author as a key of the case (`load: {...}`), or wanted by an expectation
(`no_leak` wants its driver). Where both name the same one, the author's parameters hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from holdfast.cases.context import Context
from holdfast.cases.document import Fault, Place
from holdfast.model.case import Surround
from holdfast.model.plan import MACHINE
from holdfast.ports import BadParams

__all__ = ["Wanted", "exclusive_uses", "read_surround"]

# What an expectation wants, with the expectation's name and place.
Wanted = tuple[Surround, str, Place]


def read_surround(
    raw: Mapping[str, Any],
    wanted: Iterable[Wanted],
    *,
    kind: str,
    place: Place,
    context: Context,
    faults: list[Fault],
) -> tuple[Surround, ...]:
    """Return what surrounds the call, each once; what does not fit is added to `faults`."""
    reader = _Reader(kind, context, faults)
    for name, around in context.forms.around.items():
        if name in raw:
            reader.add_authored(around, name, raw[name], (*place, name))
    for each, by, at in wanted:
        reader.add_wanted(each, by, at)
    return tuple(reader.found.values())


def exclusive_uses(
    surround: Iterable[Surround], uses: dict[str, int], context: Context
) -> dict[str, int]:
    """Return what the case uses: all of the machine where something measures."""
    for each in surround:
        if context.registry.load(each.kind, each.name).exclusive:
            return {**uses, MACHINE: context.permits[MACHINE]}
    return uses


class _Reader:
    def __init__(self, kind: str, context: Context, faults: list[Fault]) -> None:
        self.found: dict[tuple[str, str], Surround] = {}
        self._kind = kind
        self._context = context
        self._faults = faults
        self._driver = ""

    def add_authored(
        self, kind: Literal["driver", "condition", "probe"], name: str, raw: Any, place: Place
    ) -> None:
        component = self._context.registry.load(kind, name)
        try:
            params = component.check(raw)
        except BadParams as error:
            self._faults.append(Fault((*place, *error.path), error.message, error.hint))
            return
        self._add(Surround(kind=kind, name=name, params=params), f"{name!r}", place)

    def add_wanted(self, each: Surround, by: str, place: Place) -> None:
        if (each.kind, each.name) in self.found:
            return
        component = self._context.registry.load(each.kind, each.name)
        try:
            params = component.check(each.params)
        except BadParams as error:
            self._faults.append(Fault(place, error.message, error.hint))
            return
        self._add(Surround(kind=each.kind, name=each.name, params=params), f"{by!r}", place)

    def _add(self, each: Surround, by: str, place: Place) -> None:
        targets = self._context.registry.load(each.kind, each.name).targets
        if targets and self._kind not in targets:
            known = " or ".join(sorted(targets))
            message = f"{by} must have a {known} target, got {self._kind}"
            self._faults.append(Fault(place, message))
            return
        if each.kind == "driver":
            if self._driver:
                message = f"a case must have one driver, got {self._driver} and {by}"
                hint = "write two cases: each measurement needs the target to itself"
                self._faults.append(Fault(place, message, hint))
                return
            self._driver = by
        self.found[each.kind, each.name] = each
