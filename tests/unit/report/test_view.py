from __future__ import annotations

import pytest

from holdfast.model.run import GateRule
from holdfast.report.view import RunView, view
from tests.unit.report.runs import planned, result, row, source

HELD = GateRule(name="complete", held=True)


def shown(**fields: object) -> RunView:
    given = source([result("a")], row(**fields))
    return view(given.row, given.summary)


def test_a_finished_run_is_shown_as_it_was_decided() -> None:
    found = shown(exit_code=1, verdict="failed", gate=(HELD,))
    assert (found.exit_code, found.verdict, found.gate, found.is_finished) == (
        1,
        "failed",
        (HELD,),
        True,
    )


@pytest.mark.parametrize(
    "fields", [{"finished": ""}, {"exit_code": None}, {"verdict": "something new"}]
)
def test_a_run_without_a_known_end_is_incomplete(fields: dict[str, object]) -> None:
    assert shown(**fields).verdict == "incomplete"


def test_a_run_that_goes_on_never_shows_exit_code_0() -> None:
    found = shown(finished="", exit_code=0, verdict="passed", gate=(HELD,))
    assert (found.exit_code, found.is_finished) == (3, False)
    assert [rule.held for rule in found.gate] == [False]
    assert found.gate[0].message.startswith("the run has not finished; 0 of 1")


@pytest.mark.parametrize(("exit_code", "expected"), [(0, 3), (1, 3), (3, 3), (130, 130)])
def test_a_run_of_which_results_are_missing_is_never_green(exit_code: int, expected: int) -> None:
    results = [result("a"), result("b")]
    given = source(results[:1], row(exit_code=exit_code), plan=planned(results))
    found = view(given.row, given.summary)
    assert expected == found.exit_code
    assert found.gate[0].message == "1 of 2 planned cases have no recorded result"
