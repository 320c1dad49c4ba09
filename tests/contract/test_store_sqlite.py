"""What is special about evidence in an SQLite file?"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from holdfast.errors import StoreError, UsageError
from holdfast.model.codec import decode, encode
from holdfast.model.evidence import Evidence
from holdfast.model.finding import failed, passed
from holdfast.store.schema import SCHEMA, prepare
from holdfast.store.sqlite import DIALECT, open_empty, open_store
from tests.contract.store_kit import attempt, finish, finished_run, plan, result, run_row

URL = "sqlite:///deep/folder/s.db"


def file_of(root: Path) -> Path:
    return root / "deep" / "folder" / "s.db"


def test_the_folder_of_a_store_is_created(tmp_path: Path) -> None:
    open_store(URL, root=tmp_path).close()
    assert file_of(tmp_path).is_file()


def test_a_missing_store_is_not_made_for_one_who_only_looks(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no store yet") as caught:
        open_store(URL, root=tmp_path, create=False)
    assert str(tmp_path) in caught.value.message
    assert list(tmp_path.iterdir()) == []
    open_store(URL, root=tmp_path).close()
    open_store(URL, root=tmp_path, create=False).close()


def test_an_empty_store_knows_of_no_run_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_empty()
    try:
        assert (list(store.runs()), store.durations(["a/b"])) == ([], {})
    finally:
        store.close()
    assert list(tmp_path.iterdir()) == []


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/a%20b.db", root=Path("/nowhere")).close()
    assert (tmp_path / "a b.db").is_file()


def test_commits_are_synced_in_full_and_logged_ahead(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    assert store._session.query("PRAGMA synchronous") == [(2,)]
    assert store._session.query("PRAGMA journal_mode") == [("wal",)]
    assert store._session.query("PRAGMA foreign_keys") == [(1,)]
    store.close()


def test_findings_are_read_with_plain_sql(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    finished_run(store, "r1", "a", "b/c")
    store.close()
    with closing(sqlite3.connect(file_of(tmp_path))) as connection:
        rows = connection.execute(
            "SELECT outcome.run, suite, id, finding.status, expectation, message FROM outcome"
            " JOIN finding ON finding.case_id = outcome.case_id ORDER BY idx"
        ).fetchall()
    assert rows == [
        ("r1", "s", "a", "passed", "equals", "the value was 1"),
        ("r1", "s", "b/c", "passed", "equals", "the value was 1"),
    ]


def test_a_second_run_of_the_same_plan_repeats_no_text(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    for n in range(3):
        store.open_run(run_row(f"r{n}"), plan("a", "b"))
    counts = [
        store._session.query(f"SELECT count(*) FROM {table}")[0][0]
        for table in ("name", "definition", '"case"')
    ]
    assert counts == [2, 2, 6]
    store.close()


def test_the_history_counts_runs_fails_and_flips(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    for n, status in enumerate(["passed", "failed", "error", "skipped", "passed"]):
        finished_run(store, f"r{n}", "a", status=status, duration_s=n + 1.0)
    columns = "runs, fails, flips, last_status, last_s, mean_s, last_run"
    assert store._session.query(f"SELECT {columns} FROM history") == [
        (4, 2, 2, "passed", 5.0, pytest.approx((1 + 2 + 3 + 5) / 4), 5)
    ]
    store.close()


# --- blobs ----------------------------------------------------------------------


def blob_run(root: Path) -> Path:
    """A run whose evidence is a blob; its file."""
    store = open_store(URL, root=root)
    store.open_run(run_row("r1"), plan("a", "b"))
    for index, name in enumerate("ab"):
        finish(store, "r1", index, result(name, attempt()), value="x" * 70_000)
    store.close()
    (blob,) = [path for path in (root / "deep/folder/s.db.blobs").rglob("*") if path.is_file()]
    return blob


def test_a_large_evidence_is_one_file_named_by_its_content(tmp_path: Path) -> None:
    blob = blob_run(tmp_path)
    assert decode(blob.read_bytes(), Evidence) == Evidence(value="x" * 70_000)
    assert len(blob.parent.name) == 2
    assert file_of(tmp_path).stat().st_size < 200_000


def test_a_blob_that_was_changed_is_no_evidence(tmp_path: Path) -> None:
    blob = blob_run(tmp_path)
    blob.write_bytes(blob.read_bytes().replace(b"x" * 9, b"y" * 9, 1))
    store = open_store(URL, root=tmp_path)
    with pytest.raises(StoreError, match="must match its name") as caught:
        store.evidence("r1", 0, 1)
    assert str(blob) in caught.value.message
    store.close()


def test_a_blob_that_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    blob = blob_run(tmp_path)
    blob.unlink()
    store = open_store(URL, root=tmp_path)
    with pytest.raises(StoreError, match="No such file") as caught:
        store.evidence("r1", 0, 1)
    assert str(blob) in caught.value.message
    store.close()


# --- what cannot be used --------------------------------------------------------


def refused(url: str, root: Path) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_store(url, root=root).close()
    return caught.value


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refused("sqlite:///file/s.db", tmp_path)
    assert f"({tmp_path}/file)" in error.message
    assert "--store" in error.hint


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.db").mkdir()
    error = refused("sqlite:///s.db", tmp_path)
    assert error.message.endswith(f"unable to open database file ({tmp_path}/s.db)")
    assert "writable" in error.hint


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("hello\n" * 1_000)
    error = refused("sqlite:///s.db", tmp_path)
    assert str(tmp_path / "s.db") in error.message
    assert "no SQLite file" in error.hint
    assert (tmp_path / "s.db").read_text() == "hello\n" * 1_000


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("CREATE TABLE run (x)")
    error = refused("sqlite:///s.db", tmp_path)
    assert "got one with other tables" in error.message
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


def test_a_corrupt_store_is_named_with_the_cure(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    finished_run(store, "r1", *(f"c{n}" for n in range(300)))
    store.close()
    content = bytearray(file_of(tmp_path).read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    file_of(tmp_path).write_bytes(content)
    error = refused(URL, tmp_path)
    assert error.message.endswith(f"malformed ({file_of(tmp_path)})")
    assert "restore it from a copy" in error.hint


def test_a_newer_store_is_refused_with_a_hint(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    store._session.run("UPDATE format SET version = 99")
    store.close()
    error = refused(URL, tmp_path)
    assert f"version {SCHEMA.version} or older, got version 99" in error.message
    assert str(file_of(tmp_path)) in error.message
    assert "upgrade holdfast" in error.hint


def test_an_older_store_is_lifted_and_keeps_its_runs(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    finished_run(store, "r1", "a")
    now = SCHEMA.version
    steps = {now: ("ALTER TABLE run ADD COLUMN a {ID}",), now + 1: ()}
    later = msgspec.structs.replace(SCHEMA, version=now + 2, migrations=steps)
    prepare(store._session, "x", later)
    assert store._session.query("SELECT version FROM format") == [(now + 2,)]
    assert store._session.query("SELECT a FROM run") == [(None,)]
    assert [final.id for _, final in store.results("r1")] == ["a"]
    store.close()


def test_a_full_disk_is_an_error_that_leaves_the_rows_pending(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    store.open_run(run_row("r1"), plan("a", "b"))
    finish(store, "r1", 0, result("a", attempt()))
    store.flush()
    pages = store._session.query("PRAGMA page_count")[0][0]
    store._session.query(f"PRAGMA max_page_count = {pages}")
    store.end_attempt("r1", 1, attempt(), encode(Evidence(value="x" * 60_000)))
    with pytest.raises(StoreError, match="full") as caught:
        store.flush()
    assert str(file_of(tmp_path)) in caught.value.message
    assert "free some space" in caught.value.hint
    assert store.pending() == 1
    assert [final.id for _, final in store.results("r1")] == ["a"]
    store._session.query("PRAGMA max_page_count = 100000")
    store.close()
    again = open_store(URL, root=tmp_path)
    assert again.evidence("r1", 1, 1) == Evidence(value="x" * 60_000)
    again.close()


def test_a_store_that_another_process_holds_is_an_error_in_the_end(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    store.open_run(run_row("r1"), plan("a"))
    store._session.query("PRAGMA busy_timeout = 1")
    store.end_case("r1", 0, result("a", status="skipped"))
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked") as caught:
            store.flush()
        # A reader is not held up.
        assert [row.id for row in store.planned("r1")] == ["a"]
    assert "another process holds the store" in caught.value.hint
    store.flush()
    assert [final.id for _, final in store.results("r1")] == ["a"]
    store.close()


def test_a_store_that_may_only_be_read_is_an_error_with_the_cure(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    store._session.query("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="readonly") as caught:
        store.open_run(run_row("r1"), plan("a"))
    assert "writable" in caught.value.hint
    store.close()


# --- the docs -------------------------------------------------------------------

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "stores.md"


def test_the_question_in_the_docs_finds_what_failed(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    store.open_run(run_row("ID"), plan("a", "b"))
    finish(store, "ID", 0, result("a", attempt()))
    finish(store, "ID", 1, result("b", attempt(1, (passed("fine"), failed("it was 2")))))
    store.close()
    (question,) = re.findall(r"^```sql text\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    with closing(sqlite3.connect(file_of(tmp_path))) as connection:
        assert connection.execute(question).fetchall() == [("s", "b", "", "it was 2")]


def test_the_docs_name_every_table(tmp_path: Path) -> None:
    store = open_store(URL, root=tmp_path)
    tables = {name for (name,) in store._session.query(DIALECT.tables)}
    store.close()
    section = PAGE.read_text().partition("## Tables")[2]
    assert set(re.findall(r"^\| `(\w+)` ", section, re.MULTILINE)) == tables
