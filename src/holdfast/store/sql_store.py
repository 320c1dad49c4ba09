"""How is evidence kept in an SQL database? The store, over any dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from holdfast.model.codec import decode
from holdfast.model.evidence import Evidence, Series
from holdfast.model.plan import Plan
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow
from holdfast.ports import PlannedRow
from holdfast.store.blobs import MAX_ROW_BYTES, Blobs
from holdfast.store.buffer import Buffer
from holdfast.store.history import aggregate, expected_durations, recent_durations
from holdfast.store.planned import extend_plan, read_plan, write_plan
from holdfast.store.read import (
    count_results,
    read_evidence,
    read_open_attempts,
    read_passed,
    read_results,
    read_unfinished,
)
from holdfast.store.run_series import read_run_series, series_row
from holdfast.store.runs import (
    add_run,
    add_segment,
    find_run,
    newest_runs,
    run_number,
    update_run,
)
from holdfast.store.session import Session

__all__ = ["SqlStore"]


class _Writing(msgspec.Struct, frozen=True):
    """A run that is written to: the ids of its cases by index."""

    number: int
    segment: int
    ids: Sequence[int]


class SqlStore:
    """Fulfils `ports.Store`. Reads see what was flushed; to be used from one thread."""

    def __init__(self, session: Session, blobs: Blobs | None) -> None:
        self._session = session
        self._blobs = blobs
        self._buffer = Buffer()
        self._writing: dict[str, _Writing] = {}

    def open_run(self, row: RunRow, plan: Plan) -> None:
        with self._session.transaction(alone=True):
            number = add_run(self._session, row, planned=len(plan.cases))
            ids = write_plan(self._session, number, plan)
        self._writing[row.id] = _Writing(number, 1, ids)

    def open_segment(self, run_id: str, plan: Plan, note: str) -> None:
        self.flush()
        number = run_number(self._session, run_id)
        with self._session.transaction(alone=True):
            ids = extend_plan(self._session, number, plan)
            segment = add_segment(self._session, number, planned=len(plan.cases), note=note)
        self._writing[run_id] = _Writing(number, segment, ids)

    def start_attempt(  # noqa: PLR0917 - the port says so
        self, run_id: str, index: int, n: int, started_s: float, worker: str
    ) -> None:
        self._buffer.start(self._written(run_id).ids[index], n, started_s, worker)

    def end_attempt(self, run_id: str, index: int, attempt: Attempt, evidence: bytes) -> None:
        run = self._written(run_id)
        case_id = run.ids[index]
        blob = None
        kept: bytes | None = evidence or None
        if self._blobs is not None and len(evidence) > MAX_ROW_BYTES:
            blob, kept = self._blobs.write(evidence), None
        self._buffer.end(case_id, attempt, kept, blob=blob)

    def end_case(self, run_id: str, index: int, result: Result) -> None:
        run = self._written(run_id)
        self._buffer.result(run.ids[index], run.segment, result)

    def add_series(self, run_id: str, name: str, points: Series) -> None:
        run = self._written(run_id)
        self._buffer.series(series_row(run.number, run.segment, name, points))

    def series(self, run_id: str) -> Mapping[str, Series]:
        return read_run_series(self._session, run_number(self._session, run_id))

    def pending(self) -> int:
        return len(self._buffer)

    def flush(self) -> None:
        if not len(self._buffer):
            return
        if self._blobs is not None:
            self._blobs.sync()
        self._buffer.write(self._session)

    def close_run(self, row: RunRow) -> None:
        self.flush()
        number = self._written(row.id).number
        with self._session.transaction(alone=True):
            update_run(self._session, number, row)
            aggregate(self._session, number)
        del self._writing[row.id]

    def run(self, ref: str) -> RunRow:
        return find_run(self._session, ref)

    def runs(self, limit: int = 50) -> tuple[RunRow, ...]:
        return newest_runs(self._session, limit)

    def planned(self, run_id: str, *, with_case: bool = False) -> Iterator[PlannedRow]:
        number = run_number(self._session, run_id)
        return read_plan(self._session, number, with_case=with_case)

    def count(self, run_id: str) -> tuple[int, int]:
        return count_results(self._session, run_number(self._session, run_id))

    def results(self, run_id: str) -> Iterator[tuple[PlannedRow, Result]]:
        return read_results(self._session, run_number(self._session, run_id))

    def started(self, run_id: str) -> Iterator[tuple[int, int, float, str]]:
        return read_open_attempts(self._session, run_number(self._session, run_id))

    def unfinished(self, run_id: str) -> Iterator[tuple[PlannedRow, tuple[Attempt, ...]]]:
        return read_unfinished(self._session, run_number(self._session, run_id))

    def evidence(self, run_id: str, index: int, n: int) -> Evidence | None:
        number = run_number(self._session, run_id)
        content, blob = read_evidence(self._session, number, index, n)
        if blob is not None and self._blobs is not None:
            content = self._blobs.read(blob)
        return None if content is None else decode(content, Evidence)

    def replace_findings(self, run_id: str, index: int, result: Result) -> None:
        self._buffer.rejudge(self._written(run_id).ids[index], result)

    def durations(self, keys: Iterable[str]) -> Mapping[str, float]:
        return expected_durations(self._session, keys)

    def recent_durations(self, keys: Iterable[str]) -> Mapping[str, tuple[float, ...]]:
        return recent_durations(self._session, keys)

    def cached_many(self, keys: Iterable[str]) -> Mapping[str, tuple[str, Result]]:
        """Return what `cached` returns for each key that has it."""
        return read_passed(self._session, keys)

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._session.close()

    def _written(self, run_id: str) -> _Writing:
        """Return a run to write to; one that this store did not open is looked up."""
        run = self._writing.get(run_id)
        if run is None:
            number = run_number(self._session, run_id)
            ids = self._session.query('SELECT id FROM "case" WHERE run = ? ORDER BY idx', (number,))
            segments = self._session.query("SELECT max(n) FROM segment WHERE run = ?", (number,))
            run = _Writing(
                number,
                segments[0][0],
                [case_id for (case_id,) in ids],
            )
            self._writing[run_id] = run
        return run
