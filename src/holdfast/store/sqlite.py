"""How is evidence kept in an SQLite file?"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import unquote

from holdfast.errors import StoreError, UsageError
from holdfast.store.blobs import Blobs
from holdfast.store.schema import prepare
from holdfast.store.session import Dialect, NoStore, Session
from holdfast.store.sql_store import SqlStore

__all__ = ["DIALECT", "explain", "open_empty", "open_store"]

# How long to wait for another run that writes to the same file; opening a run of 100,000
# cases holds it for about a second.
_BUSY_S = 20.0

DIALECT = Dialect(
    name="sqlite",
    placeholder="?",
    words={
        "ID": "INTEGER",
        "BLOB": "BLOB",
        "CLUSTERED": " WITHOUT ROWID",
        "FINDINGS": """SELECT case_id, n, key AS i, json_extract(value, '$.status') AS status,
            coalesce(json_extract(value, '$.expectation'), '') AS expectation,
            coalesce(json_extract(value, '$.message'), '') AS message,
            json_extract(value, '$.expected') AS expected,
            json_extract(value, '$.observed') AS observed,
            json_extract(value, '$.score') AS score FROM attempt, json_each(findings)""",
    },
    tables="SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    # IMMEDIATE: a transaction that reads first and writes later could not be waited for.
    begin=("BEGIN IMMEDIATE",),
    begin_alone=("BEGIN IMMEDIATE",),
    errors=(sqlite3.Error,),
    # Half the time that one statement for each row takes (measured: 2.7 us against 5); more win no more.
    rows_at_once=16,
)
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    # FULL: a result that was shown survives a power cut. Batched, it costs no more than NORMAL.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # 32 MB: the plan of 20,000 cases fits, so that no page is written twice in one transaction.
    "PRAGMA cache_size = -32000",
    # 16 MB of log: each time it is folded into the file costs two more syncs.
    "PRAGMA wal_autocheckpoint = 4000",
)
_CURES = {
    "SQLITE_FULL": "free some space on the disk, or name another store with --store",
    "SQLITE_IOERR": "the disk refused it: check its space, its health and its quota",
    "SQLITE_READONLY": "make the file and its folder writable, or name another store with --store",
    "SQLITE_PERM": "make the file and its folder writable, or name another store with --store",
    "SQLITE_CANTOPEN": "make the file and its folder writable, or name another store with --store",
    "SQLITE_CORRUPT": "move the file away and run again, or restore it from a copy",
    "SQLITE_NOTADB": "it is no SQLite file: move it away, or name another store with --store",
    "SQLITE_BUSY": "another process holds the store: end it, or name another store with --store",
    "SQLITE_LOCKED": "another process holds the store: end it, or name another store with --store",
}


def open_store(url: str, *, root: Path, create: bool = True) -> SqlStore:
    """Open the store of a `sqlite:///` URL; relative paths are below `root`.

    It is created where it is missing, unless `create` is false.

    Raises:
        UsageError: the URL names no file, or one that is missing and must not be created.
        StoreError: the file cannot be used; the message has its path and the cure.
    """
    path = _path(url, root)
    if not create and not path.exists():
        raise NoStore(str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder of the store cannot be created: {error.strerror} ({path.parent})",
            hint="name a store in a folder that you may write to with --store",
        ) from error
    session = _connect(path)
    try:
        for setting in _SETTINGS:
            session.query(setting)
        prepare(session, str(path))
    except BaseException:
        session.close()
        raise
    return SqlStore(session, Blobs(path.with_name(f"{path.name}.blobs")))


def open_empty() -> SqlStore:
    """Open a store that holds nothing and leaves nothing behind."""
    session = _connect(Path(":memory:"))
    prepare(session, ":memory:")
    return SqlStore(session, None)


def explain(error: Exception, path: Path) -> StoreError:
    """Return the error that names the file and the cure."""
    name = getattr(error, "sqlite_errorname", None) or ""
    cure = next((cure for code, cure in _CURES.items() if name.startswith(code)), "")
    return StoreError(f"the store cannot be read or written: {error} ({path})", hint=cure)


def _path(url: str, root: Path) -> Path:
    scheme, _, rest = url.partition(":///")
    if scheme != "sqlite" or not rest or rest == ":memory:":
        raise UsageError(
            f"the URL of an SQLite store must name a file, got {url!r}",
            hint="sqlite:///relative/to/the/settings.db or sqlite:////absolute.db",
        )
    return root / unquote(rest)


def _connect(path: Path) -> Session:
    def explained(error: Exception) -> StoreError:
        return explain(error, path)

    try:
        connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    except sqlite3.Error as error:
        raise explained(error) from error
    return Session(connection, DIALECT, explained)
