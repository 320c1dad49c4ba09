"""Prove that a whole system holds together. The public names, resolved on first use."""

from __future__ import annotations

import importlib

# Not from typing: a confined child starts with nothing more than it needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from holdfast.cases.mark import case
    from holdfast.errors import HoldfastError
    from holdfast.library import run, run_async
    from holdfast.measure.timers import timer
    from holdfast.model.finding import Finding
    from holdfast.model.run import Run
    from holdfast.settings import Settings

__all__ = [
    "Finding",
    "HoldfastError",
    "Run",
    "Settings",
    "__version__",
    "case",
    "run",
    "run_async",
    "timer",
]

__version__ = "0.1.0"

_PLACES = {
    "Finding": "holdfast.model.finding",
    "HoldfastError": "holdfast.errors",
    "Run": "holdfast.model.run",
    "Settings": "holdfast.settings",
    "case": "holdfast.cases.mark",
    "run": "holdfast.library",
    "run_async": "holdfast.library",
    "timer": "holdfast.measure.timers",
}


# Packages that are used as `holdfast.NAME`, imported when they are.
_PACKAGES = frozenset({"capabilities", "doubles", "measure", "parallel", "session"})


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"holdfast.{name}")
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
    value = getattr(importlib.import_module(place), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
