"""Which file of which inbox is where in the library? An SQLite index that survives a kill."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Self

import msgspec

__all__ = ["INDEX", "Index", "Looked", "Row", "hold_folder"]

INDEX = "index.sqlite"
# Others that share the library hold it for a batch at a time.
BUSY_S = 60.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    id INTEGER PRIMARY KEY,
    inbox TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    taken TEXT NOT NULL,
    size INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    is_moved INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS file_open ON file (inbox) WHERE is_moved = 0;
"""
_INSERT = (
    "INSERT INTO file (inbox, source, target, kind, taken, size, checksum)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_SELECT = "SELECT id, inbox, source, target, kind, taken, size, checksum FROM file"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a file told: `folder` is where it belongs, `problem` why it stays."""

    source: str
    folder: str = ""
    kind: str = ""
    taken: str = ""
    size: int = 0
    checksum: str = ""
    problem: str = ""


class Row(msgspec.Struct, frozen=True):
    """A file of the index; its places are relative to inbox and library."""

    id: int
    inbox: str
    source: str
    target: str
    kind: str
    taken: str
    size: int
    checksum: str


class Index:
    """The index of a library, and the only one to give out names in it.

    A name is taken from the moment of the plan. Several processes may use one index.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        with hold_folder(library, wait=True):
            # Not by two at once: the change to WAL does not wait for others.
            self._database = sqlite3.connect(library / INDEX, timeout=BUSY_S, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            # A commit outlives a kill of the process; after a power cut the last ones may be gone.
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._database.close()

    def plan(self, inbox: str, batch: Sequence[Looked]) -> list[Row]:
        """Give every file of a batch a name in the library, and keep all that before any is moved."""
        with self._transaction():
            for each in batch:
                target = self._free_name(each)
                self._database.execute(
                    _INSERT,
                    (inbox, each.source, target, each.kind, each.taken, each.size, each.checksum),
                )
            return self.open_rows(inbox)

    def finish(self, rows: Sequence[Row], gone: Sequence[Row] = ()) -> None:
        """Note that files are in their places, and forget those that were gone."""
        with self._transaction():
            self._database.executemany(
                "UPDATE file SET is_moved = 1 WHERE id = ?", [(row.id,) for row in rows]
            )
            self._database.executemany("DELETE FROM file WHERE id = ?", [(row.id,) for row in gone])

    def open_rows(self, inbox: str) -> list[Row]:
        """Return what of an inbox is planned and not known to be moved."""
        found = self._database.execute(f"{_SELECT} WHERE inbox = ? AND is_moved = 0", (inbox,))
        return [Row(*each) for each in found]

    def rows(self) -> Iterator[Row]:
        """Yield everything that is in its place."""
        for each in self._database.execute(f"{_SELECT} WHERE is_moved = 1 ORDER BY id"):
            yield Row(*each)

    def _free_name(self, file: Looked) -> str:
        """Return `folder/name`, with a number behind it where somebody has that name."""
        name = Path(file.source).name
        stem, suffix = Path(name).stem, Path(name).suffix
        target, number = f"{file.folder}/{name}", 1
        while self._is_taken(target):
            number += 1
            target = f"{file.folder}/{stem}-{number}{suffix}"
        return target

    def _is_taken(self, target: str) -> bool:
        known = self._database.execute("SELECT 1 FROM file WHERE target = ?", (target,))
        return known.fetchone() is not None or os.path.lexists(f"{self._library}/{target}")

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


@contextlib.contextmanager
def hold_folder(folder: Path, *, wait: bool) -> Generator[None]:
    """Hold a folder against every other process that holds it so; the kernel lets go at our end.

    Raises:
        BlockingIOError: another process has it, and `wait` is false.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            message = f"a folder must be organised by one at a time, and {folder} is in use"
            raise BlockingIOError(error.errno, message) from error
        yield
    finally:
        os.close(fd)
