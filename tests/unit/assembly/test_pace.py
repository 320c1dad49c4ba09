"""Is a case that takes longer than it used to told, once, and while it runs?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from holdfast.assembly.pace import MAX_KEPT, Pace
from holdfast.model.case import Case, Target
from holdfast.model.result import Result
from holdfast.model.watched import Anomaly

PAST = {"s/a": (1.0,) * 10, "s/b": (1.0,) * 7, "s/tiny": (0.001,) * 10}


class Desk:
    def __init__(self, past: Mapping[str, tuple[float, ...]] = PAST) -> None:
        self.now_s = 100.0
        self.told: list[Anomaly] = []
        self.asked: list[str] = []
        self.past = past
        self.pace = Pace(self.recent, self.told.append, lambda: self.now_s)

    def recent(self, keys: Iterable[str]) -> Mapping[str, tuple[float, ...]]:
        wanted = list(keys)
        self.asked += wanted
        return {key: self.past[key] for key in wanted if key in self.past}

    def start(self, name: str) -> None:
        self.pace.case_started(Case(suite="s", id=name, target=Target(kind="x", spec={})), "w")

    def end(self, name: str, duration_s: float) -> None:
        case = Case(suite="s", id=name, target=Target(kind="x", spec={}))
        result = Result(suite="s", id=name, status="passed", started_s=0.0, duration_s=duration_s)
        self.pace.case_finished(case, result)


def test_a_case_that_ended_is_judged_by_its_own_past() -> None:
    desk = Desk()
    for name in ("a", "b", "new"):
        desk.start(name)
        desk.end(name, 2.0)
    desk.pace.look()
    [found] = desk.told
    assert (found.case, found.duration_s, found.usual_s, found.runs) == ("s/a", 2.0, 1.0, 10)
    assert found.is_over
    assert found.score > 7


def test_a_case_that_still_runs_is_told_once_and_kept_with_its_end() -> None:
    desk = Desk()
    desk.start("a")
    for _ in range(4):
        desk.now_s += 0.5
        desk.pace.look()
    [told] = desk.told
    assert (told.duration_s, told.is_over) == (1.5, False)
    desk.end("a", 9.0)
    desk.pace.look()
    assert desk.told == [told]
    [kept] = desk.pace.anomalies
    assert (kept.duration_s, kept.is_over) == (9.0, True)


def test_a_retry_does_not_begin_the_time_anew() -> None:
    desk = Desk()
    desk.start("a")
    desk.now_s += 1.0
    desk.start("a")
    desk.now_s += 1.0
    desk.pace.look()
    assert [told.duration_s for told in desk.told] == [2.0]


def test_what_is_as_long_as_ever_is_not_told_and_the_store_is_asked_once() -> None:
    desk = Desk()
    desk.start("a")
    for _ in range(5):
        desk.now_s += 0.25
        desk.pace.look()
    desk.end("a", 1.3)
    desk.pace.look()
    assert desk.told == []
    assert desk.asked == ["s/a"]


def test_what_takes_no_time_is_never_asked_about() -> None:
    desk = Desk()
    desk.start("tiny")
    desk.end("tiny", 0.009)
    desk.pace.look()
    assert (desk.asked, desk.told) == ([], [])


def test_a_result_that_was_never_started_is_no_duration() -> None:
    desk = Desk()
    desk.end("a", 50.0)
    desk.pace.look()
    assert desk.told == []


def test_the_farthest_of_many_are_kept() -> None:
    many = {f"s/c{n}": (1.0,) * 10 for n in range(MAX_KEPT + 50)}
    desk = Desk(many)
    for n in range(MAX_KEPT + 50):
        desk.start(f"c{n}")
        desk.end(f"c{n}", 10.0 + n)
    desk.pace.look()
    kept = desk.pace.anomalies
    assert len(kept) == MAX_KEPT
    assert (desk.pace.judged, desk.pace.unusual) == (MAX_KEPT + 50, MAX_KEPT + 50)
    assert kept[0].case == f"s/c{MAX_KEPT + 49}"
    assert kept[-1].case == "s/c50"
