"""Is exactly what a case needs started, needs of needs first?"""

from __future__ import annotations

from typing import Any, Literal

import pytest

from holdfast.errors import UsageError
from holdfast.model.case import Case, Expect, Step, Suite, Target, Until
from holdfast.services.plan import find_needs, services_of
from holdfast.settings import ServiceSettings

Scope = Literal["run", "suite", "case"]
SUITE = Suite(name="s")


def service(
    command: str | tuple[str, ...] = "run", scope: Scope = "run", **env: str
) -> ServiceSettings:
    return ServiceSettings(command=command, scope=scope, env=env)


def case(spec: dict[str, Any] | None = None, **fields: Any) -> Case:
    return Case(suite="s", id="c", target=Target(kind="http", spec=spec or {}), **fields)


def step(url: str = "", **fields: Any) -> Step:
    return Step(target=Target(kind="http", spec={"url": url}), **fields)


NEEDS = find_needs(
    {
        "api": service("serve {port}", DB="{db}", KEY="{env.KEY}", LINK="{link.cache}"),
        "db": service(("base", "--cache", "{cache}")),
        "cache": service(),
        "other": service(),
    }
)


def test_a_service_needs_what_its_command_and_environment_name() -> None:
    assert NEEDS == {"api": ("cache", "db"), "cache": (), "db": ("cache",), "other": ()}


def test_a_link_of_the_same_name_is_no_service() -> None:
    assert find_needs({"db": service(), "api": service(X="{link.db}")})["api"] == ()


def test_a_case_that_names_a_service_needs_it_and_its_needs_first() -> None:
    assert services_of(case({"url": "{api}/x"}), SUITE, NEEDS) == ("cache", "db", "api")


def test_a_case_that_names_nothing_needs_nothing() -> None:
    assert services_of(case({"url": "http://x/{id}"}), SUITE, NEEDS) == ()


def test_the_parts_of_an_address_name_the_service_too() -> None:
    assert services_of(case({"url": "x:{services.other.port}"}), SUITE, NEEDS) == ("other",)
    assert services_of(case({"url": "{services}"}), SUITE, NEEDS) == ()


@pytest.mark.parametrize(
    "named",
    [
        case(expect=(Expect("equals", {"url": "{other}"}),)),
        case(steps=(step("{other}/x"),)),
        case(teardown=(step("{other}/x"),)),
        case(steps=(step(expect=(Expect("equals", "{other}"),)),)),
        case(steps=(step(until=Until(expect=(Expect("equals", "{other}"),))),)),
    ],
)
def test_a_service_may_be_named_anywhere_in_a_case(named: Case) -> None:
    assert services_of(named, SUITE, NEEDS) == ("other",)


@pytest.mark.parametrize(
    "suite",
    [
        Suite(name="s", services=("other",)),
        Suite(name="s", before=(step("{other}"),)),
        Suite(name="s", before_each=(step("{other}"),)),
        Suite(name="s", after_each=(step("{other}"),)),
        Suite(name="s", after_all=(step("{other}"),)),
    ],
)
def test_what_a_suite_needs_each_of_its_cases_needs(suite: Suite) -> None:
    assert services_of(case(), suite, NEEDS) == ("other",)


def test_a_suite_that_names_no_service_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="no such service 'apis'; did you mean 'api'"):
        services_of(case(), Suite(name="s", services=("apis",)), NEEDS)


def test_a_circle_of_services_is_refused_with_its_members() -> None:
    circle = {"a": service(X="{b}"), "b": service(X="{c}"), "c": service(X="{b}")}
    with pytest.raises(UsageError, match="in a circle, got b -> c -> b"):
        find_needs(circle)


@pytest.mark.parametrize(("wide", "narrow"), [("run", "suite"), ("suite", "case"), ("run", "case")])
def test_a_service_must_not_need_one_that_is_stopped_earlier(wide: Scope, narrow: Scope) -> None:
    with pytest.raises(UsageError, match=rf"'api' \(scope {wide}\) must not need 'db'"):
        find_needs({"api": service(scope=wide, X="{db}"), "db": service(scope=narrow)})
    assert find_needs({"api": service(scope=narrow, X="{db}"), "db": service(scope=wide)})
