"""How is a map run side by side, and is the result what a serial loop gives?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.parallel.batches import process_in_batches, safe_batch_size
    from holdfast.parallel.coroutines import map_async
    from holdfast.parallel.failure import Failure
    from holdfast.parallel.maps import execute, optimize, stream
    from holdfast.parallel.plan import Plan
    from holdfast.parallel.proof import verify
    from holdfast.parallel.verdict import Equality

__all__ = [
    "Equality",
    "Failure",
    "Plan",
    "execute",
    "map_async",
    "optimize",
    "process_in_batches",
    "safe_batch_size",
    "stream",
    "verify",
]

# No module bears the name of a function: importing it would take the function's place here.
_PLACES = {
    "Equality": "verdict",
    "Failure": "failure",
    "Plan": "plan",
    "execute": "maps",
    "map_async": "coroutines",
    "optimize": "maps",
    "process_in_batches": "batches",
    "safe_batch_size": "batches",
    "stream": "maps",
    "verify": "proof",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'holdfast.parallel' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"holdfast.parallel.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
