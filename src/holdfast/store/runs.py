"""Which run is meant by `last`, `last~2` or the beginning of an id?"""

from __future__ import annotations

import re

import msgspec

from holdfast.errors import UsageError
from holdfast.model.codec import decode, encode
from holdfast.model.run import RunRow
from holdfast.store.session import Session
from holdfast.text.suggest import did_you_mean

__all__ = ["add_run", "add_segment", "find_run", "newest_runs", "run_number", "update_run"]

_SHOWN = 5


def add_run(session: Session, row: RunRow, *, planned: int) -> int:
    """Add a run and return its number; needs a transaction of its own.

    Raises:
        UsageError: there is a run with its id.
    """
    if session.query("SELECT 1 FROM run WHERE id = ?", (row.id,)):
        raise UsageError(
            f"a run's id must be new, got {row.id!r}", hint=f"--resume {row.id} goes on with it"
        )
    number = (session.query("SELECT max(number) FROM run")[0][0] or 0) + 1
    session.run(
        """INSERT INTO run (number, id, started, finished, verdict, exit_code, planned, segments,
        aggregated, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)""",
        (number, row.id, row.started, *_columns(row)),
    )
    session.run(
        "INSERT INTO segment (run, n, note, planned) VALUES (?, 1, '', ?)", (number, planned)
    )
    return number


def add_segment(session: Session, number: int, *, planned: int, note: str) -> int:
    """Note that a run goes on, so that it counts as unfinished again; return the segment's number."""
    row = decode(session.query("SELECT body FROM run WHERE number = ?", (number,))[0][0], RunRow)
    segment = session.query("SELECT max(n) FROM segment WHERE run = ?", (number,))[0][0] + 1
    session.run(
        "INSERT INTO segment (run, n, note, planned) VALUES (?, ?, ?, ?)",
        (number, segment, note, planned),
    )
    reopened = msgspec.structs.replace(
        row, segments=segment, planned=planned, finished="", verdict="", exit_code=None
    )
    update_run(session, number, reopened)
    return segment


def update_run(session: Session, number: int, row: RunRow) -> None:
    """Put a run's new state in the place of the old one."""
    session.run(
        """UPDATE run SET finished = ?, verdict = ?, exit_code = ?, planned = ?, segments = ?,
        body = ? WHERE number = ?""",
        (*_columns(row), number),
    )


def newest_runs(session: Session, limit: int) -> tuple[RunRow, ...]:
    """Return the newest runs, newest first."""
    rows = session.query("SELECT body FROM run ORDER BY number DESC LIMIT ?", (limit,))
    return tuple(decode(body, RunRow) for (body,) in rows)


def run_number(session: Session, run_id: str) -> int:
    """Return the number of the run with exactly this id."""
    found = session.query("SELECT number FROM run WHERE id = ?", (run_id,))
    if not found:
        raise _unknown(session, run_id)
    return found[0][0]


def find_run(session: Session, ref: str) -> RunRow:
    """Return the run that a person means.

    Raises:
        UsageError: there is none, or more than one.
    """
    back = re.fullmatch(r"last(?:~(\d{1,9}))?", ref)
    if back is not None:
        rows = session.query(
            "SELECT body FROM run ORDER BY number DESC LIMIT 1 OFFSET ?", (int(back[1] or 0),)
        )
    else:
        rows = session.query("SELECT body FROM run WHERE id = ?", (ref,))
        if not rows and ref:
            rows = session.query(
                "SELECT body FROM run WHERE substr(id, 1, ?) = ? ORDER BY number DESC LIMIT ?",
                (len(ref), ref, _SHOWN + 1),
            )
    if not rows:
        raise _unknown(session, ref)
    found = [decode(body, RunRow) for (body,) in rows]
    if len(found) > 1:
        ids = ", ".join(row.id for row in found[:_SHOWN])
        more = ", ..." if len(found) > _SHOWN else ""
        raise UsageError(
            f"a run must be named unambiguously, got {ref!r}", hint=f"it may mean {ids}{more}"
        )
    return found[0]


def _columns(row: RunRow) -> tuple[str, str, int | None, int, int, bytes]:
    return row.finished, row.verdict, row.exit_code, row.planned, row.segments, encode(row)


def _unknown(session: Session, ref: str) -> UsageError:
    rows = session.query("SELECT id FROM run ORDER BY number DESC LIMIT ?", (_SHOWN,))
    ids = [run_id for (run_id,) in rows]
    if not ids:
        return UsageError(
            f"no such run {ref!r}: the store holds none", hint="`holdfast run` makes the first one"
        )
    return UsageError(
        f"no such run {ref!r}{did_you_mean(ref, ids)}", hint=f"the newest: {', '.join(ids)}"
    )
