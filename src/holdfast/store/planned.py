"""How does a plan become rows? Names and definitions are kept once, a case is four integers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from holdfast.model.case import Case
from holdfast.model.codec import decode, to_plain
from holdfast.model.plan import Plan, PlannedCase
from holdfast.ports import PlannedRow
from holdfast.store.rows import clean, encode_safely
from holdfast.store.session import Row, Session, chunks

__all__ = ["Lean", "extend_plan", "lean_row", "read_plan", "write_plan"]

# So many cases are encoded at a time: all at once, 100,000 would take 50 MB.
_BLOCK = 2_000
_INSERT_CASE = 'INSERT INTO "case" (id, run, idx, definition) VALUES (?, ?, ?, ?)'
_EXISTING = """SELECT c.id, n.full_id, n.suite_chars, d.key, c.idx, c.definition FROM "case" c
    JOIN definition d ON d.id = c.definition JOIN name n ON n.id = d.name
    WHERE c.run = ? ORDER BY c.idx"""
_PLANNED = """SELECT c.idx, n.full_id, n.suite_chars, d.key, d.body FROM "case" c
    JOIN definition d ON d.id = c.definition JOIN name n ON n.id = d.name
    WHERE c.run = ? AND c.idx >= ? ORDER BY c.idx LIMIT 1000"""

_Name = tuple[str, int]


class Lean(msgspec.Struct, frozen=True):
    """The part of a case that a report shows."""

    tags: tuple[str, ...] = ()
    source: str = ""


_decode_lean = msgspec.msgpack.Decoder(Lean).decode


def write_plan(session: Session, number: int, plan: Plan) -> Sequence[int]:
    """Add a new run's cases; return their ids in plan order. Needs a transaction of its own."""
    first = _next(session, 'SELECT max(id) FROM "case"')
    for block, definitions in _defined(session, plan):
        start = block[0].index
        rows = [
            (first + start + place, number, start + place, definition)
            for place, definition in enumerate(definitions)
        ]
        session.many(_INSERT_CASE, rows)
    return range(first, first + len(plan.cases))


def extend_plan(session: Session, number: int, plan: Plan) -> Sequence[int]:
    """Fit a run's cases to a new plan; return their ids in its order.

    Cases that the plan no longer has go behind the others. Of a case whose
    content changed, attempts and result are dropped: they prove nothing about
    the new content.
    """
    existing = {
        (full_id, suite_chars): (case_id, key, place, definition)
        for case_id, full_id, suite_chars, key, place, definition in session.query(
            _EXISTING, (number,)
        )
    }
    fresh = _next(session, 'SELECT max(id) FROM "case"')
    ids: list[int] = []
    for block, definitions in _defined(session, plan):
        added: list[Row] = []
        moved: list[Row] = []
        changed: list[Row] = []
        for planned, definition in zip(block, definitions, strict=True):
            known = existing.pop(_name(planned.case), None)
            if known is None:
                added.append((fresh, number, len(ids), definition))
                ids.append(fresh)
                fresh += 1
                continue
            case_id, key, place, old = known
            if (place, old) != (len(ids), definition):
                moved.append((len(ids), definition, case_id))
            if key != planned.key:
                changed.append((case_id,))
            ids.append(case_id)
        session.many(_INSERT_CASE, added)
        session.many('UPDATE "case" SET idx = ?, definition = ? WHERE id = ?', moved)
        session.many("DELETE FROM result WHERE case_id = ?", changed)
        session.many("DELETE FROM attempt WHERE case_id = ?", changed)
    dropped = [(len(ids) + n, known[0]) for n, known in enumerate(existing.values())]
    session.many('UPDATE "case" SET idx = ? WHERE id = ?', dropped)
    return ids


def read_plan(session: Session, number: int, *, with_case: bool) -> Iterator[PlannedRow]:
    """Yield the planned cases of a run in plan order."""
    start = 0
    while rows := session.query(_PLANNED, (number, start)):
        for place, full_id, suite_chars, key, body in rows:
            yield lean_row(place, (full_id, suite_chars), key, body, with_case=with_case)
        start = rows[-1][0] + 1


def lean_row(
    place: int, name: _Name, key: str, body: bytes, *, with_case: bool = False
) -> PlannedRow:
    """Build a planned row; with its whole case only where asked, since that is most of its cost."""
    full_id, suite_chars = name
    case = decode(body, Case) if with_case else None
    shown = case or _decode_lean(body)
    return PlannedRow(
        index=place,
        suite=full_id[:suite_chars],
        id=full_id[suite_chars + 1 :],
        key=key,
        tags=shown.tags,
        source=shown.source,
        case=case,
    )


def _defined(session: Session, plan: Plan) -> Iterator[tuple[list[PlannedCase], list[int]]]:
    """Yield blocks of planned cases with the ids of their definitions, added where new."""
    fresh = _next(session, "SELECT max(id) FROM definition")
    may_exist = fresh > 1
    for block in chunks(plan.cases, _BLOCK):
        bodies = [encode_safely(planned.case, _plain) for planned in block]
        digests = [hashlib.blake2b(body, digest_size=16).digest() for body in bodies]
        known = _known_definitions(session, block) if may_exist else {}
        ids: list[int] = []
        new: list[int] = []
        for place, (planned, digest) in enumerate(zip(block, digests, strict=True)):
            found = known.get((planned.key, digest))
            if found is None:
                found = fresh
                fresh += 1
                new.append(place)
            ids.append(found)
        names = _name_ids(session, [_name(block[place].case) for place in new])
        rows = [
            (ids[place], names[n], block[place].key, digests[place], bodies[place])
            for n, place in enumerate(new)
        ]
        session.many(
            "INSERT INTO definition (id, name, key, digest, body) VALUES (?, ?, ?, ?, ?)", rows
        )
        yield block, ids


def _known_definitions(session: Session, block: list[PlannedCase]) -> dict[tuple[str, bytes], int]:
    rows = session.query_in(
        "SELECT key, digest, id FROM definition WHERE key IN ({keys})",
        [planned.key for planned in block],
    )
    return {(key, digest): number for key, digest, number in rows}


def _name_ids(session: Session, names: list[_Name]) -> list[int]:
    """Return the ids of names, added where new."""
    fresh = _next(session, "SELECT max(id) FROM name")
    known: dict[_Name, int] = {}
    if fresh > 1:
        rows = session.query_in(
            "SELECT full_id, suite_chars, id FROM name WHERE full_id IN ({keys})",
            [full_id for full_id, _ in names],
        )
        known = {(full_id, suite_chars): number for full_id, suite_chars, number in rows}
    new = [name for name in dict.fromkeys(names) if name not in known]
    session.many(
        "INSERT INTO name (id, full_id, suite_chars) VALUES (?, ?, ?)",
        [(fresh + n, full_id, suite_chars) for n, (full_id, suite_chars) in enumerate(new)],
    )
    known |= {name: fresh + n for n, name in enumerate(new)}
    return [known[name] for name in names]


def _name(case: Case) -> _Name:
    suite = clean(case.suite)
    return f"{suite}/{clean(case.id)}", len(suite)


def _plain(case: Case) -> object:
    return to_plain(case).plain


def _next(session: Session, question: str) -> int:
    return (session.query(question)[0][0] or 0) + 1
