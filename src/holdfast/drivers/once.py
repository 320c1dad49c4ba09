"""How is a target called exactly once?"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from holdfast.model.evidence import Evidence
from holdfast.ports import BadParams, Work

__all__ = ["DRIVER", "OnceDriver"]


class OnceDriver:
    """One call; its evidence is the attempt's evidence. What a case has that names no other."""

    targets: frozenset[str] = frozenset()
    exclusive = False

    def schema(self) -> dict[str, Any]:
        return {"type": "null", "description": "call the target exactly once"}

    def check(self, raw: Any) -> None:
        if raw is not None:
            raise BadParams(f"once must have no parameters, got {raw!r:.60}")

    def drive(self, work: Work) -> Awaitable[Evidence]:
        return work.call()


DRIVER = OnceDriver()
