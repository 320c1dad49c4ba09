"""Which servers do contract tests share?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests."""
    pgserver = pytest.importorskip("pgserver", reason="pgserver has no wheel for this Python")
    with running_postgres(Path(pgserver.__file__).parent.parent) as url:
        yield url
