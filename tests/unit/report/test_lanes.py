from __future__ import annotations

from typing import Any

import pytest

from holdfast.report.lanes import ELSEWHERE, MAX_LANES, MAX_ROWS, Spans
from tests.unit.report.runs import attempt


def filled(*told: tuple[str, float, float], limit: int = 100, **fields: Any) -> Spans:
    """Return spans of attempts (worker, start, duration), named c0, c1, ..."""
    spans = Spans(limit)
    for n, (worker, started_s, duration_s) in enumerate(told):
        spans.add(
            f"c{n}", attempt(worker=worker, started_s=started_s, duration_s=duration_s, **fields)
        )
    return spans


def test_few_attempts_are_spans_of_their_own() -> None:
    [lane] = filled(("w", 0.0, 0.0001), ("w", 0.0002, 0.0001)).lanes()
    assert [(span.longest, span.count) for _, span in lane.spans] == [("c0", 1), ("c1", 1)]


def test_what_runs_at_once_on_a_worker_has_rows_of_its_own() -> None:
    [lane] = filled(("host", 0.0, 2.0), ("host", 1.0, 2.0), ("host", 2.5, 1.0)).lanes()
    assert [row for row, _ in lane.spans] == [0, 1, 0]
    assert lane.rows == 2


def test_more_than_there_are_rows_lie_over_one_another() -> None:
    [lane] = filled(*(("host", 0.0, 1.0 + n) for n in range(10))).lanes()
    assert lane.rows == MAX_ROWS
    assert {row for row, _ in lane.spans} == set(range(MAX_ROWS))


def test_too_many_short_ones_are_joined_and_a_long_one_is_not() -> None:
    many = [("w", n * 0.01, 0.005) for n in range(5_000)]
    [lane] = filled(*many, ("w", 10.0, 30.0), limit=50).lanes()
    assert len(lane.spans) <= 50
    alone = [span for _, span in lane.spans if span.count == 1]
    assert [(span.longest, span.start_s, span.end_s) for span in alone] == [("c5000", 10.0, 40.0)]
    assert sum(span.count for _, span in lane.spans) == 5_001


def test_a_joined_span_has_the_worst_status_and_the_longest_case() -> None:
    spans = Spans(1)
    spans.add("a", attempt(started_s=0.0, duration_s=0.1))
    spans.add("b", attempt("failed", started_s=0.2, duration_s=0.3))
    spans.add("c", attempt("undecided", started_s=0.6, duration_s=0.2))
    [lane] = spans.lanes()
    [(_, span)] = lane.spans
    assert (span.status, span.longest, span.longest_s) == ("failed", "b", 0.3)
    assert (span.count, span.bad) == (3, 2)
    assert (span.start_s, span.end_s) == (0.0, 0.8)


def test_lanes_are_in_the_order_of_their_numbers() -> None:
    names = ["worker-10", "worker-2", "host", "worker-1", ""]
    lanes = filled(*((name, 0.0, 1.0) for name in names)).lanes()
    assert [lane.name for lane in lanes] == [
        "host",
        "no worker",
        "worker-1",
        "worker-2",
        "worker-10",
    ]


def test_more_workers_than_lanes_share_the_last_lane() -> None:
    lanes = filled(*((f"worker-{n}", 0.0, 1.0) for n in range(MAX_LANES + 20))).lanes()
    assert len(lanes) == MAX_LANES
    assert lanes[-1].name == ELSEWHERE
    assert sum(span.count for _, span in lanes[-1].spans) == 21


def test_fewer_spans_can_be_asked_for_without_losing_the_finer_ones() -> None:
    spans = filled(*(("w", n * 1.0, 0.5) for n in range(90)))
    assert len(spans.lanes(10)[0].spans) <= 10
    assert len(spans.lanes()[0].spans) == 90


@pytest.mark.parametrize("statuses", [("passed", "failed"), ("failed", "passed")])
def test_a_joined_span_is_as_bad_as_its_worst_in_any_order(statuses: tuple[str, str]) -> None:
    spans = Spans(1)
    for n, status in enumerate(statuses):
        spans.add("a", attempt(status, started_s=n / 10, duration_s=0.05))
    [lane] = spans.lanes()
    assert [(span.status, span.bad) for _, span in lane.spans] == [("failed", 1)]
