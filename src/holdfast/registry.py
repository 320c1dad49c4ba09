"""Which component carries a name? The only place that imports by name.

A registry is a value: it is built in `cli/` or by the caller and handed down.
Components are loaded on first use, so that nothing heavy is imported early.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

from holdfast.errors import UsageError
from holdfast.text.suggest import did_you_mean

__all__ = ["Registry", "load_place"]


class Registry:
    """(kind, name) -> component.

    `components` are `(kind, name, "module:attribute")`. Entry points of the
    group "holdfast" named `kind.name` add to them when a look-up misses. A component
    `family.*` makes those of every name that begins with `family.`, by its `named(rest)`.
    """

    def __init__(
        self, components: Iterable[tuple[str, str, str]], *, entry_points: bool = True
    ) -> None:
        self._places: dict[tuple[str, str], str] = {
            (kind, name): place for kind, name, place in components
        }
        self._loaded: dict[tuple[str, str], Any] = {}
        self._look_outside = entry_points

    def names(self, kind: str) -> tuple[str, ...]:
        """Return every name of a kind, sorted."""
        self._add_entry_points()
        return tuple(sorted(name for known, name in self._places if known == kind))

    def has(self, kind: str, name: str) -> bool:
        """Tell whether a component of that kind and name is known, without loading it."""
        if (kind, name) in self._places or (kind, name) in self._loaded:
            return True
        self._add_entry_points()
        return (kind, name) in self._places or (kind, _family(name)) in self._places

    def load(self, kind: str, name: str) -> Any:
        """Return the component, imported on first use.

        Raises:
            UsageError: no component of that kind has the name.
        """
        key = (kind, name)
        found = self._loaded.get(key)
        if found is not None:
            return found
        if not self.has(kind, name):
            message = f"no such {kind} {name!r}{did_you_mean(name, self.names(kind))}"
            raise UsageError(message, hint=f"known: {', '.join(self.names(kind)) or 'none'}")
        if key in self._places:
            component = self._loaded[key] = load_place(self._places[key])
        else:
            rest = name.partition(".")[2]
            component = self._loaded[key] = self.load(kind, _family(name)).named(rest)
        return component

    def add(self, kind: str, name: str, component: Any) -> None:
        """Register a component object; a later one replaces an earlier one."""
        self._places[kind, name] = ""
        self._loaded[kind, name] = component

    def _add_entry_points(self) -> None:
        if not self._look_outside:
            return
        self._look_outside = False
        for entry in importlib.import_module("importlib.metadata").entry_points(group="holdfast"):
            kind, _, name = entry.name.partition(".")
            self._places.setdefault((kind, name), entry.value)


def _family(name: str) -> str:
    family, dot, _ = name.partition(".")
    return f"{family}.*" if dot else ""


def load_place(place: str) -> Any:
    """Import `module:attribute` and return the attribute."""
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)
