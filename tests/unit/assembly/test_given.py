"""Are cases that a program hands over held to the same rules as those of files?"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.assembly.given import add_given
from holdfast.assembly.request import Given
from holdfast.builtin import COMPONENTS
from holdfast.cases.case_file import Loaded
from holdfast.errors import ProblemsError
from holdfast.model.case import Case, Suite, Target
from holdfast.registry import Registry
from holdfast.settings import Settings
from tests.unit.assembly.test_secrecy import place

REGISTRY = Registry(COMPONENTS, entry_points=False)
DOCUMENT = {"suite": "made", "cases": [{"id": "a", "python": "m:f", "expect": ["completes"]}]}


def case(name: str, *, suite: str = "s", after: tuple[str, ...] = ()) -> Case:
    return Case(suite=suite, id=name, target=Target(kind="python", spec={}), after=after)


def add(given: Given, *read: Case) -> Loaded:
    loaded = Loaded(
        suites={each.suite: Suite(name=each.suite) for each in read}, cases=read, notes=("read",)
    )
    work = msgspec.structs.replace(place({}), registry=REGISTRY)
    return add_given(loaded, given, Settings(), work)


def problems(given: Given, *read: Case) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        add(given, *read)
    return [each.message for each in caught.value.problems]


def documents(*each: Any) -> Given:
    return Given(documents=tuple((f"cases[{n}]", one) for n, one in enumerate(each)))


def test_values_and_documents_join_what_was_read() -> None:
    made = Given(cases=(case("b", suite="own", after=("s/x",)),), documents=(("doc", DOCUMENT),))
    loaded = add(made, case("x"))
    assert [each.full_id for each in loaded.cases] == ["s/x", "made/a", "own/b"]
    assert set(loaded.suites) == {"s", "made", "own"}
    assert loaded.notes[0] == "read"


def test_a_case_of_a_suite_that_was_read_joins_it() -> None:
    loaded = add(Given(cases=(case("b"),)), case("x"))
    assert list(loaded.suites) == ["s"]


def test_nothing_given_changes_nothing() -> None:
    assert [each.full_id for each in add(Given(), case("x")).cases] == ["s/x"]


def test_a_suite_of_a_document_must_be_new() -> None:
    assert problems(documents(DOCUMENT), case("x", suite="made")) == [
        "a suite's name must be unique in the run, got 'made' twice"
    ]


def test_an_id_must_be_new_and_a_need_must_be_there() -> None:
    given = Given(cases=(case("login"), case("y", after=("s/logn",))))
    assert problems(given, case("login")) == [
        "an id must be unique in its suite, got 's/login' twice",
        "s/y: 'after' must name a case, got 's/logn'; did you mean 's/login'?",
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"suite": "x"}, "it must have a list of cases below 'cases', got None"),
        ({"cases": "a"}, "it must have a list of cases below 'cases', got 'a'"),
        ({"cases": [object()]}, "it must be plain data, as in a case file"),
        ({"cases": [{"id": "a", "nonsense": 1}]}, "nonsense"),
        (
            {"cases": [{"id": "a", "python": "m:f", "foreach": {"file": "rows.json"}}]},
            "'file' must stand in a case file",
        ),
    ],
)
def test_what_is_wrong_with_a_document_is_told(document: Any, message: str) -> None:
    assert any(message in each for each in problems(documents(document)))


def test_a_place_is_written_as_python_would() -> None:
    with pytest.raises(ProblemsError) as caught:
        add(documents({"cases": [{"id": "a", "python": "m:f", "expect": [{"no_such": 1}]}]}))
    (problem,) = caught.value.problems
    assert problem.message.startswith(
        "cases[0].cases[0].expect[0].no_such: no such expectation 'no_such'"
    )
    assert problem.path == ""


def test_a_template_may_name_a_file_whose_form_is_seen_only_later() -> None:
    document = {"cases": [{"id": "a", "python": "m:f", "with": {"x": "{file:absent.json}"}}]}
    assert any("absent.json" in each for each in problems(documents(document)))


def test_places_in_what_a_program_gave_are_not_counted_as_files() -> None:
    wrong = {"cases": [{"id": "a", "python": "m:f", "timout": 1}, {"id": "a"}]}
    with pytest.raises(ProblemsError, match="2 problems; nothing was run"):
        add(documents(wrong))


def test_a_case_is_never_offered_in_place_of_its_own_need() -> None:
    given = Given(cases=(case("login-1", after=("s/login-2",)), case("login-3")))
    assert problems(given) == [
        "s/login-1: 'after' must name a case, got 's/login-2'; did you mean 's/login-3'?"
    ]
    alone = Given(cases=(case("login-1", after=("s/login-2",)),))
    assert problems(alone) == ["s/login-1: 'after' must name a case, got 's/login-2'"]
