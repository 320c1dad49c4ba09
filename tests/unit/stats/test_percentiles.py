from __future__ import annotations

import math

import pytest

from holdfast.stats.percentiles import Summary, percentile, percentile_of_sorted, summary


@pytest.mark.parametrize(
    ("q", "expected"), [(0, 1.0), (25, 1.75), (50, 2.5), (90, 3.7), (100, 4.0)]
)
def test_a_percentile_is_interpolated_as_type_7(q: float, expected: float) -> None:
    assert expected == pytest.approx(percentile([4, 1, 3, 2], q))


def test_one_value_is_every_percentile() -> None:
    assert [percentile([7], q) for q in (0, 50, 99, 100)] == [7.0] * 4


def test_infinite_values_have_their_place() -> None:
    assert percentile([1.0, math.inf, math.inf], 100) == math.inf
    assert percentile([1.0, 2.0, math.inf], 50) == 2.0


def test_sorted_values_are_taken_as_they_are() -> None:
    assert percentile_of_sorted((1.0, 2.0), 50) == 1.5


@pytest.mark.parametrize("q", [-1, 100.1, math.nan])
def test_a_percentile_outside_0_to_100_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="a percentile must lie between 0 and 100, got"):
        percentile([1], q)


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="must have at least one value, got none"):
        percentile([], 50)
    with pytest.raises(ValueError, match="must have at least one value, got none"):
        summary([])


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="must be taken of numbers, got nan"):
        percentile([1.0, math.nan, 2.0], 50)


def test_a_summary_holds_mean_extremes_percentiles_and_spread() -> None:
    assert summary([2, 4, 4, 4, 5, 5, 7, 9]) == Summary(
        n=8,
        mean=5.0,
        min=2.0,
        max=9.0,
        p50=4.5,
        p95=pytest.approx(8.3),
        p99=pytest.approx(8.86),
        stdev=pytest.approx(math.sqrt(32 / 7)),
    )


def test_a_summary_of_one_value_has_no_spread() -> None:
    assert summary([3.5]).stdev == 0.0
