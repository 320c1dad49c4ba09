"""How does one set of SQL statements run on several databases? Through a dialect and a session.

Plain DB-API and no SQLAlchemy: importing that takes 0.35 s, as long as 3,500 cases may take
in all (0.1 ms each).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, Protocol, TypeAlias

import msgspec

from holdfast.errors import StoreError, UsageError

__all__ = ["CHUNK", "Connection", "Cursor", "Dialect", "NoStore", "Row", "Session", "chunks"]

Row: TypeAlias = tuple[Any, ...]

# Keys per `IN (...)`: far below every database's limit, large enough to hide the round trip.
CHUNK = 500
_VALUES = re.compile(r"VALUES (\([?, ]+\))")


class NoStore(UsageError):
    """Someone wants to look at a store that does not exist."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"there is no store yet ({place})",
            hint="`holdfast run` makes one; --store or HOLDFAST_STORE names another",
        )


class Cursor(Protocol):
    """The part of a DB-API cursor that the store uses."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...
    def executemany(self, sql: str, rows: Any, /) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """The part of a DB-API connection in autocommit mode that the store uses."""

    def cursor(self) -> Any: ...
    def close(self) -> None: ...


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from database to database.

    `words` replaces the names in braces of the schema. `begin` opens a
    transaction that writes rows of its own run, `begin_alone` one in which
    nobody else gives out numbers. `rows_at_once` are written by one INSERT.
    """

    name: str
    placeholder: str
    words: dict[str, str]
    tables: str
    begin: tuple[str, ...]
    begin_alone: tuple[str, ...]
    errors: tuple[type[Exception], ...]
    rows_at_once: int = 1


class Session:
    """A connection that speaks with `?` and answers with StoreError.

    `explain` turns an error of the database into one that names the place and
    the cure.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, explain: Callable[[Exception], StoreError]
    ) -> None:
        self._connection = connection
        self._explain = explain
        self._spoken: dict[str, str] = {}
        self._wide: dict[str, str] = {}
        self.dialect = dialect

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a question."""
        try:
            cursor: Cursor = self._connection.cursor()
            cursor.execute(self._speak(sql), parameters)
            rows = cursor.fetchall()
            cursor.close()
        except self.dialect.errors as error:
            raise self._explain(error) from error
        return rows

    def query_in(self, sql: str, keys: Iterable[Any]) -> Generator[Row]:
        """Yield the rows of a question with `IN ({keys})`, asked for many keys at a time."""
        for part in chunks(keys):
            yield from self.query(sql.replace("{keys}", ",".join("?" * len(part))), part)

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Carry out one statement."""
        try:
            cursor: Cursor = self._connection.cursor()
            cursor.execute(self._speak(sql), parameters)
            cursor.close()
        except self.dialect.errors as error:
            raise self._explain(error) from error

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        """Carry out one statement for each row."""
        if not rows:
            return
        try:
            cursor: Cursor = self._connection.cursor()
            single = self._write_wide(cursor, sql, rows)
            if single:
                cursor.executemany(self._speak(sql), single)
            cursor.close()
        except self.dialect.errors as error:
            raise self._explain(error) from error

    def _write_wide(self, cursor: Cursor, sql: str, rows: Sequence[Row]) -> Sequence[Row]:
        """Insert as many rows at once as the dialect likes; return those that are left."""
        width = self.dialect.rows_at_once
        if len(rows) < width or width < 2:
            return rows
        wide = self._wide.get(sql)
        if wide is None:
            values = ",".join([r"\1"] * width)
            wide = self._wide[sql] = self._speak(_VALUES.sub(f"VALUES {values}", sql))
        if wide == sql:
            # No INSERT of values.
            return rows
        end = len(rows) - len(rows) % width
        for start in range(0, end, width):
            cursor.execute(wide, list(chain.from_iterable(rows[start : start + width])))
        return rows[end:]

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Generator[None]:
        """Commit all that happens inside, or nothing of it."""
        try:
            for statement in self.dialect.begin_alone if alone else self.dialect.begin:
                self.run(statement)
            yield
            self.run("COMMIT")
        except BaseException:
            # Some errors end the transaction by themselves, and then there is none to roll back.
            with suppress(StoreError):
                self.run("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the connection."""
        try:
            self._connection.close()
        except self.dialect.errors as error:
            raise self._explain(error) from error

    def _speak(self, sql: str) -> str:
        if self.dialect.placeholder == "?":
            return sql
        spoken = self._spoken.get(sql)
        if spoken is None:
            spoken = self._spoken[sql] = sql.replace("?", self.dialect.placeholder)
        return spoken


def chunks(items: Iterable[Any], size: int = CHUNK) -> Generator[list[Any]]:
    """Cut items into lists of at most `size`."""
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
