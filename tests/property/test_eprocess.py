"""Do the laws of evidence hold for whatever is measured?"""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from holdfast.clock import seeded
from holdfast.stats.bootstrap import median_interval
from holdfast.stats.eprocess import BETS, log_e_mean, log_e_sign, lower_bound, upper_bound
from holdfast.stats.multiplicity import e_benjamini_hochberg, e_holm, holm
from holdfast.stats.warmup import steady_from

counts = st.integers(0, 500)
means = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=12)
log_es = st.lists(st.floats(-20, 50), max_size=12)
alphas = st.floats(0.001, 0.3)


@given(counts, counts)
def test_one_more_sign_above_is_more_evidence_and_one_below_is_less(above: int, below: int) -> None:
    here = log_e_sign(above, below)
    assert log_e_sign(above + 1, below) > here > log_e_sign(above, below + 1)


@given(counts, counts)
def test_the_next_sign_is_a_fair_bet(above: int, below: int) -> None:
    here = log_e_sign(above, below)
    up, down = log_e_sign(above + 1, below) - here, log_e_sign(above, below + 1) - here
    assert math.isclose((math.exp(up) + math.exp(down)) / 2, 1.0, rel_tol=1e-9)


@given(counts, counts)
def test_no_sign_wins_more_than_the_boldest_bet(above: int, below: int) -> None:
    gain = log_e_sign(above + 1, below) - log_e_sign(above, below)
    assert gain <= math.log1p(max(BETS)) + 1e-9


@given(means, st.floats(1e-5, 1e-2), st.floats(-0.5, 0.5))
def test_evidence_falls_as_the_bound_rises(values: list[float], variance: float, at: float) -> None:
    variances = [variance] * len(values)
    low = log_e_mean(values, variances, at, typical=0.02)
    assert log_e_mean(values, variances, at + 0.01, typical=0.02) < low


@given(means, st.floats(1e-5, 1e-2), alphas)
def test_the_bounds_hold_the_estimate_between_them(
    values: list[float], variance: float, alpha: float
) -> None:
    variances, mean = [variance] * len(values), math.fsum(values) / len(values)
    low = lower_bound(lambda at: log_e_mean(values, variances, at, typical=0.02), mean, alpha)
    flipped = [-each for each in values]
    high = upper_bound(lambda at: log_e_mean(flipped, variances, -at, typical=0.02), mean, alpha)
    assert low <= mean <= high


@given(log_es, alphas)
def test_whoever_is_rejected_among_many_is_rejected_alone(
    values: list[float], alpha: float
) -> None:
    for value, is_rejected in zip(values, e_holm(values, alpha), strict=True):
        assert not is_rejected or e_holm([value], alpha) == [True]


@given(log_es, alphas)
def test_the_weaker_promise_rejects_all_that_the_stronger_one_does(
    values: list[float], alpha: float
) -> None:
    strong, weak = e_holm(values, alpha), e_benjamini_hochberg(values, alpha)
    assert all(loose or not strict for strict, loose in zip(strong, weak, strict=True))


@given(st.lists(st.floats(0, 1), max_size=12), alphas)
def test_a_smaller_p_value_is_never_kept_where_a_larger_one_is_rejected(
    p_values: list[float], alpha: float
) -> None:
    rejected = holm(p_values, alpha)
    kept = [p for p, is_rejected in zip(p_values, rejected, strict=True) if not is_rejected]
    gone = [p for p, is_rejected in zip(p_values, rejected, strict=True) if is_rejected]
    assert max(gone, default=0.0) <= min(kept, default=1.0)


@given(st.lists(st.floats(0.1, 10), max_size=40))
def test_a_series_is_steady_from_somewhere_within_it(values: list[float]) -> None:
    start = steady_from(values)
    assert 0 <= start <= len(values)
    assert steady_from(values[start:]) == 0


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_the_bootstrap_stays_within_the_values(values: list[float]) -> None:
    low, high = median_interval(values, seeded(0), resamples=20)
    assert min(values) <= low <= high <= max(values)
