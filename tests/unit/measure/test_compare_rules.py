"""Are limits and versions that cannot mean anything refused before anything is started?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.errors import UsageError
from holdfast.measure import Version, compare
from holdfast.measure.compare_versions import rules_of
from holdfast.measure.version import as_version, name_of


def work() -> None:
    """Be a target."""


def test_the_floor_is_half_of_the_limit_and_at_least_one_percent() -> None:
    assert rules_of(slower=0.05, floor=None, alpha=0.01).floor == 0.025
    assert rules_of(slower=0.015, floor=None, alpha=0.01).floor == 0.01
    assert rules_of(slower=0.05, floor=0.002, alpha=0.01).floor == 0.002


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slower": 0.005}, "slower must be at least the floor 0.01, got 0.005"),
        ({"slower": 0.03, "floor": 0.04}, "slower must be at least the floor 0.04, got 0.03"),
        ({"floor": -0.1}, "floor must be at least 0, got -0.1"),
        ({"alpha": 0.0}, "alpha must lie between 0 and 0.5, got 0.0"),
        ({"unit": "ms"}, "unit must be 'auto', 'cpu' or 'wall', got 'ms'"),
        ({"budget_s": 0.0}, "budget_s must be above 0, got 0.0"),
        ({"launches": 1}, "launches must be at least 2, got 1"),
    ],
)
def test_limits_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        compare(work, work, **options)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (Version(), "a version must have either a target or a command, got neither"),
        (
            Version(target="a:b", command=("ls",)),
            "a version must have either a target or a command, got both",
        ),
        ("module.function", "a target must be 'module:function', got 'module.function'"),
        (Version(target="a:b", concurrency=0), "concurrency must be at least 1, got 0"),
        (3, "a target must be callable or 'module:function', got 3"),
        (
            Version(target=json.dumps, revision="main"),
            "a target in other surroundings must be named, got a callable of this process",
        ),
    ],
)
def test_versions_that_mean_nothing_are_refused(version: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        compare(version, work)
    assert caught.value.message == message


def test_a_callable_that_cannot_travel_is_refused() -> None:
    with pytest.raises(UsageError, match="a callable must be picklable to reach a fresh process"):
        compare(work, (_ for _ in ()).send)


def test_a_version_is_named_by_what_is_called_and_where() -> None:
    assert name_of(as_version("json:dumps")) == "json:dumps"
    assert name_of(as_version(json.dumps)) == "json:dumps"
    assert name_of(Version(target="a:b", revision="main")) == "a:b (main)"
    assert name_of(Version(command=("ls", "-l"), python="py")) == "ls -l (py)"
    assert name_of(as_version(lambda: None)).startswith("<function ")
