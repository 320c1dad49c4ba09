"""Is it fast enough, lean enough, and has that changed? Measuring with verdicts that can be trusted."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.measure.aa_selftest import SelfTest, aa
    from holdfast.measure.compare_versions import compare
    from holdfast.measure.leak_check import leakcheck
    from holdfast.measure.suspects import compare_all
    from holdfast.measure.verdict import Comparison
    from holdfast.measure.version import Version
    from holdfast.model.leak import LeakReport

__all__ = [
    "Comparison",
    "LeakReport",
    "SelfTest",
    "Version",
    "aa",
    "compare",
    "compare_all",
    "leakcheck",
]

# No module bears the name of a function: importing it would take the function's place here.
_PLACES = {
    "Comparison": "verdict",
    "SelfTest": "aa_selftest",
    "Version": "version",
    "aa": "aa_selftest",
    "compare": "compare_versions",
    "compare_all": "suspects",
    "leakcheck": "leak_check",
    "LeakReport": "leak_check",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'holdfast.measure' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"holdfast.measure.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
