"""What is not yet durable? Rows wait here and are written in one transaction."""

from __future__ import annotations

import msgspec

from holdfast.model.result import Attempt, Result
from holdfast.store.rows import clean, error_columns, findings_column, result_columns
from holdfast.store.session import Row, Session

__all__ = ["Buffer"]

# All statements may be repeated: after a commit whose answer was lost, nobody knows whether it held.
_ATTEMPT = """INSERT INTO attempt (case_id, n, status, started_s, duration_s, worker, counts,
    error_kind, error, findings, blob, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (case_id, n) DO UPDATE SET status = excluded.status,
    started_s = excluded.started_s, duration_s = excluded.duration_s, worker = excluded.worker,
    counts = excluded.counts, error_kind = excluded.error_kind, error = excluded.error,
    findings = excluded.findings, blob = excluded.blob, evidence = excluded.evidence"""
# What an earlier stretch of the run recorded is kept as it was.
_ATTEMPT_IF_OPEN = f"{_ATTEMPT} WHERE attempt.status IS NULL"
_RESULT = """INSERT INTO result (case_id, segment, status, reason, skip_kind, flaky, started_s,
    duration_s, cached_from, measurements) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (case_id) DO UPDATE SET segment = excluded.segment, status = excluded.status,
    reason = excluded.reason, skip_kind = excluded.skip_kind, flaky = excluded.flaky,
    started_s = excluded.started_s, duration_s = excluded.duration_s,
    cached_from = excluded.cached_from, measurements = excluded.measurements"""
_REJUDGED_RESULT = """UPDATE result SET status = ?, reason = ?, skip_kind = ?, flaky = ?,
    started_s = ?, duration_s = ?, cached_from = ?, measurements = ? WHERE case_id = ?"""
_SERIES = """INSERT INTO run_series (run, segment, name, chunk, points) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (run, segment, name, chunk) DO UPDATE SET points = excluded.points"""
_REJUDGED_ATTEMPT = "UPDATE attempt SET status = ?, findings = ? WHERE case_id = ? AND n = ?"


class _Rejudged(msgspec.Struct, frozen=True):
    """A result judged anew, and the last attempt's findings."""

    result: Row
    n: int
    status: str
    findings: str | None


class Buffer:
    """Rows that wait for `write`. They stay until their transaction was committed."""

    def __init__(self) -> None:
        self._starts: dict[tuple[int, int], tuple[float, str]] = {}
        self._ends: list[Row] = []
        self._results: list[Row] = []
        self._ended: set[tuple[int, int]] = set()
        self._told_ends: list[Row] = []
        self._rejudged: dict[int, _Rejudged] = {}
        self._series: list[Row] = []

    def __len__(self) -> int:
        rows = len(self._starts) + len(self._ends) + len(self._results)
        return rows + len(self._rejudged) + len(self._series)

    def start(self, case_id: int, n: int, started_s: float, worker: str) -> None:
        """Take the start of an attempt."""
        self._starts[case_id, n] = (started_s, worker)

    def end(
        self, case_id: int, attempt: Attempt, evidence: bytes | None, *, blob: str | None
    ) -> None:
        """Take the end of an attempt."""
        key = (case_id, attempt.n)
        self._starts.pop(key, None)
        self._ends.append(_attempt_row(case_id, attempt, blob, evidence))
        self._ended.add(key)

    def result(self, case_id: int, segment: int, result: Result) -> None:
        """Take a case's final result, with the attempts that were not told one by one."""
        for attempt in result.attempts:
            key = (case_id, attempt.n)
            if key in self._ended:
                self._ended.remove(key)
                continue
            self._starts.pop(key, None)
            self._told_ends.append(_attempt_row(case_id, attempt, None, None))
        self._results.append((case_id, segment, *result_columns(result)))

    def series(self, row: Row) -> None:
        """Take a chunk of a series of the run."""
        self._series.append(row)

    def rejudge(self, case_id: int, result: Result) -> None:
        """Take newly judged findings of the last attempt; the result itself must be known."""
        last = result.attempts[-1] if result.attempts else None
        self._rejudged[case_id] = _Rejudged(
            (*result_columns(result), case_id),
            last.n if last else 0,
            last.status if last else "",
            findings_column(last.findings) if last else None,
        )

    def write(self, session: Session) -> None:
        """Write everything in one transaction; what fails leaves the buffer as it was."""
        with session.transaction():
            starts = [
                (case_id, n, None, started_s, None, worker, 1, None, None, None, None, None)
                for (case_id, n), (started_s, worker) in self._starts.items()
            ]
            session.many(_ATTEMPT, starts)
            session.many(_ATTEMPT, self._ends)
            session.many(_ATTEMPT_IF_OPEN, self._told_ends)
            session.many(_RESULT, self._results)
            if self._series:
                session.many(_SERIES, self._series)
            if self._rejudged:
                self._write_rejudged(session)
        self._clear()

    def _write_rejudged(self, session: Session) -> None:
        judged = self._rejudged
        session.many(
            _REJUDGED_ATTEMPT,
            [(each.status, each.findings, case_id, each.n) for case_id, each in judged.items()],
        )
        session.many(_REJUDGED_RESULT, [each.result for each in judged.values()])

    def _clear(self) -> None:
        self._starts.clear()
        self._rejudged.clear()
        for rows in (self._ends, self._results, self._told_ends, self._series):
            rows.clear()


def _attempt_row(case_id: int, attempt: Attempt, blob: str | None, evidence: bytes | None) -> Row:
    error_kind = error = None
    if attempt.error is not None:
        error_kind, error = error_columns(attempt.error)
    return (
        case_id,
        attempt.n,
        attempt.status,
        attempt.started_s,
        attempt.duration_s,
        clean(attempt.worker),
        int(attempt.counts),
        error_kind,
        error,
        findings_column(attempt.findings),
        blob,
        evidence,
    )
