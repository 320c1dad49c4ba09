"""What is one invocation as a whole: its counts, its verdict, its environment?"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from holdfast.model.result import Result
from holdfast.model.watched import Watched

__all__ = [
    "Counts",
    "GateRule",
    "Run",
    "RunRow",
    "Schedule",
    "SuiteSummary",
    "Verdict",
    "WorkerShare",
]

Verdict = Literal["passed", "failed", "undecided", "incomplete"]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases ended how.

    `author_skipped` are the skipped ones that leave the rate alone, `assumed` the passed
    ones that rest on a double that was not verified.
    """

    planned: int = 0
    recorded: int = 0
    passed: int = 0
    failed: int = 0
    undecided: int = 0
    error: int = 0
    skipped: int = 0
    flaky: int = 0
    cached: int = 0
    author_skipped: int = 0
    assumed: int = 0

    @property
    def success_rate(self) -> float:
        """passed / (planned - skipped by the author); 0 when nothing is left."""
        base = self.planned - self.author_skipped
        return self.passed / base if base > 0 else 0.0


class GateRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the gate and whether it held."""

    name: str
    held: bool
    threshold: Any = None
    observed: Any = None
    message: str = ""


class SuiteSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one suite; `errors` lists (id, message) of what failed or errored."""

    name: str
    counts: Counts
    duration_s: float = 0.0
    errors: tuple[tuple[str, str], ...] = ()


class WorkerShare(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker did: cases, and the share of the makespan in which it worked (waiting left out)."""

    name: str
    cases: int
    busy_share: float


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went. All in seconds; shares are between 0 and 1."""

    makespan_s: float = 0.0
    lower_bound_s: float = 0.0
    slots: int = 0
    workers: int = 0
    idle_share: float = 0.0
    permit_wait_s: float = 0.0
    critical_path: tuple[str, ...] = ()
    sequential_s: float = 0.0
    speedup: float = 0.0
    efficiency: float = 0.0
    per_worker: tuple[WorkerShare, ...] = ()


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the store keeps it. `finished` is empty while it runs or when it was cut off.

    `started` and `finished` are ISO 8601 in UTC; `settings` and `environment` are
    plain data, redacted.
    """

    id: str
    seed: int
    started: str
    finished: str = ""
    duration_s: float = 0.0
    commit: str = ""
    dirty: bool = False
    planned: int = 0
    segments: int = 1
    exit_code: int | None = None
    verdict: str = ""
    environment: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    schedule: Schedule = Schedule()
    gate: tuple[GateRule, ...] = ()
    counts: Counts = Counts()
    deselected: tuple[tuple[str, str, str], ...] = ()
    stopped: str = ""
    watched: Watched = Watched()


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What `holdfast.run()` returns: the verdict, the counts and every result."""

    id: str
    seed: int
    exit_code: int
    verdict: Verdict
    counts: Counts
    results: tuple[Result, ...] = ()
    gate: tuple[GateRule, ...] = ()
    schedule: Schedule = Schedule()
    report_dir: str = ""

    @property
    def success_rate(self) -> float:
        """passed / (planned - skipped by the author)."""
        return self.counts.success_rate
