"""How long does a case take, and how often does it fail? Kept per case, so that no report scans runs."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.store.session import Session

__all__ = ["aggregate", "expected_durations"]

# The newest run weighs at least 1/5, so that a case that became faster is expected to be
# fast after a few runs. What was skipped or reused did not run. Each segment counts once.
_AGGREGATE = """INSERT INTO history
    (name, runs, mean_s, last_s, fails, flips, last_status, last_run)
    SELECT d.name, 1, r.duration_s, r.duration_s,
        CASE WHEN r.status IN ('failed', 'error') THEN 1 ELSE 0 END, 0, r.status, c.run
    FROM "case" c JOIN result r ON r.case_id = c.id JOIN definition d ON d.id = c.definition
    WHERE c.run = ? AND r.segment > (SELECT aggregated FROM run WHERE number = ?)
        AND r.status <> 'skipped' AND r.cached_from = ''
    ON CONFLICT (name) DO UPDATE SET runs = history.runs + 1,
    mean_s = history.mean_s + (excluded.last_s - history.mean_s)
        * CASE WHEN history.runs < 4 THEN 1.0 / (history.runs + 1) ELSE 0.2 END,
    last_s = excluded.last_s, fails = history.fails + excluded.fails,
    flips = history.flips + CASE WHEN
        (history.last_status = 'passed') <> (excluded.last_status = 'passed') THEN 1 ELSE 0 END,
    last_status = excluded.last_status, last_run = excluded.last_run"""

_EXPECTED = """SELECT n.full_id, h.mean_s FROM name n JOIN history h ON h.name = n.id
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
