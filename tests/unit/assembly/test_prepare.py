"""Which plan comes out of what a request asks for?"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.assembly.foresee import refuse_nothing
from holdfast.assembly.prepare import Prepared, prepare
from holdfast.assembly.request import Given, Request, Workplace
from holdfast.builtin import COMPONENTS
from holdfast.errors import NothingSelected, UsageError
from holdfast.execute.wire import Collected
from holdfast.model.case import Case, Requires, Target
from holdfast.model.plan import CORES, MACHINE, MEMORY, Deselected, Plan, PlannedCase
from holdfast.registry import Registry
from holdfast.settings import Settings
from holdfast.store.sqlite import open_empty
from tests.unit.assembly.test_secrecy import place

REGISTRY = Registry(COMPONENTS, entry_points=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def workplace(root: Path) -> Workplace:
    return msgspec.structs.replace(place({}), registry=REGISTRY, root=root)


def prepared(root: Path, *, slots: int = 4, settings: Any = None, **asked: Any) -> Plan:
    async def collect(path: str) -> Collected:
        raise AssertionError(f"there is no Python file to import, got {path}")

    request = Request(settings=msgspec.convert(settings or {}, Settings), **asked)
    store = open_empty()
    try:
        making = prepare(request, workplace(root), store, seed=3, slots=slots, collect=collect)
        return asyncio.run(making).plan
    finally:
        store.close()


def case(name: str, **options: Any) -> Case:
    return Case(suite="s", id=name, target=Target(kind="command", spec={}), **options)


def given(*cases: Case) -> Given:
    return Given(cases=cases)


def test_only_resources_that_a_case_uses_are_planned(folder: Path) -> None:
    asked = given(
        case("a", uses={"llm": 1}), case("b", uses={MACHINE: 1}), case("c", uses={"x": 1})
    )
    settings = {"resources": {"llm": 3, "idle": 2}}
    plan = prepared(folder, given=asked, settings=settings, slots=7)
    assert {name: found.permits for name, found in plan.resources.items()} == {
        "llm": 3,
        MACHINE: 7,
        "x": 1,
    }


def test_what_the_machine_has_is_limited_only_where_a_case_says_what_it_needs(folder: Path) -> None:
    plan = prepared(folder, given=given(case("a")))
    assert plan.resources == {}
    needy = prepared(folder, given=given(case("a", requires=Requires(memory_bytes=1, cpus=0.5))))
    assert set(needy.resources) == {MEMORY, CORES}
    assert needy.resources[MEMORY].permits > 0
    assert needy.resources[CORES].permits >= 100


CASES = "{{suite: {suite}, cases: [{{id: a, command: x}}]}}"


def test_a_suite_of_the_settings_means_the_suites_of_its_files(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(CASES.format(suite=f"inner-{name}"))
    settings = {"suites": {"first": {"cases": ["one.yaml"]}, "second": {"cases": ["two.yaml"]}}}
    assert ids(prepared(folder, settings=settings)) == ["inner-one/a", "inner-two/a"]
    assert ids(prepared(folder, settings=settings, suites=("first",))) == ["inner-one/a"]
    assert ids(prepared(folder, settings=settings, suites=("inner-two",))) == ["inner-two/a"]


def ids(plan: Plan) -> list[str]:
    return [planned.case.full_id for planned in plan.cases]


def test_marks_narrow_what_the_settings_select(folder: Path) -> None:
    both = case("both", tags=("e2e", "fast"))
    asked = given(both, case("one", tags=("e2e",)), case("other", tags=("fast",)))
    settings = {"select": "e2e or slow"}
    assert ids(prepared(folder, given=asked, settings=settings)) == ["s/both", "s/one"]
    assert ids(prepared(folder, given=asked, settings=settings, marks="fast")) == ["s/both"]


def test_a_rule_for_a_suite_that_is_not_there_is_refused(folder: Path) -> None:
    settings = {"gate": {"suite": {"t": {"success_rate": 0.5}}}}
    with pytest.raises(UsageError, match=r"gate\.suite\.t: there is no such suite") as caught:
        prepared(folder, given=given(case("a")), settings=settings)
    assert caught.value.hint == "known: s"


def test_a_plan_without_a_case_is_refused_with_the_reasons() -> None:
    left = (_left("tagged stress"), _left("by id"))
    made = Prepared(plan=Plan(cases=(), suites={}, deselected=left))
    with pytest.raises(NothingSelected, match="no case was selected: by id; tagged stress"):
        refuse_nothing(made)
    with pytest.raises(NothingSelected, match="the sources hold no case"):
        refuse_nothing(Prepared(plan=Plan(cases=(), suites={})))
    refuse_nothing(Prepared(plan=_with_one_case()))


def _left(reason: str) -> Deselected:
    return Deselected(suite="s", id=reason, reason=reason)


def _with_one_case() -> Plan:
    return Plan(cases=(PlannedCase(index=0, case=case("a"), key="k"),), suites={})
