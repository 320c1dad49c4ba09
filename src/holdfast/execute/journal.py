"""When is a result durable, and who may then be told?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from holdfast.model import codec
from holdfast.model.case import Case
from holdfast.model.evidence import Evidence
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow
from holdfast.ports import Reporter, Store

__all__ = ["Journal"]

# 100 results or 100 ms, whichever comes first: a commit for each would cost more than the result
# (measured: 121 us against 23 us), and a reader does not see a tenth of a second.
FLUSH_RESULTS = 100
FLUSH_S = 0.1


class Journal:
    """Writes to the store, and tells reporters of a result only once it is durable."""

    def __init__(self, store: Store, run_id: str, reporters: Sequence[Reporter]) -> None:
        self._store = store
        self._run_id = run_id
        self._reporters = reporters
        self._untold: list[tuple[Case, Result]] = []
        self._timer: asyncio.Handle | None = None
        self._trouble: dict[str, int] = {}
        # Is told when a timed flush could not write.
        self.on_failure: Callable[[Exception], None] | None = None

    def start(self, planned: PlannedCase, n: int, started_s: float, worker: str) -> None:
        """Note that an attempt starts."""
        self._store.start_attempt(self._run_id, planned.index, n, started_s, worker)
        case = planned.case
        for reporter in self._reporters:
            try:
                reporter.case_started(case, worker)
            except Exception as error:  # noqa: BLE001 - a reporter must not end the run
                self._note_trouble(reporter, error)
        self._later()

    def end_attempt(self, planned: PlannedCase, attempt: Attempt, evidence: Evidence) -> None:
        """Keep what an attempt left; at once after a crash, together with the result that it decides."""
        self._store.end_attempt(self._run_id, planned.index, attempt, codec.encode(evidence))
        if attempt.error is not None and attempt.error.kind == "crash":
            self._soon()
        else:
            self._later()

    def end_case(self, planned: PlannedCase, result: Result) -> None:
        """Keep a final result and tell of it when it is durable."""
        self._store.end_case(self._run_id, planned.index, result)
        self._untold.append((planned.case, result))
        if len(self._untold) >= FLUSH_RESULTS:
            self.flush()
        else:
            self._later()

    def flush(self) -> None:
        """Make everything durable now, then tell of it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._store.flush()
        untold, self._untold = self._untold, []
        for reporter in self._reporters:
            for case, result in untold:
                try:
                    reporter.case_finished(case, result)
                except Exception as error:  # noqa: BLE001 - a reporter must not end the run
                    self._note_trouble(reporter, error)

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Tell that something else happened."""
        self._tell(lambda reporter: reporter.event(name, facts))

    def run_started(self, row: RunRow, plan: Plan) -> None:
        """Tell that the first case is about to start."""
        self._tell(lambda reporter: reporter.run_started(row, plan))

    def run_finished(self, row: RunRow) -> None:
        """Tell that the books are closed."""
        self._tell(lambda reporter: reporter.run_finished(row))

    def trouble(self) -> Mapping[str, int]:
        """Return what reporters raised, and how often."""
        return self._trouble

    def _later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._timed)

    def _soon(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_soon(self._timed)

    def _timed(self) -> None:
        self._timer = None
        try:
            self.flush()
        except Exception as error:
            if self.on_failure is None:
                raise
            self.on_failure(error)

    def _tell(self, say: Callable[[Reporter], None]) -> None:
        for reporter in self._reporters:
            try:
                say(reporter)
            except Exception as error:  # noqa: BLE001 - a reporter must not end the run
                self._note_trouble(reporter, error)

    def _note_trouble(self, reporter: Reporter, error: Exception) -> None:
        """Count what a reporter raised, so that it is shown at the end instead of being lost."""
        text = f"{type(reporter).__name__}: {type(error).__name__}: {error}"
        self._trouble[text] = self._trouble.get(text, 0) + 1
