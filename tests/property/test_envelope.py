from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.result import Attempt
from holdfast.report.envelope import Envelope
from holdfast.report.lanes import MAX_LANES, MAX_ROWS, Spans

moments = st.floats(0.0, 1e6)
points = st.lists(st.tuples(moments, st.floats(-1e12, 1e12)), min_size=1, max_size=300)
limits = st.integers(1, 50)
attempts = st.lists(
    st.tuples(moments, st.floats(0.0, 1e5), st.sampled_from([f"worker-{n}" for n in range(20)])),
    min_size=1,
    max_size=120,
)


def by_cell(found: Envelope, given_points: list[tuple[float, float]]) -> dict[int, list[float]]:
    values: dict[int, list[float]] = {}
    for at, value in given_points:
        values.setdefault(found.cell_of(at), []).append(value)
    return values


@given(points, limits)
def test_every_cell_has_the_lowest_and_the_highest_of_its_points(
    given_points: list[tuple[float, float]], limit: int
) -> None:
    found = Envelope(limit).fill(*zip(*given_points, strict=True))
    expected = [
        (number, min(values), max(values))
        for number, values in sorted(by_cell(found, given_points).items())
    ]
    assert expected == list(found.cells())
    assert len(found) <= limit


@given(points, limits, limits)
def test_a_coarser_envelope_has_the_same_extremes(
    given_points: list[tuple[float, float]], limit: int, most: int
) -> None:
    found = Envelope(limit).fill(*zip(*given_points, strict=True)).coarser(most)
    assert len(found) <= most
    lows, highs = zip(*((low, high) for _, low, high in found.cells()), strict=True)
    assert min(value for _, value in given_points) == min(lows)
    assert max(value for _, value in given_points) == max(highs)


@given(points, limits)
def test_the_order_of_points_does_not_matter(
    given_points: list[tuple[float, float]], limit: int
) -> None:
    one = Envelope(limit).fill(*zip(*given_points, strict=True))
    other = Envelope(limit).fill(*zip(*reversed(given_points), strict=True))
    assert (one.width_s, list(one.cells())) == (other.width_s, list(other.cells()))


@given(attempts, st.integers(MAX_LANES, 60))
def test_spans_are_bounded_and_none_of_the_attempts_is_lost(
    given_attempts: list[tuple[float, float, str]], limit: int
) -> None:
    spans = Spans(limit)
    for n, (start_s, duration_s, worker) in enumerate(given_attempts):
        told = Attempt(
            n=1, status="passed", started_s=start_s, duration_s=duration_s, worker=worker
        )
        spans.add(f"s/c{n}", told)
    for lanes in (spans.lanes(), spans.lanes(MAX_LANES)):
        found = [span for lane in lanes for _, span in lane.spans]
        assert len(found) <= limit
        assert len(given_attempts) == sum(span.count for span in found)
        assert min(start_s for start_s, _, _ in given_attempts) == min(s.start_s for s in found)
        assert max(d for _, d, _ in given_attempts) == max(s.longest_s for s in found)
        assert max(s + d for s, d, _ in given_attempts) == max(s.end_s for s in found)
        assert all(lane.rows <= MAX_ROWS for lane in lanes)
        assert len(lanes) <= MAX_LANES
        assert all(math.isfinite(span.end_s) for span in found)
