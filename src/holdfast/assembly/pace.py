"""Which cases take far longer than they used to? Told while they run, judged by their own past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from holdfast.clock import monotonic
from holdfast.model.case import Case
from holdfast.model.plan import Plan
from holdfast.model.result import Result
from holdfast.model.run import RunRow
from holdfast.model.watched import Anomaly
from holdfast.stats.unusual import Usual, usual

__all__ = ["MAX_KEPT", "Pace"]

# Below this a duration is the scheduling of the machine, and nobody waits for it.
MIN_S = 0.01
# A case that has run for less is looked at when it has ended.
LOOK_AFTER_S = 0.5
MAX_KEPT = 100

Recent = Callable[[Iterable[str]], Mapping[str, tuple[float, ...]]]
Tell = Callable[[Anomaly], None]


class Pace:
    """A reporter that is asked, now and then, to `look`.

    `recent` answers how long cases took in their last passed runs (`Store.recent_durations`).
    """

    def __init__(self, recent: Recent, tell: Tell, now: Callable[[], float] = monotonic) -> None:
        self._recent = recent
        self._tell = tell
        self._now = now
        # By suite and id, whose hashes are kept: every case comes by here twice.
        self._running: dict[tuple[str, str], float] = {}
        self._known: dict[str, Usual | None] = {}
        self._ended: list[tuple[str, float]] = []
        self._found: dict[str, Anomaly] = {}
        self.judged = 0

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """What stood out, the farthest first; not more than 100."""
        found = sorted(self._found.values(), key=lambda each: -each.score)
        return tuple(found[:MAX_KEPT])

    @property
    def unusual(self) -> int:
        """How many stood out in all."""
        return len(self._found)

    @property
    def in_flight(self) -> int:
        """How many cases run."""
        return len(self._running)

    def look(self) -> None:
        """Judge what has ended since the last look, and what runs long."""
        ended, self._ended = self._ended, []
        now = self._now()
        running = [
            (f"{suite}/{name}", now - started)
            for (suite, name), started in self._running.items()
            if now - started >= LOOK_AFTER_S
        ]
        running = [each for each in running if each[0] not in self._found]
        new = {case for case, _ in (*ended, *running)} - self._known.keys()
        if new:
            recent = self._recent(sorted(new))
            self._known.update({case: usual(recent.get(case, ())) for case in new})
        for case, duration_s in running:
            self._judge(case, duration_s, is_over=False)
        for case, duration_s in ended:
            self._judge(case, duration_s, is_over=True)
            del self._known[case]

    def _judge(self, case: str, duration_s: float, *, is_over: bool) -> None:
        known = self._known[case]
        self.judged += is_over and known is not None
        if known is None or duration_s <= known.limit_s:
            # One that was told while it ran can only have become longer.
            return
        anomaly = Anomaly(
            case=case,
            duration_s=duration_s,
            usual_s=known.median_s,
            score=known.score(duration_s),
            runs=known.count,
            is_over=is_over,
        )
        is_new = case not in self._found
        self._found[case] = anomaly
        if is_new:
            self._tell(anomaly)

    # --- the Reporter port ---------------------------------------------------------

    def run_started(self, row: RunRow, plan: Plan) -> None:
        """Nothing runs yet."""

    def case_started(self, case: Case, worker: str) -> None:
        self._running.setdefault((case.suite, case.id), self._now())

    def case_finished(self, case: Case, result: Result) -> None:
        started = self._running.pop((case.suite, case.id), None)
        if started is not None and result.duration_s >= MIN_S:
            self._ended.append((case.full_id, result.duration_s))

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """It is told of none."""

    def run_finished(self, row: RunRow) -> None:
        """Whoever made it looks a last time."""
