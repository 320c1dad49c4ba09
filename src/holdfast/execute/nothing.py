"""What stands in where a case needs nothing of a port? Twins that do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.model.case import Case, Suite

__all__ = ["NoRecorder", "NoServices"]


class NoRecorder:
    """Keeps nothing: a case without samples and series has none to keep."""

    def event(self, name: str, **facts: Any) -> None:
        """Drop it."""

    def sample(self, name: str, value: float) -> None:
        """Drop it."""

    def series(self, name: str, at_s: float, value: float) -> None:
        """Drop it."""

    def value(self, name: str, value: Any) -> None:
        """Drop it."""


class NoServices:
    """There is no service to start."""

    async def enter(self, case: Case, suite: Suite) -> Mapping[str, Any]:
        """Start nothing; there are no variables."""
        del case, suite
        return {}

    async def leave(self, case: Case, suite: Suite) -> None:
        """Stop nothing."""

    async def end_suite(self, name: str) -> None:
        """Stop nothing."""

    async def lost(self, case: Case, suite: Suite) -> str:
        """Nothing died."""
        del case, suite
        return ""

    def pids(self) -> Mapping[str, int]:
        """Nothing was started."""
        return {}

    async def close(self) -> None:
        """There is nothing to stop."""
