"""Is the end of a warm-up found, and no end where there is no warm-up?"""

from __future__ import annotations

from holdfast.clock import seeded
from holdfast.stats.warmup import change_point, is_steady, steady_from

NOISE = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.1]


def test_a_drop_is_found_where_it_is() -> None:
    found = change_point([9.0] * 8 + [1.0] * 12)
    assert found is not None
    assert found[0] == 8
    assert found[1] < 0.01


def test_a_short_series_or_one_without_any_change_tells_nothing() -> None:
    assert change_point([9.0, 9.0, 1.0, 1.0, 1.0]) is None
    assert change_point([1.0] * 20) is None


def test_a_series_is_steady_from_the_end_of_its_warm_up() -> None:
    assert steady_from([9.0] * 8 + NOISE) == 8
    assert is_steady([9.0] * 8 + NOISE)


def test_a_warm_up_in_two_steps_is_followed_to_its_end() -> None:
    assert steady_from([50.0] * 12 + [9.0] * 12 + NOISE) == 24


def test_noise_and_single_outliers_are_no_warm_up() -> None:
    assert steady_from(NOISE) == 0
    assert steady_from([20.0, *NOISE[:6], 30.0, *NOISE[6:]]) == 0


def test_a_change_of_less_than_a_percent_is_not_waited_for() -> None:
    assert steady_from([1.005] * 20 + [1.0] * 20) == 0


def test_what_changed_a_moment_ago_is_not_steady_yet() -> None:
    assert not is_steady([9.0] * 12 + [1.0] * 5)
    assert not is_steady([1.0] * 5)


def test_a_steady_series_is_seldom_taken_for_a_warm_up() -> None:
    random = seeded(7)
    series = [[random.gauss(1.0, 0.1) for _ in range(24)] for _ in range(200)]
    assert sum(steady_from(each) > 0 for each in series) <= 20
