"""How are transactions opened on SQLite and on PostgreSQL?"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from examples.anomaly.domain.errors import BadInput, Conflict, StorageUnavailable
from examples.anomaly.infrastructure.repository import SqlRepository
from examples.anomaly.infrastructure.tables import metadata

# A request holds one connection, and the web framework runs at most 40 requests at once in its threads.
CONNECTIONS = 40
CONNECT_TIMEOUT_S = 5


class Database:
    """The port `Store` on an SQLAlchemy engine; `close` gives every connection back."""

    def __init__(self, url: str) -> None:
        self.kind = make_url(url).get_backend_name()
        self._reader = _open_sqlite(url) if self.kind == "sqlite" else _open_postgresql(url)
        # SQLite takes the write lock at the start: a transaction that reads first and writes later
        # would fail at once, without waiting, when another one wrote in between.
        self._writer = self._reader.execution_options(begin="BEGIN IMMEDIATE")

    def create_tables(self) -> None:
        """Create what is not there yet."""
        with self._transaction(self._writer) as connection:
            metadata.create_all(connection)

    def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            StorageUnavailable: it gives none.
        """
        with self._transaction(self._reader) as connection:
            connection.execute(text("SELECT 1"))

    @contextmanager
    def read(self) -> Generator[SqlRepository, None, None]:
        """Open a transaction that only reads."""
        with self._transaction(self._reader) as connection:
            yield SqlRepository(connection)

    @contextmanager
    def write(self) -> Generator[SqlRepository, None, None]:
        """Open a transaction that is kept if its block ends without an error."""
        with self._transaction(self._writer) as connection:
            yield SqlRepository(connection)

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Generator[Connection, None, None]:
        try:
            with engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError) as lost:
            raise StorageUnavailable("the database does not answer", at="database") from lost
        except IntegrityError as gone:
            raise Conflict("what this belongs to was deleted meanwhile", at="database") from gone
        except DataError as refused:
            # PostgreSQL holds no NUL in text, wherever in a request it stands.
            raise BadInput("a text must hold no NUL character", at="request") from refused


def _open_sqlite(url: str) -> Engine:
    Path(str(make_url(url).database)).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=CONNECTIONS, max_overflow=0)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgresql(url: str) -> Engine:
    connect_args: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_S}
    return create_engine(
        url,
        pool_size=10,
        max_overflow=CONNECTIONS - 10,
        pool_pre_ping=True,
        connect_args=connect_args,
    )


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # None stops the driver from beginning transactions by itself; `_begin_sqlite` does it.
    connection.isolation_level = None
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


__all__ = ["Database"]
