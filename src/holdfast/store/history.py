"""How long does a case take, and how often does it fail? Kept per case, so that no report scans runs."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.store.session import Session

__all__ = ["aggregate", "expected_durations", "recent_durations"]

# The durations of the last passed runs, oldest first, as microseconds of this many digits each:
# text of a fixed width is cut by every database in the same way.
_DIGITS = 12
_KEPT = 24
_MICROSECONDS = "CAST(CAST(r.duration_s * 1000000 AS BIGINT) AS TEXT)"
_PASSED = f"""CASE WHEN r.status = 'passed' AND r.duration_s < 1e6
    THEN substr('{"0" * _DIGITS}' || {_MICROSECONDS}, length({_MICROSECONDS}) + 1, {_DIGITS})
    ELSE '' END"""
_LONG = _DIGITS * _KEPT
_JOINED = "history.recent || excluded.recent"

# The newest run weighs at least 1/5, so that a case that became faster is expected to be
# fast after a few runs. What was skipped or reused did not run. Each segment counts once.
_AGGREGATE = f"""INSERT INTO history
    (name, runs, mean_s, last_s, fails, flips, last_status, last_run, recent)
    SELECT d.name, 1, r.duration_s, r.duration_s,
        CASE WHEN r.status IN ('failed', 'error') THEN 1 ELSE 0 END, 0, r.status, c.run,
        {_PASSED}
    FROM "case" c JOIN result r ON r.case_id = c.id JOIN definition d ON d.id = c.definition
    WHERE c.run = ? AND r.segment > (SELECT aggregated FROM run WHERE number = ?)
        AND r.status <> 'skipped' AND r.cached_from = ''
    ON CONFLICT (name) DO UPDATE SET runs = history.runs + 1,
    mean_s = history.mean_s + (excluded.last_s - history.mean_s)
        * CASE WHEN history.runs < 4 THEN 1.0 / (history.runs + 1) ELSE 0.2 END,
    last_s = excluded.last_s, fails = history.fails + excluded.fails,
    flips = history.flips + CASE WHEN
        (history.last_status = 'passed') <> (excluded.last_status = 'passed') THEN 1 ELSE 0 END,
    last_status = excluded.last_status, last_run = excluded.last_run,
    recent = CASE WHEN length({_JOINED}) > {_LONG}
        THEN substr({_JOINED}, length({_JOINED}) - {_LONG - 1}) ELSE {_JOINED} END"""  # noqa: S608 - of constants

_EXPECTED = """SELECT n.full_id, h.mean_s FROM name n JOIN history h ON h.name = n.id
    WHERE n.full_id IN ({keys})"""

_RECENT = """SELECT n.full_id, h.recent FROM name n JOIN history h ON h.name = n.id
    WHERE n.full_id IN ({keys})"""


def aggregate(session: Session, number: int) -> None:
    """Add a run's results to the history, those of each segment once."""
    session.run(_AGGREGATE, (number, number))
    session.run(
        "UPDATE run SET aggregated = (SELECT max(n) FROM segment WHERE run = ?) WHERE number = ?",
        (number, number),
    )


def expected_durations(session: Session, keys: Iterable[str]) -> dict[str, float]:
    """Return the rolling mean of the seconds that cases (`suite/id`) took."""
    if not session.query("SELECT 1 FROM history LIMIT 1"):
        return {}
    return dict(session.query_in(_EXPECTED, keys))


def recent_durations(session: Session, keys: Iterable[str]) -> dict[str, tuple[float, ...]]:
    """Return the seconds of the last passed runs of cases (`suite/id`), oldest first."""
    return {
        key: tuple(
            int(recent[start : start + _DIGITS]) / 1e6 for start in range(0, len(recent), _DIGITS)
        )
        for key, recent in session.query_in(_RECENT, keys)
    }
