"""Which tables does a store have, and how does an older store get them?

| table | one row per |
|---|---|
| run, segment | invocation; stretch of a run between a start or a resume and its end |
| name, definition | case that was ever planned; version of it (`body` is the case as msgpack) |
| case | planned case of a run: `idx` is its place in the plan |
| attempt | execution; `status` is null until it ended; `evidence` is msgpack, `findings` is JSON |
| finding (a view) | expectation judged on an attempt: the items of `findings`, for people and their SQL |
| result | final status of a case in a run |
| series, ledger, artifact | chunk of a series, injected fault, file that an attempt left |
| run_series | chunk of a series of the whole run: what its processes used |
| history | name: rolling aggregates over its runs, brought up to date when a run closes |

Statuses are the words of `model/`, as text.
"""

from __future__ import annotations

import msgspec

from holdfast.errors import StoreError
from holdfast.store.session import Session

__all__ = ["SCHEMA", "Schema", "prepare"]


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """The statements that make an empty store, and those that lift version N to N + 1."""

    version: int
    statements: tuple[str, ...]
    migrations: dict[int, tuple[str, ...]] = {}


_RUN_SERIES = """CREATE TABLE run_series (
    run {ID} NOT NULL REFERENCES run (number) ON DELETE CASCADE, segment INTEGER NOT NULL,
    name TEXT NOT NULL, chunk INTEGER NOT NULL, points {BLOB} NOT NULL,
    PRIMARY KEY (run, segment, name, chunk))"""

SCHEMA = Schema(
    version=2,
    statements=(
        """CREATE TABLE name (
            id {ID} PRIMARY KEY, full_id TEXT NOT NULL, suite_chars INTEGER NOT NULL,
            UNIQUE (full_id, suite_chars))""",
        """CREATE TABLE definition (
            id {ID} PRIMARY KEY, name {ID} NOT NULL REFERENCES name (id),
            key TEXT NOT NULL, digest {BLOB} NOT NULL, body {BLOB} NOT NULL)""",
        "CREATE INDEX definition_key ON definition (key)",
        "CREATE INDEX definition_name ON definition (name)",
        """CREATE TABLE run (
            number {ID} PRIMARY KEY, id TEXT NOT NULL UNIQUE, started TEXT NOT NULL,
            finished TEXT NOT NULL, verdict TEXT NOT NULL, exit_code INTEGER,
            planned INTEGER NOT NULL, segments INTEGER NOT NULL, aggregated INTEGER NOT NULL,
            body {BLOB} NOT NULL)""",
        """CREATE TABLE segment (
            run {ID} NOT NULL REFERENCES run (number) ON DELETE CASCADE, n INTEGER NOT NULL,
            note TEXT NOT NULL, planned INTEGER NOT NULL, PRIMARY KEY (run, n))""",
        """CREATE TABLE "case" (
            id {ID} PRIMARY KEY, run {ID} NOT NULL REFERENCES run (number) ON DELETE CASCADE,
            idx INTEGER NOT NULL, definition {ID} NOT NULL REFERENCES definition (id))""",
        'CREATE INDEX case_place ON "case" (run, idx)',
        'CREATE INDEX case_definition ON "case" (definition)',
        """CREATE TABLE attempt (
            case_id {ID} NOT NULL REFERENCES "case" (id) ON DELETE CASCADE, n INTEGER NOT NULL,
            status TEXT, started_s DOUBLE PRECISION NOT NULL, duration_s DOUBLE PRECISION,
            worker TEXT NOT NULL, counts INTEGER NOT NULL, error_kind TEXT, error {BLOB},
            findings TEXT, blob TEXT, evidence {BLOB}, PRIMARY KEY (case_id, n)){CLUSTERED}""",
        # One row for each finding would be a third of all that is written.
        "CREATE VIEW finding AS {FINDINGS}",
        """CREATE TABLE result (
            case_id {ID} PRIMARY KEY REFERENCES "case" (id) ON DELETE CASCADE,
            segment INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
            skip_kind TEXT NOT NULL, flaky INTEGER NOT NULL, started_s DOUBLE PRECISION NOT NULL,
            duration_s DOUBLE PRECISION NOT NULL, cached_from TEXT NOT NULL,
            measurements {BLOB})""",
        """CREATE TABLE series (
            case_id {ID} NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL,
            chunk INTEGER NOT NULL, points {BLOB} NOT NULL, PRIMARY KEY (case_id, n, name, chunk),
            FOREIGN KEY (case_id, n) REFERENCES attempt (case_id, n) ON DELETE CASCADE)""",
        """CREATE TABLE ledger (
            case_id {ID} NOT NULL, n INTEGER NOT NULL, i INTEGER NOT NULL,
            at_s DOUBLE PRECISION NOT NULL, event TEXT NOT NULL, facts {BLOB},
            PRIMARY KEY (case_id, n, i),
            FOREIGN KEY (case_id, n) REFERENCES attempt (case_id, n) ON DELETE CASCADE)""",
        """CREATE TABLE artifact (
            case_id {ID} NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL,
            media_type TEXT NOT NULL, bytes {ID} NOT NULL, blob TEXT, content {BLOB},
            PRIMARY KEY (case_id, n, name),
            FOREIGN KEY (case_id, n) REFERENCES attempt (case_id, n) ON DELETE CASCADE)""",
        """CREATE TABLE history (
            name {ID} PRIMARY KEY REFERENCES name (id), runs INTEGER NOT NULL,
            mean_s DOUBLE PRECISION NOT NULL, last_s DOUBLE PRECISION NOT NULL,
            fails INTEGER NOT NULL, flips INTEGER NOT NULL, last_status TEXT NOT NULL,
            last_run {ID} NOT NULL,
            recent TEXT NOT NULL DEFAULT '')""",
        _RUN_SERIES,
        """CREATE VIEW outcome AS SELECT run.id AS run, "case".idx AS idx,
            substr(name.full_id, 1, name.suite_chars) AS suite,
            substr(name.full_id, name.suite_chars + 2) AS id, result.status AS status,
            result.reason AS reason, result.flaky AS flaky, result.started_s AS started_s,
            result.duration_s AS duration_s, "case".id AS case_id
            FROM run JOIN "case" ON "case".run = run.number
            JOIN definition ON definition.id = "case".definition
            JOIN name ON name.id = definition.name
            JOIN result ON result.case_id = "case".id""",
    ),
    migrations={
        1: ("ALTER TABLE history ADD COLUMN recent TEXT NOT NULL DEFAULT ''", _RUN_SERIES),
    },
)


def prepare(session: Session, place: str, schema: Schema = SCHEMA) -> None:
    """Create the tables of an empty store, lift those of an older one.

    Two processes may do so at the same time; one of them finds it done.

    Raises:
        StoreError: the store is newer than this holdfast, or holds something else.
    """
    if _version(session, place) == schema.version:
        return
    with session.transaction(alone=True):
        found = _version(session, place)
        if found > schema.version:
            raise StoreError(
                f"the store must be of version {schema.version} or older, got version {found} ({place})",
                hint="a newer holdfast wrote it: upgrade holdfast, or name another store with --store",
            )
        if found == 0:
            session.run("CREATE TABLE format (version INTEGER NOT NULL)")
            session.run("INSERT INTO format (version) VALUES (?)", (schema.version,))
            _carry_out(session, schema.statements)
            return
        for version in range(found, schema.version):
            _carry_out(session, schema.migrations[version])
        session.run("UPDATE format SET version = ?", (schema.version,))


def _version(session: Session, place: str) -> int:
    """Return the version of the store, 0 for an empty one."""
    tables = {name for (name,) in session.query(session.dialect.tables)}
    if "format" not in tables:
        if tables:
            raise StoreError(
                f"the store must be a database of holdfast, got one with other tables ({place})",
                hint="name a file that does not exist yet: holdfast creates it",
            )
        return 0
    return session.query("SELECT version FROM format")[0][0]


def _carry_out(session: Session, statements: tuple[str, ...]) -> None:
    for statement in statements:
        for word, meaning in session.dialect.words.items():
            statement = statement.replace(f"{{{word}}}", meaning)  # noqa: PLW2901
        session.run(statement)
