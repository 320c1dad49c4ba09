"""Which component does a name mean?"""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest

from holdfast.errors import UsageError
from holdfast.registry import Registry

PLACES = [
    ("report", "json", "json:dumps"),
    ("report", "html", "no.such.module:X"),
    ("store", "sqlite", "json:loads"),
]


def registry() -> Registry:
    return Registry(PLACES, entry_points=False)


def test_a_component_is_imported_when_it_is_first_used() -> None:
    found = registry()
    assert found.has("report", "html")
    assert found.names("report") == ("html", "json")
    with pytest.raises(ModuleNotFoundError):
        found.load("report", "html")
    assert found.load("report", "json") is found.load("report", "json")


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        registry().load("report", "jsn")
    assert caught.value.message == "no such report 'jsn'; did you mean 'json'?"
    assert caught.value.hint == "known: html, json"


def test_a_kind_without_any_name_says_so() -> None:
    with pytest.raises(UsageError) as caught:
        registry().load("driver", "x")
    assert caught.value.hint == "known: none"
    assert not registry().has("driver", "x")


def test_a_component_that_is_added_replaces_another() -> None:
    found, mine = registry(), object()
    found.add("report", "json", mine)
    found.add("report", "mine", mine)
    assert found.load("report", "json") is mine
    assert found.names("report") == ("html", "json", "mine")


def test_entry_points_are_looked_at_only_when_a_name_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[str] = []

    def entry_points(*, group: str) -> list[Any]:
        looked.append(group)
        return [
            importlib.metadata.EntryPoint("report.mine", "json:dump", group),
            importlib.metadata.EntryPoint("report.json", "json:load", group),
        ]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    found = Registry(PLACES)
    found.load("report", "json")
    assert looked == []
    assert found.load("report", "mine").__name__ == "dump"
    assert found.load("report", "json").__name__ == "dumps"
    assert found.names("report") == ("html", "json", "mine")
    assert looked == ["holdfast"]
