"""Which servers and answers do contract tests share?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from holdfast.builtin import COMPONENTS
from holdfast.ports import Store
from holdfast.registry import Registry
from holdfast.store.open import open_store
from tests.contract.executor_kit import Answers, ask_pool
from tests.contract.store_kit import STORES, Opener
from tests.postgres import find_packages, running_postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests."""
    packages = find_packages()
    if packages is None:
        pytest.skip("pgserver has no wheel for this Python")
    with running_postgres(packages) as url:
        yield url


@pytest.fixture(scope="session")
def pool_answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What a pool answered to all calls of the kit, made once."""
    return asyncio.run(ask_pool(tmp_path_factory.mktemp("modules")))


# Of session scope, so that a server it starts is there before a test's traces are taken.
@pytest.fixture(scope="session", params=STORES)
def store_url(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return "sqlite:///kept/evidence.db"


@pytest.fixture
def opener(store_url: str, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same store again and again; all are closed at the end."""
    if store_url.startswith("postgresql"):
        with psycopg.connect(store_url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS holdfast CASCADE")
    opened: list[Store] = []

    def open_again() -> Store:
        opened.append(open_store(store_url, registry=Registry(COMPONENTS), root=tmp_path))
        return opened[-1]

    yield open_again
    for each in opened:
        each.close()


@pytest.fixture
def store(opener: Opener) -> Any:
    return opener()
