from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.gate.judge_run import decide
from holdfast.model.run import Counts
from holdfast.settings import GateSettings, SuiteGate

SMALL = range(3)
POLICIES = [
    GateSettings(success_rate=rate, undecided=undecided, flaky=flaky)
    for rate in (0.0, 0.5, 1.0)
    for undecided in ("fail", "warn")
    for flaky in ("ignore", "warn", "fail")
]


def closed(**numbers: int) -> Counts:
    total = sum(numbers.get(s, 0) for s in ("passed", "failed", "undecided", "error", "skipped"))
    return Counts(**{"planned": total, "recorded": total, **numbers})


def all_counts() -> Iterator[Counts]:
    for passed, failed, undecided, error, skipped in itertools.product(SMALL, repeat=5):
        for author, flaky in itertools.product(range(skipped + 1), (0, 1)):
            yield closed(
                passed=passed,
                failed=failed,
                undecided=undecided,
                error=error,
                skipped=skipped,
                author_skipped=author,
                flaky=flaky,
            )


def decision(counts: Counts, settings: GateSettings, **facts: Any) -> Any:
    told = {
        "is_complete": True,
        "budget_spent": False,
        "interrupted": False,
        "has_selection": True,
        **facts,
    }
    return decide(counts, {"s": counts}, settings, **told)


@pytest.mark.parametrize(
    "settings", POLICIES, ids=lambda s: f"{s.success_rate}-{s.undecided}-{s.flaky}"
)
def test_exit_0_is_always_earned(settings: GateSettings) -> None:
    for counts in all_counts():
        made = decision(counts, settings)
        base = counts.planned - counts.author_skipped
        earned = (
            counts.passed > 0
            and counts.passed >= settings.success_rate * base
            and (counts.undecided == 0 or settings.undecided == "warn")
            and (counts.flaky == 0 or settings.flaky != "fail")
        )
        assert earned == (made.exit_code == 0), counts


@pytest.mark.parametrize(
    "settings", POLICIES, ids=lambda s: f"{s.success_rate}-{s.undecided}-{s.flaky}"
)
def test_exit_0_says_passed_and_only_then_do_all_rules_hold(settings: GateSettings) -> None:
    words = {0: "passed", 1: "failed", 3: "undecided"}
    for counts in all_counts():
        made = decision(counts, settings)
        assert words[made.exit_code] == made.verdict
        assert (made.exit_code == 0) == all(rule.held for rule in made.rules), counts


@pytest.mark.parametrize("settings", POLICIES[:6], ids=lambda s: f"{s.undecided}-{s.flaky}")
def test_open_books_are_never_green_or_red(settings: GateSettings) -> None:
    for counts in all_counts():
        for missing in (1, 2):
            short = Counts(
                **{n: getattr(counts, n) for n in Counts.__struct_fields__ if n != "planned"},
                planned=counts.planned + missing,
            )
            made = decision(short, settings)
            assert (made.exit_code, made.verdict) == (3, "incomplete")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"is_complete": False}, (3, "incomplete")),
        ({"budget_spent": True}, (3, "incomplete")),
        ({"interrupted": True}, (130, "incomplete")),
        ({"interrupted": True, "is_complete": False, "budget_spent": True}, (130, "incomplete")),
        ({"has_selection": False}, (5, "undecided")),
        ({"interrupted": True, "has_selection": False}, (130, "incomplete")),
    ],
)
def test_how_the_run_ended_comes_before_what_the_cases_say(
    facts: dict[str, bool], expected: tuple[int, str]
) -> None:
    for counts in all_counts():
        made = decision(counts, GateSettings(), **facts)
        assert expected == (made.exit_code, made.verdict)
        assert not all(rule.held for rule in made.rules)


def test_a_failed_case_under_the_default_policy_is_1_whatever_else_happened() -> None:
    for counts in all_counts():
        if counts.failed + counts.error:
            assert decision(counts, GateSettings()).exit_code == 1


def test_undecided_cases_alone_are_3_and_never_1() -> None:
    for counts in all_counts():
        if counts.undecided and not counts.failed + counts.error:
            assert decision(counts, GateSettings()).exit_code == 3


numbers = st.integers(0, 50)


@given(numbers, numbers, numbers, numbers, st.floats(0, 1))
def test_turning_a_passed_case_into_anything_else_never_improves_the_run(
    passed: int, failed: int, undecided: int, error: int, rate: float
) -> None:
    settings = GateSettings(success_rate=rate)
    better = closed(passed=passed + 1, failed=failed, undecided=undecided, error=error)
    for worse in ("failed", "undecided", "error", "skipped"):
        numbers = {"passed": passed, "failed": failed, "undecided": undecided, "error": error}
        numbers[worse] = numbers.get(worse, 0) + 1
        if decision(closed(**numbers), settings).exit_code == 0:
            assert decision(better, settings).exit_code == 0


@given(numbers, numbers, st.floats(0, 1))
def test_a_gate_of_a_suite_can_only_tighten_the_run(passed: int, failed: int, rate: float) -> None:
    total, suite = closed(passed=passed + 50, failed=failed), closed(passed=passed, failed=failed)
    told: dict[str, Any] = {
        "is_complete": True,
        "budget_spent": False,
        "interrupted": False,
        "has_selection": True,
    }
    loose = decide(total, {"s": suite}, GateSettings(success_rate=0.5), **told)
    gates = GateSettings(success_rate=0.5, suite={"s": SuiteGate(success_rate=rate)})
    strict = decide(total, {"s": suite}, gates, **told)
    assert strict.exit_code >= loose.exit_code
    assert (strict.exit_code == 0) == (
        loose.exit_code == 0 and passed + failed > 0 and passed / (passed + failed) >= rate
    )
