"""Who keeps the evidence, and who is told of it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from holdfast.model.case import Case
from holdfast.model.evidence import Evidence, Series
from holdfast.model.plan import Plan, PlannedRow
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow

__all__ = ["Reporter", "Store"]


class Store(Protocol):
    """Keeps evidence. Writes are buffered until `flush`, which makes them durable."""

    def open_run(self, row: RunRow, plan: Plan) -> None:
        """Commit the run and its plan before the first case starts."""
        ...

    def open_segment(self, run_id: str, plan: Plan, note: str) -> None:
        """Note that a run goes on; the plan's cases keep their rows, new ones are added."""
        ...

    def start_attempt(  # noqa: PLR0917 - on the hot path, where keywords are measured along
        self, run_id: str, index: int, n: int, started_s: float, worker: str
    ) -> None:
        """Note that an attempt starts."""
        ...

    def end_attempt(self, run_id: str, index: int, attempt: Attempt, evidence: bytes) -> None:
        """Keep what an attempt left (`evidence` is an encoded `Evidence`) and how it was judged."""
        ...

    def end_case(self, run_id: str, index: int, result: Result) -> None:
        """Keep a case's final result."""
        ...

    def add_series(self, run_id: str, name: str, points: Series) -> None:
        """Keep the next chunk of a series of the run; `at_s` counts from its start, and rises."""
        ...

    def series(self, run_id: str) -> Mapping[str, Series]:
        """Return the series of a run by name, whole."""
        ...

    def pending(self) -> int:
        """Return how many rows are not yet durable."""
        ...

    def flush(self) -> None:
        """Make everything handed in so far durable."""
        ...

    def close_run(self, row: RunRow) -> None:
        """Close the books of a run."""
        ...

    def run(self, ref: str) -> RunRow:
        """Return a run by its id (or an unambiguous prefix), `last` or `last~N`.

        Raises:
            holdfast.errors.UsageError: there is no such run.
        """
        ...

    def runs(self, limit: int = 50) -> tuple[RunRow, ...]:
        """Return the newest runs, newest first."""
        ...

    def planned(self, run_id: str, *, with_case: bool = False) -> Iterator[PlannedRow]:
        """Return the planned cases in plan order."""
        ...

    def count(self, run_id: str) -> tuple[int, int]:
        """Return how many cases are planned and how many of them have a result."""
        ...

    def results(self, run_id: str) -> Iterator[tuple[PlannedRow, Result]]:
        """Return the final results in plan order, without holding them all."""
        ...

    def started(self, run_id: str) -> Iterator[tuple[int, int, float, str]]:
        """Return (index, n, started_s, worker) of attempts that have no end."""
        ...

    def unfinished(self, run_id: str) -> Iterator[tuple[PlannedRow, tuple[Attempt, ...]]]:
        """Return the attempts of cases without a result; one without an end is `lost`."""
        ...

    def evidence(self, run_id: str, index: int, n: int) -> Evidence | None:
        """Return what an attempt left, or None where nothing was kept."""
        ...

    def replace_findings(self, run_id: str, index: int, result: Result) -> None:
        """Put newly judged findings and status in the place of a case's last ones."""
        ...

    def durations(self, keys: Iterable[str]) -> Mapping[str, float]:
        """Return the expected seconds of cases (`suite/id`) that ran before."""
        ...

    def recent_durations(self, keys: Iterable[str]) -> Mapping[str, tuple[float, ...]]:
        """Return the seconds of the last 24 passed runs of cases (`suite/id`), oldest first."""
        ...

    def cached_many(self, keys: Iterable[str]) -> Mapping[str, tuple[str, Result]]:
        """Return (run id, result) of cases with the same keys whose newest result is a passed one."""
        ...

    def close(self) -> None:
        """Flush and close."""
        ...


class Reporter(Protocol):
    """Is told what happens; what it raises becomes an event and never ends the run."""

    def run_started(self, row: RunRow, plan: Plan) -> None:
        """The plan is durable; the first case is about to start."""
        ...

    def case_started(self, case: Case, worker: str) -> None:
        """An attempt of a case starts."""
        ...

    def case_finished(self, case: Case, result: Result) -> None:
        """A case has its final result, which is durable."""
        ...

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Something else happened: a breaker opened, a host was lost, the run is stopping."""
        ...

    def run_finished(self, row: RunRow) -> None:
        """The books are closed."""
        ...
