"""Which session do the tests of the protocols share?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from holdfast.session import Session


# Of session scope and there before the first test, so that it is no trace that a test leaves.
@pytest.fixture(scope="session", autouse=True)
def real_session() -> Iterator[Session]:
    """One interpreter for all that does not end it."""
    with Session() as session:
        yield session
