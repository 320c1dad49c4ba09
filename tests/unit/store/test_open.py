from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import UsageError
from holdfast.registry import Registry
from holdfast.store.open import open_store


def registry(**openers: Any) -> Registry:
    made = Registry((), entry_points=False)
    for scheme, opener in openers.items():
        made.add("store", scheme, opener)
    return made


def refused(url: str, known: Registry) -> UsageError:
    with pytest.raises(UsageError) as caught:
        open_store(url, registry=known, root=Path("/r"))
    return caught.value


def test_the_scheme_chooses_the_store() -> None:
    def opener(url: str, *, root: Path) -> Any:
        return url, root

    found: Any = open_store("ram://x", registry=registry(ram=opener), root=Path("/r"))
    assert found == ("ram://x", Path("/r"))


def test_an_opener_is_told_when_it_must_not_create() -> None:
    def opener(url: str, *, root: Path, create: bool) -> Any:
        return url, create

    known = registry(ram=opener)
    found: Any = open_store("ram://x", registry=known, root=Path("/r"), create=False)
    assert found == ("ram://x", False)


def test_an_unknown_scheme_is_refused_with_the_nearest() -> None:
    error = refused("postgres://host/db", registry(sqlite=1, postgresql=2))
    assert error.message == (
        "a store must be a URL that begins with one of postgresql, sqlite, "
        "got 'postgres://host/db'; did you mean 'postgresql'?"
    )
    assert error.hint.startswith("sqlite:///")


@pytest.mark.parametrize("url", ["", "evidence.db", "sqlite:evidence.db", "sqlite"])
def test_what_is_no_url_is_refused(url: str) -> None:
    assert f"got {url!r}" in refused(url, registry(sqlite=1)).message


def test_a_missing_driver_is_refused_with_the_extra_that_brings_it() -> None:
    known = Registry([("store", "postgresql", "holdfast_no_such_driver:open")], entry_points=False)
    error = refused("postgresql://host/db", known)
    assert "needs a driver that is not installed" in error.message
    assert "holdfast_no_such_driver" in error.message
    assert error.hint == "pip install 'holdfast[postgres]'"
