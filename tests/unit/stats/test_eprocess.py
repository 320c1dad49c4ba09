"""What is evidence worth, when one may look at it at any time?"""

from __future__ import annotations

import math

import pytest

from holdfast.stats.eprocess import log_e_mean, log_e_sign, lower_bound, upper_bound

ENOUGH = math.log(100)


def test_nine_signs_that_agree_decide_at_one_percent_and_eight_do_not() -> None:
    assert log_e_sign(9, 0) > ENOUGH > log_e_sign(8, 0)


def test_no_sign_is_no_evidence() -> None:
    assert log_e_sign(0, 0) == 0.0


def test_signs_of_the_claim_lose_the_bets() -> None:
    assert log_e_sign(50, 50) < 0
    assert log_e_sign(0, 1000) < -100


def test_a_million_signs_do_not_overflow() -> None:
    assert math.isfinite(log_e_sign(1_000_000, 0))


def test_the_bets_on_signs_are_fair() -> None:
    # Under the claim, a sign multiplies the wealth by 1 in expectation: over all outcomes of n signs.
    n = 12
    mean = sum(
        math.comb(n, above) * math.exp(log_e_sign(above, n - above)) for above in range(n + 1)
    )
    assert mean / 2**n == pytest.approx(1.0)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative, got -1 and 2"):
        log_e_sign(-1, 2)


def test_three_launches_two_percent_over_a_bound_decide_where_launches_differ_by_one() -> None:
    assert log_e_mean([0.03] * 3, [1e-4] * 3, 0.01, typical=0.02) > ENOUGH
    assert log_e_mean([0.03] * 2, [1e-4] * 2, 0.01, typical=0.02) < ENOUGH


def test_the_bets_on_means_are_fair() -> None:
    # The expectation of e over one normal value, by the trapezium rule.
    sd, step = 0.01, 1e-4
    mean = sum(
        step
        * math.exp(log_e_mean([at * step], [sd**2], 0.0, typical=0.02))
        * math.exp(-((at * step / sd) ** 2) / 2)
        / (sd * math.sqrt(2 * math.pi))
        for at in range(-1000, 1001)
    )
    assert mean == pytest.approx(1.0, abs=1e-3)


def test_a_mean_far_below_the_bound_is_strong_evidence_of_nothing() -> None:
    far = log_e_mean([-10.0] * 3, [1e-4] * 3, 0.0, typical=0.02)
    assert math.isfinite(far)
    assert far < -1


@pytest.mark.parametrize("variances", [[1e-4], [1e-4, 0.0]])
def test_a_value_without_a_variance_is_refused(variances: list[float]) -> None:
    with pytest.raises(ValueError, match="must have a variance above 0, got 2 values"):
        log_e_mean([0.0, 0.0], variances, 0.0, typical=0.02)


def test_the_bounds_are_where_the_evidence_reaches_one_over_alpha() -> None:
    values, variances = [0.01, 0.02, 0.03], [1e-4] * 3

    def over(bound: float) -> float:
        return log_e_mean(values, variances, bound, typical=0.02)

    def under(bound: float) -> float:
        return log_e_mean([-each for each in values], variances, -bound, typical=0.02)

    low, high = lower_bound(over, 0.02, 0.01), upper_bound(under, 0.02, 0.01)
    assert low < 0.02 < high
    assert over(low) == pytest.approx(ENOUGH, abs=0.01)
    assert under(high) == pytest.approx(ENOUGH, abs=0.01)
    assert 0.02 - low == pytest.approx(high - 0.02, abs=1e-5)


def test_too_little_evidence_bounds_nothing() -> None:
    assert lower_bound(lambda _: 1.0, 0.0, 0.01) == -math.inf
    assert upper_bound(lambda _: 1.0, 0.0, 0.01) == math.inf
