"""In which order are cases offered, and what identifies one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from holdfast.model.case import (
    Case,
    Expect,
    Requires,
    Retries,
    Step,
    Suite,
    Surround,
    Target,
    Waiver,
)
from holdfast.model.plan import Deselected, Plan, Resource
from holdfast.plan.order import build_plan, case_key

KEY = b"k" * 32
TARGET = Target(kind="python", spec={"ref": "m:f"})


def case(name: str, **options: Any) -> Case:
    return Case(**{"suite": "s", "id": name, "target": TARGET, **options})


def build(*cases: Case, durations: Mapping[str, float] | None = None, **options: Any) -> Plan:
    given: dict[str, Any] = {"suites": {}, "resources": {}, "seed": 1, "key": KEY, **options}
    return build_plan(cases, durations=durations or {}, **given)


def ids(plan: Plan) -> str:
    assert [planned.index for planned in plan.cases] == list(range(len(plan.cases)))
    return "".join(planned.case.id for planned in plan.cases)


def after(*names: str) -> tuple[str, ...]:
    return tuple(f"s/{name}" for name in names)


def test_without_any_knowledge_the_order_of_the_source_stays() -> None:
    assert ids(build(case("c"), case("a"), case("b"))) == "cab"


def test_a_higher_priority_comes_first_and_ties_keep_their_order() -> None:
    assert (
        ids(build(case("a"), case("b", priority=2), case("c", priority=2), case("d", priority=-1)))
        == "bcad"
    )


def test_the_longest_comes_first() -> None:
    assert (
        ids(build(case("a"), case("b"), case("c"), durations={"s/a": 1, "s/b": 3, "s/c": 2}))
        == "bca"
    )


def test_priority_weighs_more_than_length() -> None:
    assert ids(build(case("a"), case("b", priority=1), durations={"s/a": 9, "s/b": 1})) == "ba"


def test_a_case_is_as_long_as_the_longest_chain_that_waits_on_it() -> None:
    cases = [case("a"), case("b"), case("c", after=after("a")), case("d", after=after("c"))]
    plan = build(*cases, durations={"s/a": 1, "s/b": 4, "s/c": 2, "s/d": 3})
    assert ids(plan) == "acbd"
    assert [planned.path_s for planned in plan.cases] == [6, 5, 4, 3]
    assert [planned.expected_s for planned in plan.cases] == [1, 2, 4, 3]


def test_a_case_lends_its_priority_along_the_whole_chain() -> None:
    cases = [
        case("x", priority=1),
        case("a"),
        case("b", after=after("a")),
        case("c", after=after("b"), priority=5),
    ]
    assert ids(build(*cases)) == "abcx"


def test_needs_are_places_in_the_plan_and_come_before() -> None:
    cases = [case("c", after=after("a", "b")), case("b"), case("a", after=after("b"))]
    plan = build(*cases)
    assert ids(plan) == "bac"
    assert [planned.needs for planned in plan.cases] == [(), (0,), (0, 1)]


def test_a_need_that_is_not_in_the_run_is_left_out() -> None:
    assert build(case("a", after=after("gone"))).cases[0].needs == ()


def test_an_unknown_duration_is_the_third_quartile_of_its_suite() -> None:
    known = {f"s/{n}": float(n) for n in range(1, 6)}
    cases = [case(str(n)) for n in range(1, 6)] + [
        case("x"),
        Case(suite="t", id="y", target=TARGET),
    ]
    expected = {
        planned.case.id: planned.expected_s
        for planned in build(*cases, durations={**known, "t/z": 9.0}).cases
    }
    assert expected["x"] == 4.0
    # Its own suite has no history in this run: the other one's is the best guess.
    assert expected["y"] == 4.0


def test_without_history_all_count_the_same_and_the_plan_says_so() -> None:
    plan = build(case("a"), case("b"))
    assert {planned.expected_s for planned in plan.cases} == {1.0}
    assert not plan.has_history
    assert build(case("a"), durations={"s/a": 1.0}).has_history


def test_no_duration_is_zero() -> None:
    assert build(case("a"), durations={"s/a": 0.0}).cases[0].expected_s > 0


def test_what_else_belongs_to_a_plan_is_passed_on() -> None:
    suite, resource, out = (
        Suite(name="s"),
        Resource(name="r"),
        Deselected("s", "z", "not asked for"),
    )
    plan = build(
        case("a"), suites={"s": suite}, resources={"r": resource}, deselected=[out], needed=2
    )
    assert (plan.suites, plan.resources, plan.deselected, plan.needed) == (
        {"s": suite},
        {"r": resource},
        (out,),
        2,
    )


def test_a_seed_depends_on_the_run_and_the_case_and_an_authored_one_holds() -> None:
    def seeds(seed: int) -> list[int]:
        return [
            planned.seed
            for planned in build(case("a"), case("b"), case("c", seed=9), seed=seed).cases
        ]

    assert seeds(1) == seeds(1)
    assert seeds(1)[:2] != seeds(2)[:2]
    assert seeds(1)[0] != seeds(1)[1]
    assert seeds(1)[2] == 9


def test_a_case_without_a_brace_has_no_template() -> None:
    plan = build(
        case("a"),
        case("b", target=Target(kind="python", spec={"ref": "m:f", "with": {"n": "{env.X}"}})),
    )
    assert [planned.has_templates for planned in plan.cases] == [False, True]


CHANGES: dict[str, Any] = {
    "suite": "t", "id": "b", "target": Target(kind="python", spec={"ref": "m:g"}), "expect": (Expect("completes"),),
    "name": "n", "description": "d", "tags": ("t",), "priority": 1, "after": ("s/x",), "uses": {"r": 1},
    "requires": Requires(cpus=1.0), "timeout_s": 1.0, "retries": Retries(times=1), "skip": Waiver(reason="r"),
    "xfail": Waiver(reason="r"), "severity": "high", "enabled": False, "seed": 1, "matrix": {"k": 1},
    "steps": (Step(target=TARGET),), "teardown": (Step(target=TARGET),), "fingerprint": "f",
    "surround": (Surround(kind="driver", name="leak"),), "share": True,
}  # fmt: skip
# Where a case stands does not change it; what its files hold is in the fingerprint.
PLACE = {"source": "other.yaml:9", "base": "/elsewhere"}


def test_every_field_is_known_to_these_tests() -> None:
    assert set(CHANGES) | set(PLACE) == set(Case.__struct_fields__)


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_a_change_of_a_case_changes_its_key(field: str) -> None:
    changed = msgspec.structs.replace(case("a"), **{field: CHANGES[field]})
    assert case_key(changed, KEY) != case_key(case("a"), KEY)


@pytest.mark.parametrize("field", sorted(PLACE))
def test_a_case_that_was_moved_keeps_its_key(field: str) -> None:
    assert case_key(case("a", **{field: PLACE[field]}), KEY) == case_key(case("a"), KEY)


def test_the_key_of_the_hash_changes_every_key_and_the_plan_has_the_same_ones() -> None:
    assert case_key(case("a"), b"other") != case_key(case("a"), KEY)
    assert build(case("a")).cases[0].key == case_key(case("a"), KEY)
