"""What did a run leave? Results in plan order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from holdfast.model.result import Attempt, Result
from holdfast.ports import PlannedRow
from holdfast.store.planned import lean_row
from holdfast.store.rows import attempt_of, result_of
from holdfast.store.session import CHUNK, Row, Session, chunks

__all__ = [
    "count_results",
    "read_evidence",
    "read_open_attempts",
    "read_passed",
    "read_results",
    "read_unfinished",
]

# Pages hold no cursor open, so that a writer may commit in between; 500 cases are < 1 MB.
_PAGE = CHUNK
# One row for each attempt, in any order, and one for a result without any.
_RESULTS = """SELECT c.id, c.idx, n.full_id, n.suite_chars, d.key, d.body,
    r.status, r.reason, r.skip_kind, r.flaky, r.started_s, r.duration_s, r.cached_from,
    r.measurements, a.n, a.status, a.started_s, a.duration_s, a.worker, a.counts, a.error,
    a.findings
    FROM "case" c JOIN result r ON r.case_id = c.id JOIN definition d ON d.id = c.definition
    JOIN name n ON n.id = d.name LEFT JOIN attempt a ON a.case_id = c.id AND a.status IS NOT NULL
    WHERE {where} ORDER BY c.idx, c.id"""
_ATTEMPTS = """SELECT a.case_id, a.n, a.status, a.started_s, a.duration_s, a.worker, a.counts,
    a.error, a.findings FROM attempt a WHERE a.case_id IN ({keys}) AND a.status IS NOT NULL
    ORDER BY a.case_id, a.n"""
_RUN_OF_CASE = """SELECT c.id, r.id FROM "case" c JOIN run r ON r.number = c.run
    WHERE c.id IN ({keys})"""
_PAGE_OF_RUN = _RESULTS.replace("{where}", "c.run = ? AND c.idx >= ? AND c.idx < ?")
_OF_CASES = _RESULTS.replace("{where}", "c.id IN ({keys})")
_NEWEST = """SELECT d.key, max(c.id) FROM definition d JOIN "case" c ON c.definition = d.id
    JOIN result r ON r.case_id = c.id
    WHERE d.key IN ({keys}) AND r.status <> 'skipped' AND r.cached_from = '' GROUP BY d.key"""

_WITHOUT_RESULT = """SELECT c.id, c.idx, n.full_id, n.suite_chars, d.key, d.body
    FROM "case" c JOIN definition d ON d.id = c.definition JOIN name n ON n.id = d.name
    LEFT JOIN result r ON r.case_id = c.id WHERE c.run = ? AND r.case_id IS NULL ORDER BY c.idx"""
_OPEN_OF_THEM = """SELECT a.case_id, a.n, a.started_s, a.worker FROM "case" c
    JOIN attempt a ON a.case_id = c.id LEFT JOIN result r ON r.case_id = c.id
    WHERE c.run = ? AND r.case_id IS NULL AND a.status IS NULL ORDER BY a.case_id, a.n"""
_COUNT = """SELECT count(*), count(r.case_id) FROM "case" c
    LEFT JOIN result r ON r.case_id = c.id WHERE c.run = ? AND c.idx < ?"""
_PLANNED = "SELECT planned FROM segment WHERE run = ? ORDER BY n DESC LIMIT 1"

# Where the columns of a result and those of an attempt begin.
_STATUS, _N = 6, 14

_Found = tuple[int, PlannedRow, Result]


def read_results(session: Session, number: int) -> Iterator[tuple[PlannedRow, Result]]:
    """Yield the final results of a run in plan order."""
    # Cases that a later plan of the run left out stand behind the planned ones.
    planned = session.query(_PLANNED, (number,))[0][0]
    for start in range(0, planned, _PAGE):
        rows = session.query(_PAGE_OF_RUN, (number, start, min(start + _PAGE, planned)))
        for _, row, result in _built(rows):
            yield row, result


def count_results(session: Session, number: int) -> tuple[int, int]:
    """Return how many cases of a run are planned, and how many have a result."""
    planned = session.query(_PLANNED, (number,))[0][0]
    return session.query(_COUNT, (number, planned))[0]


def read_passed(session: Session, keys: Iterable[str]) -> dict[str, tuple[str, Result]]:
    """Return the newest (run id, passed result) of each key that has one, reused ones left out."""
    found: dict[str, tuple[str, Result]] = {}
    for part in chunks(case_id for _, case_id in session.query_in(_NEWEST, keys)):
        runs = dict(session.query_in(_RUN_OF_CASE, part))
        rows = session.query_in(_OF_CASES, part)
        for case_id, planned, result in _built(rows):
            # A later failure of the same case outweighs an earlier pass.
            if result.status == "passed":
                found[planned.key] = runs[case_id], result
    return found


def read_open_attempts(session: Session, number: int) -> Iterator[tuple[int, int, float, str]]:
    """Yield (index, n, started_s, worker) of attempts that have no end."""
    yield from session.query(
        """SELECT c.idx, a.n, a.started_s, a.worker FROM "case" c
        JOIN attempt a ON a.case_id = c.id
        WHERE c.run = ? AND a.status IS NULL ORDER BY c.idx, a.n""",
        (number,),
    )


def read_unfinished(
    session: Session, number: int
) -> Iterator[tuple[PlannedRow, tuple[Attempt, ...]]]:
    """Yield the attempts of cases without a result; one that has no end is `lost`, and counts for nothing."""
    rows = session.query(_WITHOUT_RESULT, (number,))
    attempts: dict[int, list[Attempt]] = {}
    for case_id, n, started_s, worker in session.query(_OPEN_OF_THEM, (number,)):
        lost = Attempt(
            n=n, status="lost", started_s=started_s, duration_s=0.0, worker=worker, counts=False
        )
        attempts.setdefault(case_id, []).append(lost)
    for case_id, *columns in session.query_in(_ATTEMPTS, [row[0] for row in rows]):
        attempts.setdefault(case_id, []).append(attempt_of(columns))
    for case_id, place, full_id, suite_chars, key, body in rows:
        left = sorted(attempts.get(case_id, ()), key=lambda attempt: attempt.n)
        if left:
            yield lean_row(place, (full_id, suite_chars), key, body), tuple(left)


def read_evidence(
    session: Session, number: int, index: int, n: int
) -> tuple[bytes | None, str | None]:
    """Return an attempt's evidence as msgpack, or the name of its blob, or neither."""
    rows = session.query(
        """SELECT a.evidence, a.blob FROM "case" c JOIN attempt a ON a.case_id = c.id
        WHERE c.run = ? AND c.idx = ? AND a.n = ?""",
        (number, index, n),
    )
    return rows[0] if rows else (None, None)


def _built(rows: Iterable[Row]) -> Iterator[_Found]:
    """Build results; the rows of one stand one after the other."""
    before: Row | None = None
    attempts: tuple[Attempt, ...] = ()
    for row in rows:
        if before is not None and row[0] != before[0]:
            yield _found(before, attempts)
            attempts = ()
        before = row
        if row[_N] is not None:
            attempts = (*attempts, attempt_of(row[_N:]))
    if before is not None:
        yield _found(before, attempts)


def _found(row: Row, attempts: tuple[Attempt, ...]) -> _Found:
    case_id, place, full_id, suite_chars, key, body = row[:_STATUS]
    planned = lean_row(place, (full_id, suite_chars), key, body)
    if len(attempts) > 1:
        attempts = tuple(sorted(attempts, key=lambda attempt: attempt.n))
    result = result_of(planned.suite, planned.id, row[_STATUS:_N], attempts)
    return case_id, planned, result
