"""What surrounds a call: named by the author or wanted by an expectation, each once and fitting."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.cases.schema import case_schema
from holdfast.model.case import Case, Surround
from holdfast.model.finding import Finding, undecided
from holdfast.ports import BadParams
from holdfast.registry import Registry
from tests.unit.cases import loading
from tests.unit.cases.loading import load_text, problem_of


class Around:
    """A component that takes a number of times."""

    def __init__(self, *, exclusive: bool = False, targets: Iterable[str] = ()) -> None:
        self.exclusive = exclusive
        self.targets = frozenset(targets)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer"}

    def check(self, raw: Any) -> dict[str, Any]:
        if isinstance(raw, dict):
            return raw
        if raw is not None and not isinstance(raw, int):
            raise BadParams(f"times must be a whole number, got {raw!r}")
        return {"times": 1 if raw is None else raw}


class Wants:
    """An expectation that wants a driver."""

    requires: frozenset[str] = frozenset()

    def __init__(self, name: str) -> None:
        self.name = name

    def schema(self) -> dict[str, Any]:
        return {}

    def compile(self, raw: Any, compile_one: Any) -> Any:
        return raw

    def nested(self, params: Any) -> tuple[()]:
        return ()

    def needs(self, params: Any) -> tuple[Surround, ...]:
        return (Surround(kind="driver", name=self.name, params=params),)

    def judge(self, params: Any, evidence: Any, judge_one: Any) -> Finding:
        return undecided("never judged here")


@pytest.fixture(autouse=True)
def components(monkeypatch: pytest.MonkeyPatch) -> Registry:
    registry = Registry(COMPONENTS, entry_points=False)
    registry.add("driver", "again", Around(exclusive=True))
    registry.add("driver", "side_by_side", Around())
    registry.add("condition", "darkness", Around(targets=["command"]))
    registry.add("expectation", "steady", Wants("again"))
    registry.add("expectation", "even", Wants("side_by_side"))
    monkeypatch.setattr(loading, "registry", lambda: registry)
    return registry


def case_of(folder: Path, text: str) -> Case:
    (case,) = load_text(folder, f"cases: [{{id: a, {text}}}]").cases
    return case


def test_a_key_of_a_case_names_what_surrounds_it(tmp_path: Path) -> None:
    case = case_of(tmp_path, "command: ls, darkness: 3")
    assert case.surround == (Surround(kind="condition", name="darkness", params={"times": 3}),)


def test_an_expectation_brings_its_driver_along(tmp_path: Path) -> None:
    case = case_of(tmp_path, "python: 'm:f', expect: [steady]")
    assert case.surround == (Surround(kind="driver", name="again", params={"times": 1}),)


def test_an_expectation_inside_another_brings_it_too(tmp_path: Path) -> None:
    case = case_of(tmp_path, "python: 'm:f', expect: [{all_of: [completes, steady]}]")
    assert [each.name for each in case.surround] == ["again"]


def test_the_parameters_of_the_author_hold(tmp_path: Path) -> None:
    case = case_of(tmp_path, "python: 'm:f', again: 7, expect: [{steady: 2}]")
    assert [each.params for each in case.surround] == [{"times": 7}]


def test_what_measures_takes_all_of_the_machine(tmp_path: Path) -> None:
    case = case_of(tmp_path, "python: 'm:f', uses: {llm: 1}, expect: [steady]")
    assert case.uses == {"llm": 1, "machine": loading.SETTINGS.slots}


def test_share_leaves_the_machine_to_the_others(tmp_path: Path) -> None:
    case = case_of(tmp_path, "python: 'm:f', share: true, expect: [steady]")
    assert (case.uses, case.share) == ({}, True)


def test_what_is_not_exclusive_leaves_the_machine_alone(tmp_path: Path) -> None:
    assert case_of(tmp_path, "python: 'm:f', side_by_side: 2").uses == {}


def test_two_drivers_are_refused(tmp_path: Path) -> None:
    text = "cases: [{id: a, python: 'm:f', expect: [steady, even]}]"
    expected = "cases.yaml:1:49: a case must have one driver, got 'steady' and 'even'"
    assert problem_of(tmp_path, text) == expected


def test_a_target_that_cannot_be_surrounded_is_refused(tmp_path: Path) -> None:
    text = "cases: [{id: a, python: 'm:f', darkness: 2}]"
    expected = "cases.yaml:1:32: 'darkness' must have a command target, got python"
    assert problem_of(tmp_path, text) == expected


def test_bad_parameters_have_their_place(tmp_path: Path) -> None:
    text = "cases: [{id: a, command: ls, darkness: deep}]"
    expected = "cases.yaml:1:30: times must be a whole number, got 'deep'"
    assert problem_of(tmp_path, text) == expected


def test_a_step_cannot_be_driven(tmp_path: Path) -> None:
    text = "cases: [{id: a, steps: [{python: 'm:f', expect: [steady]}]}]"
    assert "'steady' must stand at a case" in problem_of(tmp_path, text)


def test_the_schema_knows_the_keys(components: Registry) -> None:
    properties = case_schema(components)["$defs"]["Case"]["properties"]
    assert properties["darkness"]["anyOf"][0] == {"type": "integer"}
    assert {"again", "side_by_side", "share"} <= properties.keys()
