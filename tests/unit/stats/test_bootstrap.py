"""Are medians and ratios bounded by what resampling shows?"""

from __future__ import annotations

import pytest

from holdfast.clock import seeded
from holdfast.stats.bootstrap import median_interval, nested_median_interval, ratio_interval


def test_the_interval_holds_the_median_and_is_replayed_by_its_seed() -> None:
    values = [float(at) for at in range(1, 100)]
    low, high = median_interval(values, seeded(1))
    assert 30 < low < 50 < high < 70
    assert median_interval(values, seeded(1)) == (low, high)


def test_more_confidence_takes_a_wider_interval() -> None:
    values = [float(at) for at in range(1, 100)]
    low, high = median_interval(values, seeded(1), confidence=0.5)
    wide_low, wide_high = median_interval(values, seeded(1), confidence=0.99)
    assert wide_low < low < high < wide_high


def test_a_ratio_is_taken_within_each_pair() -> None:
    base = [1.0, 10.0, 100.0, 1000.0]
    low, high = ratio_interval(base, [2 * each for each in base], seeded(1), resamples=50)
    assert (low, high) == (pytest.approx(2.0), pytest.approx(2.0))


def test_groups_that_differ_widen_the_interval_however_many_values_each_has() -> None:
    groups = [[1.0] * 1000, [2.0] * 1000, [3.0] * 1000]
    assert nested_median_interval(groups, seeded(1)) == (1.0, 3.0)


@pytest.mark.parametrize("groups", [[], [[]], [[1.0], []]])
def test_nothing_has_no_median(groups: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="at least one value in each group, got none"):
        nested_median_interval(groups, seeded(1))


def test_a_confidence_of_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, got 1\.0"):
        median_interval([1.0], seeded(1), confidence=1.0)


@pytest.mark.parametrize(("base", "new"), [([1.0], []), ([1.0], [0.0]), ([-1.0], [1.0])])
def test_what_is_no_pair_of_times_is_refused(base: list[float], new: list[float]) -> None:
    with pytest.raises(ValueError, match="pairs must have two values above 0 each"):
        ratio_interval(base, new, seeded(1))
