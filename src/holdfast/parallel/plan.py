"""What was decided for a map, on which measurements, and what came of it?"""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.parallel.explain import explain
from holdfast.parallel.profile import Decision, ExecutorName, Profile
from holdfast.parallel.verdict import Equality

__all__ = ["Plan"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to map a function over data, why, and (after `execute`) how it went.

    `data` is what to go on with: the list as it was, or a generator with what was probed
    put back in front of it. `speedup_interval` bounds `estimated_speedup`.
    """

    n_jobs: int
    chunksize: int
    executor: ExecutorName
    reason: str
    estimated_speedup: float = 1.0
    speedup_interval: tuple[float, float] = (1.0, 1.0)
    warnings: tuple[str, ...] = ()
    data: Any = None
    profile: Profile = Profile()
    decisions: tuple[Decision, ...] = ()
    equality: Equality | None = None
    items: int | None = None

    def explain(self) -> str:
        """Tell in lines of text what was measured, what bound the choice, what it cost."""
        return explain(self)
