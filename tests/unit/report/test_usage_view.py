from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.evidence import Series
from holdfast.model.watched import Anomaly, Watched
from holdfast.report.usage_view import ProcessUse, unusual_view, usage_view
from tests.unit.report.runs import row

MB = 1_000_000


def series(values: list[float], at_s: list[float] | None = None) -> Series:
    return Series(at_s=at_s or [n / 10 for n in range(len(values))], values=values)


def use_of(name: str = "host", **given: Any) -> ProcessUse:
    """Return what is told of a process, from its sizes in MB."""
    sizes = [size * MB for size in given.pop("sizes")]
    held = {f"rss_bytes.{name}": series(sizes, given.pop("at_s", None))}
    [found] = usage_view(row(watched=Watched(**given)), held).processes
    return found


def anomaly(case: str = "s/slow", score: float = 9.0, **fields: Any) -> Anomaly:
    return Anomaly(
        case=case, score=score, **{"duration_s": 2.0, "usual_s": 0.1, "runs": 8, **fields}
    )


def test_a_process_has_first_peak_last_and_growth() -> None:
    assert use_of(sizes=[10, 40, 25]) == ProcessUse(
        name="host",
        first_bytes=10 * MB,
        peak_bytes=40 * MB,
        last_bytes=25 * MB,
        growth_bytes=15 * MB,
    )


def test_the_peak_is_the_one_that_was_watched_where_it_is_higher_than_any_sample() -> None:
    assert use_of(sizes=[10, 20], peak_bytes={"host": 70 * MB}).peak_bytes == 70 * MB


def test_the_end_of_a_process_is_no_shrinking() -> None:
    found = use_of(sizes=[10, 30, 0])
    assert (found.last_bytes, found.growth_bytes) == (30 * MB, 20 * MB)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("worker-1", {"sizes": [10, 0, 30]}),
        ("worker-1", {"sizes": [10, 30, 20], "at_s": [5.0, 6.0, 1.0]}),
        ("commands", {"sizes": [10, 30]}),
    ],
)
def test_processes_that_took_the_place_of_one_another_do_not_grow(
    name: str, given: dict[str, Any]
) -> None:
    assert use_of(name, **given).growth_bytes is None


def test_a_process_that_was_seen_without_samples_has_its_peak_alone() -> None:
    [found] = usage_view(row(watched=Watched(peak_bytes={"a": 5})), {}).processes
    assert found == ProcessUse(name="a", peak_bytes=5)
    assert use_of(sizes=[0, 0]) == ProcessUse(name="host", peak_bytes=0)


def test_the_cpu_time_is_what_its_series_amounts_to() -> None:
    given = {
        "rss_bytes.a.b": series([1.0]),
        "cpu.a.b": series([9.0, 0.5, 2.0], [1.0, 2.0, 4.0]),
    }
    [found] = usage_view(row(), given).processes
    assert (found.name, found.cpu_s) == ("a.b", 0.5 + 4.0)


def test_the_process_with_the_highest_peak_comes_first() -> None:
    peaks = Watched(peak_bytes={"a": 1, "b": 3, "c": 2})
    assert [each.name for each in usage_view(row(watched=peaks), {}).processes] == ["b", "c", "a"]


def test_what_the_watching_was_worth_is_told() -> None:
    watched = Watched(
        asked_hz=10.0, achieved_hz=9.5, share=0.01, reason="x", missing={"b": "1", "a": "2"}
    )
    found = usage_view(row(watched=watched), {})
    assert (found.asked_hz, found.achieved_hz, found.share) == (10.0, 9.5, 0.01)
    assert (found.reason, found.missing) == ("x", (("a", "2"), ("b", "1")))


def test_the_case_that_is_farthest_off_comes_first() -> None:
    far = (anomaly("a", 4.0), anomaly("b", 40.0))
    found = unusual_view(Watched(judged=100, unusual=2, anomalies=far))
    assert [each.case for each in found.cases] == ["b", "a"]
    assert (found.count, found.judged) == (2, 100)
    assert not found.is_machine


@pytest.mark.parametrize(
    ("number", "judged", "expected"), [(3, 5, True), (3, 6, False), (500, 900, True), (2, 2, False)]
)
def test_it_is_the_machine_where_more_than_half_of_what_was_judged_stands_out(
    number: int, judged: int, expected: bool
) -> None:
    given = Watched(judged=judged, unusual=number, anomalies=(anomaly("c"),))
    assert expected == unusual_view(given).is_machine
