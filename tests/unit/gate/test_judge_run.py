from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from holdfast.gate.judge_run import Decision, books_closed, decide
from holdfast.model.run import Counts, GateRule
from holdfast.settings import GateSettings, SuiteGate


def closed(**numbers: int) -> Counts:
    total = sum(numbers.get(s, 0) for s in ("passed", "failed", "undecided", "error", "skipped"))
    return Counts(**{"planned": total, "recorded": total, **numbers})


def judged(
    totals: Counts,
    settings: GateSettings | None = None,
    suites: Mapping[str, Counts] | None = None,
    **facts: Any,
) -> Decision:
    told = {
        "is_complete": True,
        "budget_spent": False,
        "interrupted": False,
        "has_selection": True,
        **facts,
    }
    return decide(totals, suites or {}, settings or GateSettings(), **told)


def rule(decision: Decision, name: str) -> GateRule:
    return next(rule for rule in decision.rules if rule.name == name)


@pytest.mark.parametrize(
    ("counts", "settings", "exit_code"),
    [
        (closed(passed=9, skipped=1, author_skipped=1), GateSettings(), 0),
        (closed(passed=9, skipped=1), GateSettings(), 1),
        (closed(passed=9, failed=1), GateSettings(success_rate=0.9), 0),
        (closed(passed=8, failed=2), GateSettings(success_rate=0.9), 1),
        (closed(passed=9, undecided=1), GateSettings(), 3),
        (closed(passed=9, undecided=1), GateSettings(success_rate=0.9), 3),
        (closed(passed=9, undecided=1), GateSettings(undecided="warn"), 1),
        (closed(passed=9, undecided=1), GateSettings(undecided="warn", success_rate=0.9), 0),
        (closed(passed=8, undecided=1, error=1), GateSettings(), 1),
        (closed(passed=8, undecided=1, failed=1), GateSettings(success_rate=0.8), 3),
        (closed(passed=8, undecided=1, skipped=1), GateSettings(), 3),
        (closed(undecided=3), GateSettings(), 3),
        (closed(undecided=3), GateSettings(undecided="warn", success_rate=0.0), 1),
        (closed(failed=3), GateSettings(success_rate=0.0), 1),
        (closed(skipped=3, author_skipped=3), GateSettings(success_rate=0.0), 1),
        (closed(passed=3, flaky=1), GateSettings(), 0),
        (closed(passed=3, flaky=1), GateSettings(flaky="fail"), 1),
        (closed(passed=3, undecided=1, flaky=1), GateSettings(flaky="fail"), 1),
        (Counts(), GateSettings(), 1),
    ],
)
def test_the_exit_code_follows_the_counts_and_the_policy(
    counts: Counts, settings: GateSettings, exit_code: int
) -> None:
    assert exit_code == judged(counts, settings).exit_code


def test_a_missing_result_makes_the_run_incomplete_and_says_how_many() -> None:
    made = judged(Counts(planned=5, recorded=3, passed=3))
    assert (made.exit_code, made.verdict) == (3, "incomplete")
    assert rule(made, "complete").message == "2 of 5 planned cases have no recorded result"


def test_a_store_that_says_incomplete_is_believed() -> None:
    made = judged(closed(passed=3), is_complete=False)
    assert (
        made.exit_code,
        rule(made, "complete").message,
    ) == (3, "planned and recorded cases differ")


def test_open_books_of_one_suite_make_the_run_incomplete() -> None:
    suites = {"a": closed(passed=1), "b": Counts(planned=2, recorded=2, passed=1)}
    made = judged(closed(passed=3), suites=suites)
    assert made.exit_code == 3
    assert rule(made, "complete").message == "planned and recorded cases differ in suite 'b'"


@pytest.mark.parametrize(
    "counts",
    [
        Counts(planned=1, recorded=1),
        Counts(planned=1, recorded=2, passed=2),
        closed(passed=2, failed=-1),
        closed(passed=1, skipped=1, author_skipped=2),
        closed(passed=1, author_skipped=-1),
    ],
)
def test_counts_that_do_not_add_up_leave_the_books_open(counts: Counts) -> None:
    assert not books_closed(counts)
    assert judged(counts).exit_code == 3


def test_a_rate_that_was_not_met_says_what_was_in_the_way() -> None:
    made = judged(closed(passed=5, failed=2, error=1, undecided=1, skipped=3, author_skipped=2))
    expected = (
        "5 of 10 cases passed: 50 % (at least 100 %); 2 failed, 1 error, 1 undecided, 1 skipped"
    )
    assert expected == rule(made, "success_rate").message


def test_a_suite_has_a_gate_of_its_own() -> None:
    settings = GateSettings(success_rate=0.5, suite={"security": SuiteGate(success_rate=1.0)})
    suites = {"security": closed(passed=1, failed=1), "rest": closed(passed=8)}
    made = judged(closed(passed=9, failed=1), settings, suites)
    assert (made.exit_code, made.verdict) == (1, "failed")
    assert rule(made, "success_rate").held
    assert not rule(made, "suite.security.success_rate").held


def test_a_suite_that_is_undecided_is_3_although_another_suite_failed_within_the_rate() -> None:
    settings = GateSettings(success_rate=0.5, suite={"a": SuiteGate(success_rate=1.0)})
    suites = {"a": closed(passed=1, undecided=1), "b": closed(passed=7, failed=1)}
    assert judged(closed(passed=8, failed=1, undecided=1), settings, suites).exit_code == 3


def test_a_suite_skipped_for_want_of_an_undecided_case_elsewhere_is_3() -> None:
    settings = GateSettings(success_rate=0.1, suite={"b": SuiteGate(success_rate=1.0)})
    suites = {"a": closed(passed=1, undecided=1), "b": closed(skipped=1)}
    assert judged(closed(passed=1, undecided=1, skipped=1), settings, suites).exit_code == 3


def test_a_gate_for_a_suite_that_did_not_run_says_that_it_was_not_judged() -> None:
    made = judged(closed(passed=1), GateSettings(suite={"security": SuiteGate()}))
    found = rule(made, "suite.security.success_rate")
    assert (made.exit_code, found.held) == (0, True)
    assert found.message == "not judged: no case of suite 'security' was in this run"


def test_a_suite_of_which_all_was_skipped_by_its_author_does_not_meet_its_gate() -> None:
    settings = GateSettings(suite={"s": SuiteGate(success_rate=0.0)})
    suites = {"s": closed(skipped=2, author_skipped=2), "t": closed(passed=1)}
    made = judged(closed(passed=1, skipped=2, author_skipped=2), settings, suites)
    assert made.exit_code == 1
    message = "no case is left to pass: all 2 were skipped by their author"
    assert message == rule(made, "suite.s.success_rate").message


def test_undecided_cases_that_only_warn_are_still_mentioned() -> None:
    settings = GateSettings(undecided="warn", success_rate=0.5)
    found = rule(judged(closed(passed=1, undecided=1), settings), "undecided")
    assert found.held
    assert found.message == "the evidence cannot decide 1 case (undecided = 'warn')"


def test_flaky_cases_are_mentioned_unless_they_are_to_be_ignored() -> None:
    counts = closed(passed=3, flaky=2)
    said = {
        policy: rule(judged(counts, GateSettings(flaky=policy)), "flaky").message
        for policy in ("ignore", "warn")
    }
    assert said == {"ignore": "", "warn": "attempts disagree in 2 cases (flaky = 'warn')"}


def test_what_ended_the_run_is_a_rule_that_did_not_hold() -> None:
    made = judged(closed(passed=1), budget_spent=True, interrupted=True)
    assert {"budget", "interrupt"} == {rule.name for rule in made.rules if not rule.held}


def test_the_same_counts_give_the_same_decision() -> None:
    counts = closed(passed=3, failed=1)
    assert judged(counts) == judged(counts)


def test_a_rule_of_another_that_did_not_hold_fails_the_run() -> None:
    counts = closed(passed=3)
    held, broken = (GateRule(name="suite.s.after_all", held=is_held) for is_held in (True, False))
    assert judged(counts, extra=(held,)).exit_code == 0
    made = judged(counts, extra=(broken,))
    assert (made.exit_code, made.verdict) == (1, "failed")
    assert broken in made.rules


def test_open_books_come_before_a_rule_of_another() -> None:
    broken = GateRule(name="suite.s.after_all", held=False)
    made = judged(closed(passed=3), is_complete=False, extra=(broken,))
    assert (made.exit_code, made.verdict) == (3, "incomplete")


def test_rules_that_have_nothing_to_say_say_nothing() -> None:
    rules = judged(closed(passed=1)).rules
    assert all(one.message == "" for one in rules)


def test_only_a_policy_that_refuses_has_a_threshold() -> None:
    strict = judged(closed(passed=1), GateSettings(flaky="fail", undecided="fail"))
    loose = judged(closed(passed=1), GateSettings(flaky="warn", undecided="warn"))
    names = ("flaky", "undecided")
    assert [rule(strict, name).threshold for name in names] == [0, 0]
    assert [rule(loose, name).threshold for name in names] == [None, None]
