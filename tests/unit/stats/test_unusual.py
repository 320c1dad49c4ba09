from __future__ import annotations

import math
import random

import pytest

from holdfast.stats.unusual import MIN_BEFORE, usual


@pytest.mark.parametrize("unit", [0.001, 1.0, 60.0])
def test_what_is_far_is_the_same_at_every_scale(unit: float) -> None:
    known = usual([unit * each for each in (1.0, 1.2, 0.8, 1.1, 0.9, 1.0, 1.3, 0.7, 1.0)])
    assert known is not None
    assert known.median_s == pytest.approx(unit)
    # Worked by hand: the logarithms lie 0.105 (median) from the middle, and 1.4826 x 3.5 x that is 0.547.
    assert known.limit_s / unit == pytest.approx(math.exp(3.5 * 1.4826 * -math.log(0.9)), rel=1e-6)
    assert known.score(known.limit_s) == pytest.approx(3.5)
    assert known.score(unit) == pytest.approx(0.0)


def test_one_wild_run_before_hides_nothing() -> None:
    calm = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.02, 0.98, 1.0]
    known, shaken = usual(calm), usual([*calm, 500.0])
    assert known is not None
    assert shaken is not None
    assert shaken.limit_s < 1.2 * known.limit_s


def test_a_past_without_scatter_does_not_make_an_outlier_of_every_breath() -> None:
    known = usual([0.2] * 20)
    assert known is not None
    assert known.limit_s == pytest.approx(0.2 * math.exp(3.5 * math.log(1.1)))


@pytest.mark.parametrize("count", range(MIN_BEFORE))
def test_too_short_a_past_says_nothing(count: int) -> None:
    assert usual([1.0] * count) is None


def test_what_took_no_time_at_all_is_no_past() -> None:
    assert usual([0.0] * 30) is None


def test_a_usual_run_is_seldom_called_unusual() -> None:
    random_ = random.Random(7)
    told = 0
    for _ in range(2_000):
        past = [random_.lognormvariate(0.0, 0.3) for _ in range(24)]
        known = usual(past)
        assert known is not None
        told += random_.lognormvariate(0.0, 0.3) > known.limit_s
    assert told <= 2_000 * 0.005
