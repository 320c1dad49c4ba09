"""When does a run stop before all its cases ran?"""

from __future__ import annotations

import msgspec

from holdfast.model.result import Result, SkipKind

__all__ = ["Stop", "StopRules"]


class Stop(msgspec.Struct, frozen=True):
    """Why nothing more is started; empty while the run goes on."""

    kind: SkipKind = ""
    reason: str = ""


class StopRules:
    """Counts failures against `max_failures`; `budget_s` is the time that a run may take, 0 for no end.

    `today` is the ISO date against which expiries are held.
    """

    def __init__(self, *, max_failures: int = 0, budget_s: float = 0.0, today: str = "") -> None:
        self.budget_s = budget_s
        self.today = today
        self._max = max_failures
        self._failures = 0

    @property
    def may_stop(self) -> bool:
        """Whether a result can stop the run."""
        return self._max > 0

    def broken_by(self, result: Result) -> str:
        """Count a result; return why the run stops, or ""."""
        if not self._max or result.status not in {"failed", "error"}:
            return ""
        self._failures += 1
        if self._failures < self._max:
            return ""
        return (
            "the first failure stopped the run"
            if self._max == 1
            else f"{self._failures} failures stopped the run"
        )
