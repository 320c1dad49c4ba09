"""What is special about evidence in PostgreSQL?"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from holdfast.errors import StoreError, UsageError
from holdfast.store.postgres import open_store
from tests.contract.store_kit import attempt, finish, finished_run, plan, result, run_row


@pytest.fixture(scope="session")
def started(postgres_url: str) -> str:
    """The server, started before a test's traces are taken."""
    return postgres_url


@pytest.fixture
def url(started: str) -> str:
    with psycopg.connect(started, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS holdfast CASCADE")
    return started


def test_a_server_that_drops_the_connection_loses_nothing_that_was_shown(
    url: str, tmp_path: Path
) -> None:
    store = open_store(url, root=tmp_path)
    store.open_run(run_row("r1"), plan("a", "b"))
    finish(store, "r1", 0, result("a", attempt()))
    store.flush()
    finish(store, "r1", 1, result("b", attempt()))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    with pytest.raises(StoreError, match="postgresql://postgres@/") as caught:
        store.flush()
    assert "check that the server runs" in caught.value.hint
    assert store.pending() > 0
    with pytest.raises(StoreError):
        store.close()
    again = open_store(url, root=tmp_path)
    assert [final for _, final in again.results("r1")] == [result("a", attempt())]
    again.close()


def test_a_flush_that_another_process_blocks_says_so(url: str, tmp_path: Path) -> None:
    store = open_store(url, root=tmp_path)
    store.open_run(run_row("r1"), plan("a"))
    finish(store, "r1", 0, result("a", attempt()))
    store._session.run("SET lock_timeout TO '1ms'")
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE holdfast.attempt IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreError) as caught:
            store.flush()
    assert caught.value.hint.startswith("another process holds the store")
    store.flush()
    assert [final.id for _, final in store.results("r1")] == ["a"]
    store.close()


def test_a_database_may_be_shared_with_tables_of_others(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.run (other TEXT)")
    store = open_store(url, root=tmp_path)
    store.open_run(run_row("r1"), plan("a"))
    assert store.run("last").id == "r1"
    store.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE public.run")


def test_no_tables_are_made_for_one_who_only_looks(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        with pytest.raises(UsageError, match="there is no store yet"):
            open_store(url, root=tmp_path, create=False)
        found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'holdfast'")
        assert found.fetchall() == []


def test_a_user_who_may_not_create_tables_is_told_so(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(StoreError, match="permission denied") as caught:
        open_store(url.replace("postgres@", "guest@"), root=tmp_path)
    assert caught.value.hint == "let this user create and write tables in the schema holdfast"


def test_a_database_that_does_not_exist_is_named_without_the_password(
    url: str, tmp_path: Path
) -> None:
    wrong = url.replace("postgres@/postgres", "postgres:hunter22@/nowhere")
    with pytest.raises(StoreError, match=r"nowhere.*\(postgresql://postgres@") as caught:
        open_store(wrong, root=tmp_path)
    assert "hunter22" not in str(caught.value)
    assert "the database of the store's URL exists" in caught.value.hint


def test_a_url_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be readable") as caught:
        open_store("postgresql://user:hunter22@host/db?nonsense=1", root=tmp_path)
    assert "hunter22" not in str(caught.value)


def test_findings_are_read_with_plain_sql(url: str, tmp_path: Path) -> None:
    store = open_store(url, root=tmp_path)
    finished_run(store, "r1", "a", "b/c")
    store.close()
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT suite, id, finding.n, i, finding.status, expectation, message, expected"
            " FROM holdfast.outcome JOIN holdfast.finding"
            " ON finding.case_id = outcome.case_id ORDER BY idx"
        ).fetchall()
    assert rows == [
        ("s", "a", 1, 0, "passed", "equals", "the value was 1", None),
        ("s", "b/c", 1, 0, "passed", "equals", "the value was 1", None),
    ]
