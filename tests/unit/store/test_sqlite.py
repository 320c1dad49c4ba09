from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from holdfast.errors import UsageError
from holdfast.store.sqlite import explain, open_store


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://file.db", "other:///x"]
)
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="must name a file") as caught:
        open_store(url, root=Path("/r"))
    assert "sqlite:////absolute.db" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        ("SQLITE_FULL", "free some space"),
        ("SQLITE_IOERR_FSYNC", "the disk refused it"),
        ("SQLITE_READONLY_DIRECTORY", "writable"),
        ("SQLITE_CANTOPEN", "writable"),
        ("SQLITE_CORRUPT_INDEX", "restore it from a copy"),
        ("SQLITE_NOTADB", "no SQLite file"),
        ("SQLITE_BUSY_SNAPSHOT", "another process"),
        ("SQLITE_MISUSE", ""),
    ],
)
def test_an_error_names_the_file_and_the_cure(code: str, cure: str) -> None:
    error = sqlite3.OperationalError("it broke")
    error.sqlite_errorname = code
    told = explain(error, Path("/x/s.db"))
    assert told.message == "the store cannot be read or written: it broke (/x/s.db)"
    assert cure in told.hint
    assert bool(cure) == bool(told.hint)
