"""Does the recorder keep everything that is noted, and sum samples up?"""

from __future__ import annotations

import datetime

import pytest

from holdfast.execute.record import AttemptRecorder
from holdfast.model.evidence import Evidence


class Clock:
    def __init__(self) -> None:
        self.at = 10.0

    def now(self) -> float:
        return self.at

    def wall(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_events_stand_at_their_time_since_the_start() -> None:
    clock = Clock()
    recorder = AttemptRecorder(clock)
    clock.at += 2.5
    recorder.event("opened", link="database")
    (event,) = recorder.added_to(Evidence()).events
    assert (event.name, event.at_s, event.facts) == ("opened", 2.5, {"link": "database"})


def test_several_samples_become_their_figures() -> None:
    recorder = AttemptRecorder(Clock())
    for value in (1.0, 2.0, 6.0):
        recorder.sample("request", value)
    found = recorder.added_to(Evidence(measurements={"other": 1.0})).measurements
    assert found["request.count"] == 3
    assert found["request.mean"] == pytest.approx(3.0)
    assert (found["request.min"], found["request.max"], found["request.p50"]) == (1.0, 6.0, 2.0)
    assert found["other"] == 1.0


def test_a_single_sample_stands_for_itself() -> None:
    recorder = AttemptRecorder(Clock())
    recorder.sample("peak_rss", 7.0)
    assert recorder.added_to(Evidence()).measurements == {"peak_rss": 7.0}


def test_points_of_a_series_keep_their_order() -> None:
    recorder = AttemptRecorder(Clock())
    recorder.series("rss", 0.0, 5.0)
    recorder.series("rss", 0.1, 4.0)
    series = recorder.added_to(Evidence()).series["rss"]
    assert (series.at_s, series.values) == ([0.0, 0.1], [5.0, 4.0])


def test_a_value_becomes_a_fact_beside_those_of_the_target() -> None:
    recorder = AttemptRecorder(Clock())
    recorder.value("leak", {"status": "leaks"})
    recorder.value("leak", {"status": "clean"})
    facts = recorder.added_to(Evidence(facts={"exit_code": 0})).facts
    assert facts == {"exit_code": 0, "leak": {"status": "clean"}}
