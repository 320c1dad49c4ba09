"""Is an expectation checked as its component says, also where that comes from outside?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from holdfast.cases.document import Fault
from holdfast.cases.expectations import Expectations
from holdfast.model.case import Expect
from holdfast.ports import BadParams, Compiled, Need
from holdfast.registry import Registry


class Number:
    """Holds for a number; counts how often it was compiled."""

    requires = frozenset({"value"})

    def __init__(self) -> None:
        self.compiled: list[Any] = []

    def compile(self, raw: Any, compile_one: Callable[[Any], Compiled]) -> Any:
        self.compiled.append(raw)
        if isinstance(raw, (str, list)):
            raise BadParams("a number is wanted", path=("deep",), hint="write one")
        return raw

    def nested(self, params: Any) -> Iterable[Compiled]:
        return ()

    def needs(self, params: Any) -> Iterable[Need]:
        return ()


class Careless:
    """Compiles what is inside, and lets its errors through as they are."""

    requires = frozenset({"status"})

    def compile(self, raw: Any, compile_one: Callable[[Any], Compiled]) -> Any:
        return [compile_one(each) for each in raw["inside"]]

    def nested(self, params: Any) -> Iterable[Compiled]:
        return params

    def needs(self, params: Any) -> Iterable[Need]:
        return ()


@pytest.fixture
def registry() -> Registry:
    found = Registry((), entry_points=False)
    found.add("expectation", "number", Number())
    found.add("expectation", "careless", Careless())
    return found


def faults_of(registry: Registry, raw: Any) -> list[tuple[Any, str]]:
    faults: list[Fault] = []
    assert Expectations(registry).check(raw, ("expect", 0), faults) is None
    return [(fault.place, fault.message) for fault in faults]


@pytest.mark.parametrize(
    ("raw", "place", "message"),
    [
        ("numbr", (), "no such expectation 'numbr'; did you mean 'number'?"),
        ({"numbr": 1}, ("numbr",), "no such expectation 'numbr'; did you mean 'number'?"),
        ({"number": "x"}, ("number", "deep"), "a number is wanted"),
        ({}, (), "an expectation must be a name or {name: parameters}, got {}"),
        (
            {"careless": {"inside": ["number", {"numbr": 1}]}},
            ("careless", "inside", 1, "numbr"),
            "no such expectation 'numbr'; did you mean 'number'?",
        ),
        (
            {"careless": {"inside": [{"number": ["x"]}]}},
            ("careless", "inside", 0, "number", "deep"),
            "a number is wanted",
        ),
        (
            {"careless": {"inside": [7]}},
            ("careless", "inside", 0),
            "an expectation must be a name or {name: parameters}, got 7",
        ),
        (
            {"careless": {"inside": ["number", "nope"]}},
            ("careless", "inside", 1),
            "no such expectation 'nope'",
        ),
    ],
)
def test_a_bad_expectation_is_placed(
    raw: Any, place: tuple[Any, ...], message: str, registry: Registry
) -> None:
    assert faults_of(registry, raw) == [(("expect", 0, *place), message)]


def test_the_names_and_needs_inside_count(registry: Registry) -> None:
    faults: list[Fault] = []
    checked = Expectations(registry).check({"careless": {"inside": [{"number": 3}]}}, (), faults)
    assert checked is not None
    assert checked.expect == Expect("careless", {"inside": [{"number": 3}]})
    assert checked.names == {"careless", "number"}
    assert checked.needs == {"value", "status"}
    assert faults == []


def test_the_same_expectation_is_compiled_once(registry: Registry) -> None:
    expectations = Expectations(registry)
    for raw in (
        {"number": 1},
        {"number": 1},
        {"number": 1.0},
        {"number": True},
        "number",
        "number",
    ):
        assert expectations.check(raw, (), []) is not None
    assert registry.load("expectation", "number").compiled == [1, 1.0, True, None]


def test_parameters_with_a_template_are_checked_when_they_are_known(registry: Registry) -> None:
    checked = Expectations(registry).check({"number": ["{saved}"]}, (), [])
    assert checked is not None
    assert registry.load("expectation", "number").compiled == []
