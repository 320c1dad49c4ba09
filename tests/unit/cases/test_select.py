"""Which cases run, and what is said of the others?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.cases.expression import parse_expression
from holdfast.cases.select import Selection, select
from holdfast.errors import UsageError
from holdfast.model.case import Case, Target


def case(full_id: str, *tags: str, after: tuple[str, ...] = (), **more: Any) -> Case:
    suite, _, name = full_id.partition("/")
    target = Target(kind="python", spec={})
    return Case(suite=suite, id=name, target=target, tags=tags, after=after, **more)


CASES = (
    case("web/login", "e2e"),
    case("web/search", "e2e", "slow", after=("web/login",)),
    case("web/page[n=1]", matrix={"n": 1}),
    case("web/page[n=2]", matrix={"n": 2}),
    case("unit/add"),
    case("unit/flood", "stress"),
    case("unit/after-flood", after=("unit/flood",)),
    case("unit/off", enabled=False),
    case("unit/m:Login.test"),
)


def chosen(**parts: Any) -> list[str]:
    return [each.full_id for each in select(CASES, Selection(**parts)).cases]


def reason(full_id: str, **parts: Any) -> str:
    found = {f"{d.suite}/{d.id}": d.reason for d in select(CASES, Selection(**parts)).deselected}
    return found[full_id]


def test_without_a_wish_everything_runs_but_stress_and_disabled_cases() -> None:
    assert chosen() == [
        "web/login", "web/search", "web/page[n=1]", "web/page[n=2]", "unit/add", "unit/m:Login.test",
    ]  # fmt: skip
    assert reason("unit/flood") == "tagged stress (runs with --include-stress)"
    assert reason("unit/off") == "disabled"


def test_what_needs_a_case_that_is_not_run_is_not_run_either() -> None:
    assert reason("unit/after-flood") == (
        "needs unit/flood, which is not run: tagged stress (runs with --include-stress)"
    )


def test_stress_cases_run_when_they_are_included() -> None:
    assert {"unit/flood", "unit/after-flood"} <= set(chosen(include_stress=True))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"tags": "e2e and not slow"}, ["web/login"]),
        ({"text": "LOGIN"}, ["web/login", "unit/m:Login.test"]),
        ({"text": "login and not web"}, ["unit/m:Login.test"]),
        ({"suites": ("unit",)}, ["unit/add", "unit/m:Login.test"]),
        ({"ids": ("add",)}, ["unit/add"]),
        ({"ids": ("unit/add", "login")}, ["web/login", "unit/add"]),
        ({"ids": ("page",)}, ["web/page[n=1]", "web/page[n=2]"]),
        ({"ids": ("web/page",)}, ["web/page[n=1]", "web/page[n=2]"]),
        ({"ids": ("web/page[n=2]",)}, ["web/page[n=2]"]),
        ({"ids": ("page[n=?]",)}, ["web/page[n=1]", "web/page[n=2]"]),
        ({"ids": ("web/p*",)}, ["web/page[n=1]", "web/page[n=2]"]),
        ({"exclude_slow": True, "tags": "e2e"}, ["web/login"]),
        ({"per_suite": 1}, ["web/login", "unit/add"]),
        ({"per_suite": 1, "suites": ("web",)}, ["web/login"]),
        ({"only": frozenset({"unit/add", "gone/away"})}, ["unit/add"]),
        ({"suites": ("web",), "text": "add"}, []),
    ],
)
def test_every_part_narrows_down(parts: dict[str, Any], expected: list[str]) -> None:
    assert chosen(**parts) == expected


def test_the_needs_of_a_selected_case_run_first() -> None:
    found = select(CASES, Selection(text="search"))
    assert [each.full_id for each in found.cases] == ["web/login", "web/search"]
    assert found.needed == 1
    assert "web/login" not in {f"{d.suite}/{d.id}" for d in found.deselected}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"tags": "e2e"}, "-m 'e2e' does not hold"),
        ({"text": "zzz"}, "-k 'zzz' does not hold"),
        ({"suites": ("web",)}, "not in a chosen suite"),
        ({"ids": ("login",)}, "not named"),
        (
            {"per_suite": 0, "only": frozenset[str](), "only_reason": "passed in run 7"},
            "passed in run 7",
        ),
    ],
)
def test_every_other_case_has_its_reason(parts: dict[str, Any], expected: str) -> None:
    assert reason("unit/add", **parts) == expected


def test_a_slow_case_and_a_late_one_have_their_reasons() -> None:
    assert reason("web/search", exclude_slow=True) == "tagged slow (--exclude-slow)"
    assert reason("unit/m:Login.test", per_suite=1) == "not among the first 1 of its suite"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"suites": ("wbe",)}, "no such suite 'wbe'; did you mean 'web'?"),
        ({"ids": ("logn",)}, "no such case 'logn'; did you mean 'login'?"),
        ({"ids": ("web/logn",)}, "no such case 'web/logn'; did you mean 'web/login'?"),
        ({"ids": ("x*y",)}, "no such case 'x*y'"),
    ],
)
def test_a_name_that_does_not_exist_is_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(**parts)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "tags", "expected"),
    [
        ("a", "a", True),
        ("a or b", "b", True),
        ("a and b", "a", False),
        ("not a", "", True),
        ("not not a", "a", True),
        ("a or b and c", "a", True),
        ("(a or b) and c", "a", False),
        ("not (a or b)", "", True),
        ("not a and b", "b", True),
        ("a-b.c and x[1]", "a-b.c x[1]", True),
        ("'and' or \"b c\"", "and", True),
        ("  a  ", "a", True),
    ],
)
def test_an_expression_means_what_it_says(text: str, tags: str, expected: bool) -> None:
    assert parse_expression(text, option="-m")(tags.split().__contains__) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a name must follow, got the end (-m '', column 1)"),
        ("a and", "a name must follow, got the end (-m 'a and', column 6)"),
        ("a b", "'and' or 'or' must stand before 'b' (-m 'a b', column 3)"),
        ("a)", "no '(' opens ')' (-m 'a)', column 2)"),
        ("(a", "a ')' must close the '(' (-m '(a', column 3)"),
        ("or a", "a name must stand here, got 'or' (-m 'or a', column 1)"),
        ("a and )", "a name must stand here, got ')' (-m 'a and )', column 7)"),
        ("a and 'b", 'a quote must be closed (-m "a and \'b", column 7)'),
    ],
)
def test_a_bad_expression_names_the_column(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_expression(text, option="-m")
    assert caught.value.message == message
    assert caught.value.hint


def test_an_endless_expression_is_refused() -> None:
    with pytest.raises(UsageError, match="nested this deeply"):
        parse_expression("(" * 5000 + "a" + ")" * 5000, option="-m")
