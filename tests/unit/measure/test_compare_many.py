"""Is the rate of false alarms held over many benchmarks, and known for this machine?"""

from __future__ import annotations

import pytest

from holdfast.errors import UsageError
from holdfast.measure import aa, compare_all
from holdfast.measure.aa_selftest import check_gate, self_test
from holdfast.measure.suspects import confirm
from holdfast.measure.verdict import Comparison, Rules, conclude
from tests.unit.measure.launches import launch_of

RULES = Rules(slower=0.05, floor=0.01, alpha=0.01, unit="cpu")
CLOSE = (0.998, 0.999, 1.0, 1.0, 1.001, 1.002)
BROKEN = Comparison(status="error", reason="no such revision", rules=RULES)


def of(ratio: float, launches: int = 3) -> Comparison:
    return conclude([launch_of([ratio * each for each in CLOSE])] * launches, RULES)


FINE, FAR, NEAR = of(1.0), of(1.5), of(1.03)


def never(name: str, sitting: int) -> Comparison:
    raise AssertionError(f"{name} must not be measured again ({sitting})")


def test_a_planted_slow_down_is_far_enough_from_the_doubtful_one() -> None:
    assert (FINE.status, FAR.status, NEAR.status) == ("fine", "slower", "slower")
    assert NEAR.e_slower < 100 * 100 < FAR.e_slower


def test_a_suspect_with_evidence_enough_for_all_is_not_measured_again() -> None:
    found = confirm({"far": FAR, **{f"{at}": FINE for at in range(99)}}, never, alpha=0.01)
    assert found["far"] is FAR


def test_a_suspect_alone_needs_no_more_than_alpha() -> None:
    assert confirm({"near": NEAR}, never, alpha=0.01)["near"].status == "slower"


def test_a_suspect_among_many_is_measured_again_and_its_evidence_adds_up() -> None:
    asked: list[tuple[str, int]] = []

    def again(name: str, sitting: int) -> Comparison:
        asked.append((name, sitting))
        return of(1.03, launches=9)

    first = {"near": NEAR, **{f"{at}": FINE for at in range(99)}}
    found = confirm(first, again, alpha=0.01)
    assert asked == [("near", 1)]
    assert found["near"].status == "slower"
    assert found["near"].e_slower >= 100 * 100
    assert len(found["near"].launches) == 12
    assert found["near"].is_extended


def test_a_suspect_that_does_not_hold_among_all_is_undecided() -> None:
    empty = Comparison(status="undecided", rules=RULES)
    first = {"near": NEAR, **{f"{at}": FINE for at in range(99)}}
    found = confirm(first, lambda _name, _sitting: empty, alpha=0.01)["near"]
    assert found.status == "undecided"
    assert found.reason.startswith("slower if it were alone; among 100 benchmarks")


def test_a_suspect_that_proves_fine_is_fine() -> None:
    found = confirm(
        {"near": NEAR, **{f"{at}": FINE for at in range(99)}},
        lambda _name, _sitting: of(1.0, launches=30),
        alpha=0.01,
    )
    assert found["near"].status == "fine"


def test_what_could_not_be_measured_neither_counts_nor_is_tried_again() -> None:
    found = confirm({"near": NEAR, "broken": BROKEN}, never, alpha=0.01)
    assert (found["near"].status, found["broken"].status) == ("slower", "error")


def test_the_options_of_many_are_those_of_one() -> None:
    with pytest.raises(UsageError, match="launches must be at least 2, got 1"):
        compare_all({"one": (len, len)}, launches=1)
    assert compare_all({}) == {}


def test_a_self_test_counts_alarms_in_both_directions() -> None:
    test = self_test([FINE, FAR, of(1 / 1.5), NEAR], RULES)
    assert (test.comparisons, test.false_alarms, test.fine) == (4, 3, 2)
    assert test.false_alarm_high > 0.75


def test_what_is_detectable_follows_from_the_bounds_of_identical_code() -> None:
    test = self_test([FINE] * 20, RULES)
    assert FINE.low is not None
    assert FINE.high is not None
    assert test.detectable == pytest.approx(1.01 * max(FINE.high, 1 / FINE.low) - 1)
    assert 0.01 < test.detectable < 0.05
    assert test.false_alarms == 0
    assert 0.0 < test.false_alarm_high < 0.2


def test_a_gate_below_what_is_detectable_is_refused() -> None:
    test = self_test([FINE] * 20, RULES)
    assert test.detectable is not None
    check_gate(test, test.detectable)
    with pytest.raises(UsageError, match="slower must be at least what this machine can tell"):
        check_gate(test, test.detectable / 2)


def test_a_self_test_that_measured_nothing_allows_no_gate() -> None:
    test = self_test([BROKEN], RULES)
    assert (test.errors, test.detectable, test.reason) == (1, None, "no such revision")
    with pytest.raises(UsageError, match="must have measured something, got no such revision"):
        check_gate(test, 0.5)


def test_a_self_test_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="comparisons must be at least 1, got 0"):
        aa(len, comparisons=0)
