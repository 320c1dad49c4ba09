from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import UsageError
from holdfast.store.postgres import explain, open_store


class Refusal(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("it broke\nDETAIL: more")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "cure"),
    [
        ("53100", "free some"),
        ("42501", "let this user"),
        ("25006", "let this user"),
        ("28P01", "the password"),
        ("55P03", "another process"),
        (None, "the server runs"),
    ],
)
def test_an_error_names_the_place_and_the_cure(state: str | None, cure: str) -> None:
    told = explain(Refusal(state), "postgresql://h/db")
    assert told.message == "the store cannot be read or written: it broke (postgresql://h/db)"
    assert cure in told.hint


def test_a_url_that_cannot_be_read_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError, match="must be readable") as caught:
        open_store("postgresql://user:hunter22@host/db?nonsense=1", root=Path("/r"))
    assert "hunter22" not in str(caught.value)
