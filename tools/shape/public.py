"""Is `__all__` of the package exactly what can be imported from it?"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from tools.shape.source import Finding

__all__ = ["check_public"]


def check_public(package: ModuleType, path: str) -> Iterator[Finding]:
    """Yield names of `__all__` that do not resolve, and public names that it leaves out.

    Submodules are left out of the second part: importing one sets it on the package.
    """
    promised: list[str] | tuple[str, ...] | None = getattr(package, "__all__", None)
    if promised is None:
        yield Finding(path, 1, "the package must have __all__")
        return
    for name in sorted({name for name in promised if list(promised).count(name) > 1}):
        yield Finding(path, 1, f"__all__ must name {name!r} once")
    for name in promised:
        problem = problem_of(package, name)
        if problem:
            yield Finding(path, 1, f"__all__ names {name!r}, which cannot be imported: {problem}")
    for name in sorted(set(dir(package)) - set(promised)):
        if not name.startswith("_") and not is_incidental(package, name):
            yield Finding(path, 1, f"{name!r} can be imported but is not in __all__")


def problem_of(package: ModuleType, name: str) -> str | None:
    """Return why a name does not resolve, or None."""
    try:
        getattr(package, name)
    except Exception as error:  # noqa: BLE001 - whatever a lazy import raises is the answer
        return f"{type(error).__name__}: {error}"
    return None


def is_incidental(package: ModuleType, name: str) -> bool:
    """Say whether a name is a module or `annotations`: an import's trace, not a public name."""
    value = getattr(package, name, None)
    return isinstance(value, ModuleType) or getattr(value, "__module__", "") == "__future__"
