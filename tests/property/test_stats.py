from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.stats.histogram import RELATIVE_ERROR, Histogram, merge
from holdfast.stats.intervals import wilson
from holdfast.stats.percentiles import percentile, summary

numbers = st.lists(st.floats(-1e300, 1e300), min_size=1)
durations = st.lists(st.just(0.0) | st.floats(1e-12, 1e12), min_size=1)
shares = st.floats(0, 100)


def filled(values: list[float]) -> Histogram:
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


@given(numbers, shares, shares)
def test_a_percentile_is_monotone_and_within_the_extremes(
    values: list[float], one: float, other: float
) -> None:
    low, high = percentile(values, min(one, other)), percentile(values, max(one, other))

    assert min(values) <= low <= high <= max(values)
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_a_summary_does_not_depend_on_the_order(values: list[float]) -> None:
    found = summary(values)

    assert found == summary(values[::-1])
    assert found.min <= found.p50 <= found.p95 <= found.p99 <= found.max
    assert found.min <= found.mean <= found.max
    assert 0 <= found.stdev <= (found.max - found.min) * 1.000001


@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0.01, 0.999))
def test_the_share_lies_within_its_interval(good: int, bad: int, confidence: float) -> None:
    low, high = wilson(good, good + bad, confidence)

    assert 0 <= low <= high <= 1
    if good + bad:
        assert low <= good / (good + bad) <= high
    mirrored = wilson(bad, good + bad, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(durations, shares)
def test_a_histogram_keeps_its_error_bound(values: list[float], q: float) -> None:
    rank = max(1, math.ceil(len(values) * q / 100))
    exact = sorted(values)[rank - 1]

    assert abs(filled(values).percentile(q) - exact) <= exact * RELATIVE_ERROR * 1.000001


@given(durations, durations, shares)
def test_merged_histograms_answer_as_one(one: list[float], other: list[float], q: float) -> None:
    whole = merge([filled(one), filled(other)])
    direct = filled(one + other)

    assert whole.buckets == direct.buckets
    assert whole.count == direct.count
    assert whole.percentile(q) == direct.percentile(q)
    assert whole.total == pytest.approx(direct.total)


@given(durations)
def test_a_histogram_is_what_its_encoding_decodes_to(values: list[float]) -> None:
    histogram = filled(values)

    assert histogram == msgspec.json.decode(msgspec.json.encode(histogram), type=Histogram)
