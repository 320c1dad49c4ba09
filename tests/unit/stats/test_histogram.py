from __future__ import annotations

import math

import msgspec
import pytest

from holdfast.stats.histogram import RELATIVE_ERROR, Histogram, merge


def filled(*values: float) -> Histogram:
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


def test_a_percentile_is_near_the_value_of_its_rank() -> None:
    histogram = filled(*(n / 1000 for n in range(1, 1001)))

    for q in (1, 50, 95, 99, 99.9):
        assert histogram.percentile(q) == pytest.approx(q / 100, rel=RELATIVE_ERROR)


def test_extremes_and_mean_are_exact() -> None:
    histogram = filled(0.3, 0.1, 0.2)

    assert (histogram.percentile(0), histogram.min) == (pytest.approx(0.1, rel=0.01), 0.1)
    assert (histogram.percentile(100), histogram.max) == (pytest.approx(0.3, rel=0.01), 0.3)
    assert histogram.mean == pytest.approx(0.2)


def test_zeros_are_counted_apart() -> None:
    histogram = filled(0, 0, 5)

    assert histogram.percentile(50) == 0.0
    assert histogram.percentile(100) == 5.0
    assert histogram.min == 0.0


def test_a_value_counted_many_times_weighs_as_many() -> None:
    histogram = filled(1.0)
    histogram.record(8.0, 99)

    assert histogram.count == 100
    assert histogram.percentile(2) == 8.0
    assert histogram.total == 793.0


def test_merging_is_recording_all_in_one() -> None:
    whole = merge([filled(0, 1, 2), Histogram(), filled(0.25, 1)])

    assert whole == filled(0, 1, 2, 0.25, 1)
    assert merge([]) == Histogram()
    assert merge([Histogram(), filled(3)]).min == 3.0


def test_merging_leaves_its_parts_alone() -> None:
    part = filled(1)
    merge([part, filled(2)]).record(3)

    assert part == filled(1)


@pytest.mark.parametrize("codec", [msgspec.json, msgspec.msgpack])
@pytest.mark.parametrize("values", [(), (0, 0.001, 7.5, 1e9)])
def test_a_histogram_survives_encoding(codec: object, values: tuple[float, ...]) -> None:
    histogram = filled(*values)

    encoded = codec.encode(histogram)  # type: ignore[attr-defined]

    assert histogram == codec.decode(encoded, type=Histogram)  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [-0.1, math.inf, math.nan])
def test_a_value_that_is_no_measurement_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="must be finite and not negative"):
        filled(value)


def test_counting_no_times_is_refused() -> None:
    with pytest.raises(ValueError, match="times must be at least 1, got 0"):
        Histogram().record(1.0, 0)


def test_an_empty_histogram_answers_nothing() -> None:
    with pytest.raises(ValueError, match="must hold at least one value"):
        Histogram().percentile(50)
    with pytest.raises(ValueError, match="must hold at least one value"):
        _ = Histogram().mean


@pytest.mark.parametrize("q", [-1, 101, math.nan])
def test_a_percentile_outside_0_to_100_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="a percentile must lie between 0 and 100"):
        filled(1).percentile(q)
