"""Which service do the tests talk to? A fresh one each, on a database file or on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.examples.anomaly.service import open_client
from tests.postgres import find_packages, running_postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str | None]:
    """Run PostgreSQL; None where there is none to run.

    A module names this fixture in its `pytestmark`, so that the server is there before the first
    test looks at what it must not leave behind.
    """
    packages = find_packages()
    if packages is None:
        yield None
        return
    with running_postgres(packages) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give an empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'anomaly.db'}"
        return
    server: str | None = request.getfixturevalue("postgresql")
    if server is None:
        pytest.skip("needs the package pgserver, which holds PostgreSQL")
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}"')


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Run the service on a database file."""
    with open_client(f"sqlite:///{tmp_path / 'anomaly.db'}") as running:
        yield running


@pytest.fixture
def both_client(database_url: str) -> Iterator[TestClient]:
    """Run the service on each kind of database in turn."""
    with open_client(database_url) as running:
        yield running
