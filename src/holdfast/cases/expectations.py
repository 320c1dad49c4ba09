"""Is this authored expectation one that exists, with parameters that mean something?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from holdfast.cases.document import Fault, Place
from holdfast.cases.validate import shown
from holdfast.model.case import Expect, Surround
from holdfast.ports import BadParams, Compiled
from holdfast.registry import Registry
from holdfast.text.suggest import did_you_mean
from holdfast.text.templates import names_in

__all__ = ["Checked", "Expectations"]

_CACHED = 4096
_SIMPLE = frozenset({str, int, float, bool, type(None)})


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation that was checked, with the names inside it and the evidence that they need.

    `requires` tells for each name what it needs, `needs` what they need together;
    `around` is what the call must be surrounded with.
    """

    expect: Expect
    names: frozenset[str]
    needs: frozenset[str]
    requires: dict[str, frozenset[str]]
    around: tuple[Surround, ...] = ()


class Expectations:
    """Checks expectations against the components of a registry; the same one is checked once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[Any, Checked] = {}
        self._nested: list[tuple[BadParams, Any]] = []

    def check(
        self, raw: Any, place: Place, faults: list[Fault], *, is_final: bool = False
    ) -> Checked | None:
        """Return the checked expectation, or add what is wrong with it to `faults`.

        One that is final holds no templates any more, whatever its text looks like.
        """
        key = _key(raw)
        key = None if key is None else (is_final, key)
        if key is not None:
            known = self._known.get(key)
            if known is not None:
                return known
        try:
            name, params = split(raw)
        except BadParams as error:
            faults.append(Fault((*place, *error.path), error.message, error.hint))
            return None
        inner = (*place, name) if isinstance(raw, dict) else place
        try:
            self._load(name)
        except BadParams as error:
            faults.append(Fault(inner, error.message, error.hint))
            return None
        checked = self._compile(name, params, inner, faults, is_final=is_final)
        if checked is not None and key is not None and len(self._known) < _CACHED:
            self._known[key] = checked
        return checked

    def _compile(
        self, name: str, params: Any, place: Place, faults: list[Fault], *, is_final: bool
    ) -> Checked | None:
        expect = Expect(name, params)
        component = self._load(name)
        if not is_final and any(names_in(params, whole_only=True)):
            # What the template brings is known when the case runs; it is checked there.
            return _checked(expect, {name: component.requires})
        self._nested = []
        try:
            compiled = Compiled(
                name=name, component=component, params=component.compile(params, self._compile_one)
            )
        except BadParams as error:
            faults.extend(self._faults(error, params, place))
            return None
        every = tuple(_all_of(compiled))
        inside = {each.name: each.component.requires for each in every}
        around = tuple(
            need
            for each in every
            for need in each.component.needs(each.params)
            if isinstance(need, Surround)
        )
        return _checked(expect, inside, around)

    def _compile_one(self, raw: Any) -> Compiled:
        try:
            name, params = split(raw)
        except BadParams as error:
            self._nested.append((error, raw))
            raise
        try:
            component = self._load(name)
            compiled = component.compile(params, self._compile_one)
        except BadParams as error:
            if isinstance(raw, dict):
                inner = BadParams(error.message, path=(name, *error.path), hint=error.hint)
                self._nested.append((inner, cast("Any", raw)))
                raise inner from error
            self._nested.append((error, raw))
            raise
        return Compiled(name=name, component=component, params=compiled)

    def _load(self, name: str) -> Any:
        if not self._registry.has("expectation", name):
            names = self._registry.names("expectation")
            offer = did_you_mean(name, names)
            hint = "" if offer else "`holdfast schema cases` lists what there is"
            raise BadParams(f"no such expectation {name!r}{offer}", hint=hint)
        return self._registry.load("expectation", name)

    def _faults(self, error: BadParams, params: Any, place: Place) -> Iterator[Fault]:
        """Place an error; one that came up unchanged from inside is sought by its object."""
        if self._nested and isinstance(params, list):
            yield from self._each_nested(cast("list[Any]", params), place)
            return
        path: Place = error.path
        for nested, raw in self._nested:
            if nested is error:
                path = (*_path_to(raw, params), *path)
                break
        yield Fault((*place, *path), error.message, error.hint)

    def _each_nested(self, raws: list[Any], place: Place) -> Iterator[Fault]:
        """Tell what is wrong with every one of a list, not with the first alone."""
        for index, raw in enumerate(raws):
            try:
                self._compile_one(raw)
            except BadParams as error:
                yield Fault((*place, index, *error.path), error.message, error.hint)


def split(raw: Any) -> tuple[str, Any]:
    """Split `name` or `{name: parameters}`.

    Raises:
        BadParams: it is neither.
    """
    if isinstance(raw, str):
        return raw, None
    if isinstance(raw, dict) and len(cast("dict[str, Any]", raw)) == 1:
        return next(iter(cast("dict[str, Any]", raw).items()))
    if isinstance(raw, dict) and raw:
        names = [str(name) for name in cast("dict[str, Any]", raw)]
        message = f"an expectation must have one name, got {', '.join(names[:5])}"
        raise BadParams(message, path=(names[1],), hint="write one list item for each")
    raise BadParams(f"an expectation must be a name or {{name: parameters}}, got {shown(raw)}")


def _key(raw: Any) -> Any:
    """Return what tells simple expectations apart: 1, 1.0 and true are three."""
    if type(raw) is dict:
        pairs = cast("dict[str, Any]", raw)
        if len(pairs) != 1:
            return None
        ((name, params),) = pairs.items()
        return (name, type(params), params) if type(params) in _SIMPLE else None
    return raw if type(raw) is str else None


def _checked(
    expect: Expect, requires: dict[str, frozenset[str]], around: tuple[Surround, ...] = ()
) -> Checked:
    return Checked(
        expect=expect,
        names=frozenset(requires),
        needs=frozenset[str]().union(*requires.values()),
        requires=requires,
        around=around,
    )


def _all_of(compiled: Compiled) -> Iterator[Compiled]:
    yield compiled
    for inner in compiled.component.nested(compiled.params):
        yield from _all_of(inner)


def _path_to(wanted: Any, within: Any) -> Place:
    """Find the way to an object inside plain data, by identity."""
    items: Iterator[tuple[str | int, Any]]
    if isinstance(within, dict):
        items = iter(cast("dict[str, Any]", within).items())
    elif isinstance(within, list):
        items = enumerate(cast("list[Any]", within))
    else:
        return ()
    for key, item in items:
        if item is wanted:
            return (key,)
        found = _path_to(wanted, item)
        if found:
            return (key, *found)
    return ()
