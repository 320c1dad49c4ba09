"""Is every result for which `flush` returned still there, whatever failed or died?"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import StoreError
from holdfast.model.codec import encode
from holdfast.model.evidence import Evidence
from holdfast.model.result import Result
from holdfast.store.blobs import Blobs
from holdfast.store.schema import SCHEMA, Schema, prepare
from holdfast.store.session import Session
from holdfast.store.sql_store import SqlStore
from holdfast.store.sqlite import DIALECT, explain, open_store
from tests.contract.store_kit import attempt, plan, result, run_row

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"c{n}" for n in range(3_000)]
FEW = NAMES[:6]
LARGE = "x" * 70_000


class Fault:
    """Counts what is done and lets the Nth fail: before it takes effect, or after it did."""

    def __init__(self, nth: int, *, after: bool = False, lasts: bool = False) -> None:
        self.nth, self.after, self.lasts = nth, after, lasts
        self.count = 0

    def around(self, act: Callable[[], Any], error: Callable[[], Exception]) -> Any:
        self.count += 1
        fails = self.count == self.nth or (self.lasts and self.count > self.nth)
        if fails and not self.after:
            raise error()
        answer = act()
        if fails:
            raise error()
        return answer


class FailingConnection:
    """A connection whose statements may fail."""

    def __init__(self, connection: sqlite3.Connection, fault: Fault) -> None:
        self._connection, self._fault = connection, fault

    def cursor(self) -> FailingCursor:
        return FailingCursor(self._connection.cursor(), self._fault)

    def close(self) -> None:
        self._connection.close()


class FailingCursor:
    def __init__(self, cursor: sqlite3.Cursor, fault: Fault) -> None:
        self._cursor, self._fault = cursor, fault

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        return self._fault.around(lambda: self._cursor.execute(sql, parameters), disk_error)

    def executemany(self, sql: str, rows: Any) -> Any:
        return self._fault.around(lambda: self._cursor.executemany(sql, rows), disk_error)

    def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    def close(self) -> None:
        self._cursor.close()


def disk_error() -> sqlite3.OperationalError:
    return sqlite3.OperationalError("disk I/O error")


def final_of(index: int) -> Result:
    return result(NAMES[index], attempt(1), attempt(2), reason=f"n{index}")


def hand_in(store: SqlStore, index: int) -> None:
    """One case of two attempts; of every third, the evidence is a blob."""
    final = final_of(index)
    for each in final.attempts:
        store.start_attempt("r1", index, each.n, each.started_s, each.worker)
        value = f"{LARGE}{index}{each.n}" if index % 3 == 0 else each.n
        store.end_attempt("r1", index, each, encode(Evidence(value=value)))
    store.end_case("r1", index, final)


def write_all(store: SqlStore, shown: list[int]) -> None:
    """Two cases per flush, the second attempt of the next one already started."""
    store.open_run(run_row("r1", planned=len(FEW)), plan(*FEW))
    for index in range(0, len(FEW), 2):
        hand_in(store, index)
        hand_in(store, index + 1)
        if index + 2 < len(FEW):
            store.start_attempt("r1", index + 2, 1, 0.5, "h1")
        store.flush()
        shown += [index, index + 1]
    store.close_run(run_row("r1", planned=len(FEW), finished="then"))


def open_failing(root: Path, fault: Fault, disk: Fault) -> SqlStore:
    """The store of `root` over a connection and a disk that may fail."""
    path = root / "s.db"
    connection = sqlite3.connect(path, isolation_level=None)
    failing = FailingConnection(connection, fault)

    def fsync(descriptor: int) -> None:
        disk.around(lambda: os.fsync(descriptor), lambda: OSError(5, "Input/output error"))

    session = Session(failing, DIALECT, lambda error: explain(error, path))
    return SqlStore(session, Blobs(root / "s.db.blobs", fsync=fsync))


def check(root: Path, shown: list[int]) -> None:
    """What was shown is there and whole; nothing else is there in part."""
    with closing(sqlite3.connect(root / "s.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        half = """SELECT count(*) FROM attempt WHERE status IS NOT NULL
            AND (duration_s IS NULL OR (evidence IS NULL AND blob IS NULL))"""
        assert connection.execute(half).fetchone() == (0,)
    store = open_store("sqlite:///s.db", root=root)
    found = {row.index: final for row, final in store.results("r1")} if store.runs() else {}
    assert set(shown) <= set(found)
    for index, final in found.items():
        assert final == final_of(index)
        for each in final.attempts:
            evidence = store.evidence("r1", index, each.n)
            assert evidence is not None
            assert str(evidence.value).endswith(str(each.n))
    started = set(store.started("r1")) if store.runs() else set()
    assert not {index for index, *_ in started} & set(found)
    store.close()


def run_with(root: Path, fault: Fault, disk: Fault) -> None:
    open_store("sqlite:///s.db", root=root).close()
    shown: list[int] = []
    store = open_failing(root, fault, disk)
    with suppress(StoreError):
        write_all(store, shown)
    with suppress(StoreError):
        store.close()
    check(root, shown)


def count_of(tmp_path: Path) -> tuple[int, int]:
    """How many statements and syncs the whole takes."""
    fault, disk = Fault(0), Fault(0)
    run_with(tmp_path / "count", fault, disk)
    return fault.count, disk.count


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_no_statement_that_fails_loses_a_shown_result(
    tmp_path: Path, after: bool, lasts: bool
) -> None:
    statements, _ = count_of(tmp_path)
    assert statements > 30
    for nth in range(1, statements + 1):
        run_with(tmp_path / str(nth), Fault(nth, after=after, lasts=lasts), Fault(0))


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "lasting"])
def test_no_sync_that_fails_loses_a_shown_result(tmp_path: Path, lasts: bool) -> None:
    _, syncs = count_of(tmp_path)
    assert syncs >= 8
    for nth in range(1, syncs + 1):
        run_with(tmp_path / str(nth), Fault(0), Fault(nth, lasts=lasts))


def test_what_a_flush_could_not_write_is_written_by_the_next(tmp_path: Path) -> None:
    statements, _ = count_of(tmp_path)
    written = 0
    for nth in range(1, statements + 1):
        root = tmp_path / str(nth)
        open_store("sqlite:///s.db", root=root).close()
        fault = Fault(0)
        store = open_failing(root, fault, Fault(0))
        store.open_run(run_row("r1"), plan(*FEW))
        hand_in(store, 0)
        fault.nth = fault.count + nth
        with suppress(StoreError):
            store.flush()
            store.close()
            break
        assert store.pending() > 0
        store.flush()
        assert store.pending() == 0
        store.close()
        check(root, [0])
        written += 1
    # BEGIN, the statements for attempts (with their findings) and results, COMMIT
    assert written >= 4


def test_a_failed_blob_leaves_no_file_that_looks_whole(tmp_path: Path) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    blobs = Blobs(tmp_path / "b", fsync=fsync)
    with pytest.raises(StoreError, match=r"No space left on device \(.*/b/") as caught:
        blobs.write(b"x" * 100)
    assert "room" in caught.value.hint
    assert [path for path in (tmp_path / "b").rglob("*") if path.is_file()] == []


def test_a_blob_is_durable_before_the_row_that_names_it(tmp_path: Path) -> None:
    open_store("sqlite:///s.db", root=tmp_path).close()
    order: list[str] = []

    class Noted(Fault):
        def around(self, act: Callable[[], Any], error: Callable[[], Exception]) -> Any:
            order.append("sync" if isinstance(error(), OSError) else "statement")
            return act()

    store = open_failing(tmp_path, Noted(0), Noted(0))
    store.open_run(run_row("r1"), plan(*FEW))
    order.clear()
    hand_in(store, 0)
    store.flush()
    store.close()
    # Two files; then the names of their folders, of the folder of blobs, and of that in its own.
    assert order[:5] == ["sync"] * 5
    assert "sync" not in order[order.index("statement") :]
    check(tmp_path, [0])


@pytest.mark.parametrize("nth", range(1, 60, 3))
def test_a_torn_log_loses_whole_flushes_only(tmp_path: Path, nth: int) -> None:
    open_store("sqlite:///s.db", root=tmp_path).close()
    store = open_failing(tmp_path, Fault(0), Fault(0))
    write_all(store, [])
    log = (tmp_path / "s.db-wal").read_bytes()
    (tmp_path / "torn").mkdir()
    shutil.copy(tmp_path / "s.db", tmp_path / "torn" / "s.db")
    shutil.copytree(tmp_path / "s.db.blobs", tmp_path / "torn" / "s.db.blobs")
    store.close()
    (tmp_path / "torn" / "s.db-wal").write_bytes(log[: len(log) * nth // 60])
    check(tmp_path / "torn", [])


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    later = Schema(
        version=SCHEMA.version + 1,
        statements=SCHEMA.statements,
        migrations={
            SCHEMA.version: (
                "ALTER TABLE run ADD COLUMN a TEXT",
                "ALTER TABLE run ADD COLUMN b TEXT",
            )
        },
    )
    for nth in range(1, 20):
        path = tmp_path / f"{nth}.db"
        connection = sqlite3.connect(path, isolation_level=None)
        fault = Fault(0)
        failing = FailingConnection(connection, fault)
        session = Session(failing, DIALECT, lambda error: StoreError(str(error)))
        prepare(session, "x")
        fault.nth = fault.count + nth
        try:
            prepare(session, "x", later)
        except StoreError:
            columns = [row[1] for row in connection.execute("PRAGMA table_info(run)")]
            assert not {"a", "b"} & set(columns)
            prepare(session, "x", later)
        columns = [row[1] for row in connection.execute("PRAGMA table_info(run)")]
        assert columns[-2:] == ["a", "b"]
        session.close()
        if fault.count < fault.nth:
            return
    pytest.fail("the last statement of a migration was never reached")


# --- kill -9 --------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from tests.crash.test_store_writes import NAMES, hand_in
from tests.contract.store_kit import plan, run_row
from holdfast.store.sqlite import open_store

store = open_store("sqlite:///s.db", root=Path(sys.argv[1]))
print("open", flush=True)
store.open_run(run_row("r1"), plan(*NAMES))
print("planned", flush=True)
for index in range(3_000):
    hand_in(store, index)
    if index % 3 == 2:
        store.flush()
        print(index, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 9, 20, 40])
def test_kill_9_loses_nothing_that_was_shown(tmp_path: Path, lines: int) -> None:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )
    assert child.stdout is not None
    with child.stdout as shown:
        said = [shown.readline().strip() for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        said += shown.read().split()
    assert child.wait(timeout=30) == -signal.SIGKILL
    last = int(said[-1]) if said[-1].isdigit() else -1
    check(tmp_path, list(range(last + 1)))
    if len(said) > 1:
        store = open_store("sqlite:///s.db", root=tmp_path)
        assert sum(1 for _ in store.planned("r1")) == 3_000
        store.close()
