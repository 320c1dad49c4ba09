"""Which service do the tests talk to? A fresh one each, on a database file or on PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.examples.anomaly.service import free_port, open_client

# PostgreSQL refuses to run as root; this account exists on every Unix and owns nothing.
NOBODY = 65534
# The pipe closes when this process ends, even by kill -9, so the server never outlives the tests.
# SIGINT is PostgreSQL's fast shutdown: it drops its clients and ends in order.
UNTIL_STDIN_CLOSES = '"$@" & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid'


@pytest.fixture(scope="session")
def postgresql(session_tmp: str) -> Iterator[str | None]:
    """Run PostgreSQL with the programs that the package `pgserver` brings; None where it is not.

    The package itself is not imported: as root it would add an account to the machine and widen
    the permissions of every folder above its own.

    A module names this fixture in its `pytestmark`, so that the server is there before the first
    test looks at what it must not leave behind.
    """
    package = importlib.util.find_spec("pgserver")
    if package is None or not package.submodule_search_locations:
        yield None
        return
    programs = Path(package.submodule_search_locations[0], "pginstall", "bin")
    # Beside the session's temp folder, not in it: that one lets no other account in.
    folder = Path(tempfile.mkdtemp(prefix="holdfast-pg-", dir=Path(session_tmp).parent))
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        os.chown(folder, NOBODY, NOBODY)
    try:
        with serve_postgresql(programs, folder, account) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@contextmanager
def serve_postgresql(
    programs: Path, folder: Path, account: dict[str, Any]
) -> Generator[str, None, None]:
    # A fresh environment: PGDATA, PGPORT and the like must not reach the server.
    place: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C"}, **account}
    make = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust"]
    subprocess.run(
        [*make, "-E", "UTF8", "--no-sync"], check=True, capture_output=True, timeout=60, **place
    )
    port = free_port()
    serve = [programs / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port)]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            ["sh", "-c", UNTIL_STDIN_CLOSES, "sh", *serve, "-k", "", "-c", "fsync=off"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            **place,
        ) as server,
    ):
        wait_for_postgresql(url, log=folder / "log")
        yield url
        server.communicate(timeout=20)


def wait_for_postgresql(url: str, *, log: Path) -> None:
    end = time.monotonic() + 15
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                pytest.fail(f"PostgreSQL must start, got {log.read_text()[-500:]}")
            time.sleep(0.05)
        else:
            return


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
    yield server.rpartition("/")[0] + f"/{name}"
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
