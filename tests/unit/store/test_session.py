from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from holdfast.errors import StoreError
from holdfast.store.session import CHUNK, Dialect, Session, chunks
from holdfast.store.sqlite import DIALECT


class Recorded:
    """A connection that answers nothing and remembers what it was told."""

    def __init__(self, fails: str = "") -> None:
        self.told: list[Any] = []
        self.fails = fails

    def cursor(self) -> Recorded:
        return self

    def execute(self, sql: str, parameters: Any = ()) -> None:
        self.told.append((sql, parameters) if parameters else sql)
        if sql == self.fails:
            raise sqlite3.OperationalError(f"{sql} refused")

    def executemany(self, sql: str, rows: Any) -> None:
        self.told.append((sql, rows))
        if sql == self.fails:
            raise sqlite3.OperationalError(f"{sql} refused")

    def fetchall(self) -> list[Any]:
        return [("row",)]

    def close(self) -> None:
        pass


def session_of(connection: Any, **changes: Any) -> Session:
    fields = {name: getattr(DIALECT, name) for name in DIALECT.__struct_fields__}
    return Session(
        connection, Dialect(**(fields | changes)), lambda error: StoreError(f"x: {error}")
    )


def test_placeholders_are_those_of_the_dialect() -> None:
    connection = Recorded()
    session_of(connection, placeholder="%s").query("a ? b ?", (1, 2))
    session_of(connection).query("a ? b ?", (1, 2))
    assert connection.told == [("a %s b %s", (1, 2)), ("a ? b ?", (1, 2))]


def test_many_keys_are_asked_for_in_chunks() -> None:
    connection = Recorded()
    rows = list(session_of(connection).query_in("k IN ({keys})", range(CHUNK + 2)))
    assert rows == [("row",), ("row",)]
    assert connection.told[1] == ("k IN (?,?)", [CHUNK, CHUNK + 1])


def test_no_rows_are_no_statement() -> None:
    connection = Recorded()
    session_of(connection).many("INSERT", [])
    assert connection.told == []


INSERT = "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO NOTHING"


def test_many_rows_are_inserted_several_at_once_and_the_rest_one_by_one() -> None:
    connection = Recorded()
    rows = [(n, -n) for n in range(5)]
    session_of(connection, rows_at_once=2, placeholder="%s").many(INSERT, rows)
    wide = "INSERT INTO t (a, b) VALUES (%s, %s),(%s, %s) ON CONFLICT (a) DO NOTHING"
    single = INSERT.replace("?", "%s")
    assert connection.told == [(wide, [0, 0, 1, -1]), (wide, [2, -2, 3, -3]), (single, [(4, -4)])]


@pytest.mark.parametrize("width", [0, 1, 3])
def test_few_rows_and_narrow_dialects_are_told_row_by_row(width: int) -> None:
    connection = Recorded()
    session_of(connection, rows_at_once=width).many(INSERT, [(1, 1), (2, 2)])
    assert connection.told == [(INSERT, [(1, 1), (2, 2)])]


def test_what_inserts_no_values_is_told_row_by_row() -> None:
    connection = Recorded()
    session_of(connection, rows_at_once=2).many("DELETE FROM t WHERE a = ?", [(1,), (2,)])
    assert connection.told == [("DELETE FROM t WHERE a = ?", [(1,), (2,)])]


def test_a_transaction_commits_what_happened_inside() -> None:
    connection = Recorded()
    session = session_of(connection, begin_alone=("BEGIN", "LOCK"))
    with session.transaction(alone=True):
        session.run("A")
    assert connection.told == ["BEGIN", "LOCK", "A", "COMMIT"]


@pytest.mark.parametrize("fails", ["BEGIN IMMEDIATE", "A", "COMMIT"])
def test_a_transaction_that_fails_is_rolled_back(fails: str) -> None:
    connection = Recorded(fails)
    session = session_of(connection)
    with pytest.raises(StoreError, match=f"x: {fails} refused"), session.transaction():
        session.run("A")
    assert connection.told[-2:] == [fails, "ROLLBACK"]


def test_a_rollback_that_fails_does_not_hide_why() -> None:
    session = session_of(Recorded("ROLLBACK"))
    with pytest.raises(KeyError, match="why"), session.transaction():
        raise KeyError("why")


@pytest.mark.parametrize("ask", ["query", "run"])
def test_an_error_of_the_database_is_explained(ask: str) -> None:
    with pytest.raises(StoreError, match="x: A refused"):
        getattr(session_of(Recorded("A")), ask)("A")
    with pytest.raises(StoreError, match="x: A refused"):
        session_of(Recorded("A")).many("A", [(1,)])
    wide = session_of(Recorded("VALUES (?),(?)"), rows_at_once=2)
    with pytest.raises(StoreError, match=r"x: VALUES \(\?\),\(\?\) refused"):
        wide.many("VALUES (?)", [(1,), (2,)])


def test_chunks_cut_evenly_and_keep_the_rest() -> None:
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([], 2)) == []
