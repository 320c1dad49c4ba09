"""Is growth told from noise, and how fast is it?"""

from __future__ import annotations

import random

import pytest

from holdfast.stats.trend import growth_p, theil_sen


def test_the_slope_of_a_line_is_its_own_bound() -> None:
    slope = theil_sen([0, 10, 20, 30], [5, 25, 45, 65])
    assert (slope.value, slope.low, slope.high) == (2.0, 2.0, 2.0)


def test_one_wild_reading_does_not_move_the_slope() -> None:
    x = list(range(12))
    y: list[float] = [3.0 * each for each in x]
    y[7] = 10_000.0
    assert theil_sen(x, y).value == pytest.approx(3.0)


def test_the_bounds_hold_the_true_slope_of_noisy_lines() -> None:
    chance = random.Random(4)
    x = list(range(12))
    held = 0
    for _ in range(200):
        slope = theil_sen(x, [0.5 * each + chance.gauss(0, 1) for each in x])
        held += slope.low <= 0.5 <= slope.high
    # 98 % by construction; fewer than 92 of 100 would not be chance.
    assert held >= 184


@pytest.mark.parametrize(("x", "y"), [([1], [1]), ([1, 2], [1]), ([1, 1], [1, 2])])
def test_points_that_make_no_line_are_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"two points|must rise"):
        theil_sen(x, y)


def test_steady_growth_is_no_chance_and_noise_is() -> None:
    assert growth_p([1, 2, 3, 4, 5, 6, 7, 8]) < 0.001
    assert growth_p([3, 1, 4, 1, 5, 2, 6, 3]) > 0.05


@pytest.mark.parametrize("y", [[5, 5, 5, 5], [4, 3, 2, 1], [1]])
def test_what_does_not_grow_has_all_the_chance(y: list[float]) -> None:
    assert growth_p(y) == pytest.approx(1.0)
