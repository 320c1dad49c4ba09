"""What may code touch, and what does it touch? `observe` tells, `enforce` stops."""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from holdfast.capabilities.calls import enforce, observe
    from holdfast.capabilities.confine import confine_self
    from holdfast.capabilities.grammar import BadCapability, parse_capability
    from holdfast.capabilities.manager import AuditEntry, CapabilityManager, Violation
    from holdfast.capabilities.observation import Observation
    from holdfast.capabilities.violation import CannotEnforce, CapabilityViolation
    from holdfast.capabilities.worker import ConfinedWorker

__all__ = [
    "AuditEntry",
    "BadCapability",
    "CannotEnforce",
    "CapabilityManager",
    "CapabilityViolation",
    "ConfinedWorker",
    "Observation",
    "Violation",
    "confine_self",
    "enforce",
    "observe",
    "parse_capability",
]

# Resolved on first use: the confined child imports this package before it is confined.
_PLACES = {
    "AuditEntry": "manager",
    "BadCapability": "grammar",
    "CannotEnforce": "violation",
    "CapabilityManager": "manager",
    "CapabilityViolation": "violation",
    "ConfinedWorker": "worker",
    "Observation": "observation",
    "Violation": "manager",
    "confine_self": "confine",
    "enforce": "calls",
    "observe": "calls",
    "parse_capability": "grammar",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'holdfast.capabilities' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"holdfast.capabilities.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
