"""Which function does a reference mean, and how must it be called?"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

__all__ = ["Lane", "find", "import_file", "lane_of", "lane_of_reference"]

Lane = Literal["async", "sync"]

_found: dict[str, Callable[..., Any]] = {}


def find(ref: str) -> Callable[..., Any]:
    """Return the callable that `module:qualname` or `path.py:qualname` names.

    Raises:
        ImportError: there is no such module.
        AttributeError: the module has no such name.
        TypeError: what it names cannot be called.
    """
    known = _found.get(ref)
    if known is not None:
        return known
    place, _, qualname = ref.rpartition(":")
    module = import_file(place) if place.endswith(".py") else importlib.import_module(place)
    value: Any = module
    for part in qualname.split("."):
        value = getattr(value, part)
    if not callable(value):
        raise TypeError(f"{ref} must be callable, got {type(value).__name__}")
    if inspect.isgeneratorfunction(value) or inspect.isasyncgenfunction(value):
        # Calling it runs nothing of its body: that nothing failed would prove nothing.
        raise TypeError(f"{ref} must be a function that runs when it is called, got a generator")
    _found[ref] = value
    return value


def import_file(path: str) -> ModuleType:
    """Import a file under its stem, or return it where it is imported already.

    Raises:
        ImportError: there is no such file, or another module has its name.
    """
    full = Path(path).resolve()
    name = full.stem
    known = sys.modules.get(name)
    if known is not None:
        if Path(getattr(known, "__file__", None) or "").resolve() == full:
            return known
        name = f"{name}_{abs(hash(str(full))):x}"
        if name in sys.modules:
            return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, full)
    if spec is None or spec.loader is None or not full.is_file():
        raise ImportError(f"there is no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def lane_of(function: Callable[..., Any]) -> Lane:
    """Tell whether a function is called on an event loop or in a worker of its own."""
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if inspect.iscoroutinefunction(inner):
        return "async"
    call = getattr(inner, "__call__", None)  # noqa: B004 - the type of the bound method is what is asked
    return "async" if inspect.iscoroutinefunction(call) else "sync"


def lane_of_reference(ref: str) -> Lane:
    """Tell which lane a reference needs; what cannot be imported is `sync`, and fails as evidence when it runs."""
    try:
        return lane_of(find(ref))
    except BaseException:  # noqa: BLE001 - also a module that calls sys.exit: the case that needs it will say so
        return "sync"
