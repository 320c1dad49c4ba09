"""How is evidence kept in a PostgreSQL database?

Needs psycopg 3, the `postgres` extra. All tables are in the schema `holdfast`,
so that a database may be shared with other programs.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from holdfast.errors import StoreError, UsageError
from holdfast.store.schema import prepare
from holdfast.store.session import Dialect, NoStore, Session
from holdfast.store.sql_store import SqlStore

__all__ = ["DIALECT", "explain", "open_store"]

DIALECT = Dialect(
    name="postgresql",
    placeholder="%s",
    words={
        "ID": "BIGINT",
        "BLOB": "BYTEA",
        "CLUSTERED": "",
        "FINDINGS": """SELECT case_id, n, place - 1 AS i, item ->> 'status' AS status,
            coalesce(item ->> 'expectation', '') AS expectation,
            coalesce(item ->> 'message', '') AS message,
            item -> 'expected' AS expected, item -> 'observed' AS observed,
            item ->> 'score' AS score FROM attempt,
            json_array_elements(findings::json) WITH ORDINALITY AS each (item, place)""",
    },
    tables="SELECT tablename FROM pg_tables WHERE schemaname = 'holdfast'",
    begin=("BEGIN",),
    # The number is arbitrary: it only has to be the same for all that write here.
    begin_alone=("BEGIN", "SELECT pg_advisory_xact_lock(7017283104)"),
    errors=(psycopg.Error,),
)
_SETTINGS = (
    "SET search_path TO holdfast",
    # Servers can be set to answer before a commit is durable.
    "SET synchronous_commit TO on",
    "SET lock_timeout TO '20s'",
)
# A server that went away without a word is noticed instead of waited for. What the URL says wins.
_PATIENCE = {"connect_timeout": "10", "keepalives_idle": "10", "tcp_user_timeout": "30000"}


def open_store(url: str, *, root: Path, create: bool = True) -> SqlStore:
    """Open the store of a `postgresql://` URL.

    Its tables are created where they are missing, unless `create` is false.

    `root` is not used: a server has no folder. Evidence of any size is kept in rows.

    Raises:
        UsageError: the URL cannot be read, or there are no tables and none must be created.
        StoreError: the server cannot be used; the message has its place and the cure.
    """
    del root
    try:
        wanted = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        # The URL is not shown: what cannot be read may hold a password anywhere.
        raise UsageError(
            f"the URL of a PostgreSQL store must be readable, got {_first_line(error)}",
            hint="postgresql://user@host:5432/database",
        ) from error
    place = _place(wanted)

    def explained(error: Exception) -> StoreError:
        return explain(error, place)

    try:
        conninfo = make_conninfo("", **(_PATIENCE | wanted))
        connection = psycopg.Connection.connect(conninfo, autocommit=True)
    except psycopg.Error as error:
        raise explained(error) from error
    session = Session(connection, DIALECT, explained)
    try:
        _prepare(session, place, create=create)
    except BaseException:
        session.close()
        raise
    return SqlStore(session, None)


def explain(error: Exception, place: str) -> StoreError:
    """Return the error that names the database and the cure."""
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith("53"):
        cure = "the server ran out of disk, memory or connections: free some"
    elif state in {"42501", "25006"}:
        cure = "let this user create and write tables in the schema holdfast"
    elif state.startswith("28"):
        cure = "check the user and the password of the store's URL"
    elif state == "55P03":
        cure = "another process holds the store: end it, or name another store with --store"
    else:
        cure = "check that the server runs and that the database of the store's URL exists"
    return StoreError(
        f"the store cannot be read or written: {_first_line(error)} ({place})", hint=cure
    )


def _prepare(session: Session, place: str, *, create: bool) -> None:
    if not session.query("SELECT 1 FROM pg_namespace WHERE nspname = 'holdfast'"):
        if not create:
            raise NoStore(place)
        with session.transaction(alone=True):
            session.run("CREATE SCHEMA IF NOT EXISTS holdfast")
    for setting in _SETTINGS:
        session.run(setting)
    prepare(session, place)


def _place(wanted: dict[str, str]) -> str:
    """Name the database without its password."""
    user = f"{wanted['user']}@" if "user" in wanted else ""
    port = f":{wanted['port']}" if "port" in wanted else ""
    return f"postgresql://{user}{wanted.get('host', '')}{port}/{wanted.get('dbname', '')}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
