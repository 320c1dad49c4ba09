"""What does a class offer, as a text that changes when the offer does?"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import inspect
from typing import Any

__all__ = ["digest_of_surface", "place_of", "version_of"]


@functools.cache
def digest_of_surface(kind: Any) -> str:
    """Return a digest of the public members of a class, or of a function, with their signatures."""
    if not isinstance(kind, type):
        return _digest(_shape(kind))
    names = sorted(name for name in dir(kind) if not name.startswith("_") or name == "__init__")
    lines = [f"{name} {_shape(inspect.getattr_static(kind, name))}" for name in names]
    return _digest("\n".join(lines))


def place_of(kind: Any) -> str:
    """Return `module:name` of a class or function."""
    return f"{kind.__module__}:{kind.__qualname__}"


def version_of(kind: Any) -> str:
    """Return the version of the distribution that a class belongs to, "" where it has none."""
    package = str(kind.__module__).partition(".")[0]
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _shape(member: Any) -> str:
    kind = type(member).__name__
    if kind in {"staticmethod", "classmethod"}:
        return f"{kind} {_shape(member.__func__)}"
    if isinstance(member, property):
        return "property" if member.fset is None else "property that can be set"
    if not callable(member):
        return type(member).__name__
    is_async = "async " if inspect.iscoroutinefunction(member) else ""
    try:
        shown = [
            f"{each.kind.name} {each.name}{'' if each.default is each.empty else ' optional'} {_name(each.annotation)}"
            for each in inspect.signature(member).parameters.values()
        ]
    except (TypeError, ValueError):
        return f"{is_async}callable"  # of a compiled module: it tells no signature
    return f"{is_async}({', '.join(shown)})"


def _name(annotation: Any) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    return (
        annotation
        if isinstance(annotation, str)
        else getattr(annotation, "__qualname__", "") or repr(annotation)
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
