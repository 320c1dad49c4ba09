"""Do timers nest, across tasks and threads, and tell where the time went?"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import pytest

from holdfast import timer
from holdfast.measure import timers
from holdfast.model.evidence import Evidence
from holdfast.process.page import close_page, open_page


class Ticks:
    """A clock on which each look is one second later."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 1.0
        return self.at


@pytest.fixture(autouse=True)
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    clock = Ticks()
    monkeypatch.setattr(timers, "monotonic", clock)
    return clock


def evidence_of(call: Callable[[], Any]) -> Evidence:
    def carried_out() -> Evidence:
        page = open_page()
        call()
        return close_page(page, Evidence())

    return contextvars.copy_context().run(carried_out)


def test_a_timer_becomes_measurements() -> None:
    def call() -> None:
        for _ in range(3):
            with timer("parse"):
                pass

    found = evidence_of(call).measurements
    assert found == {
        "timer.parse.count": 3.0,
        "timer.parse.mean": 1.0,
        "timer.parse.min": 1.0,
        "timer.parse.max": 1.0,
        "timer.parse.p95": pytest.approx(1.0, rel=0.01),
    }


def test_timers_nest_and_tell_their_own_time() -> None:
    def call() -> None:
        with timer("whole"), timer("part"), timer("piece"):
            pass

    places = evidence_of(call).facts["timers"]
    assert {tuple(each["path"]): (each["total_s"], each["self_s"]) for each in places} == {
        ("whole",): (5.0, 2.0),
        ("whole", "part"): (3.0, 2.0),
        ("whole", "part", "piece"): (1.0, 1.0),
    }
    assert sum(each["share"] for each in places) == pytest.approx(1.0)


def test_one_name_in_two_places_is_one_measurement() -> None:
    def call() -> None:
        with timer("a"), timer("query"):
            pass
        with timer("b"), timer("query"):
            pass

    found = evidence_of(call)
    assert found.measurements["timer.query.count"] == 2.0
    paths = {tuple(each["path"]) for each in found.facts["timers"]}
    assert {("a", "query"), ("b", "query")} <= paths


def test_a_function_and_a_coroutine_function_can_be_timed() -> None:
    @timer("sync")
    def double(n: int) -> int:
        return 2 * n

    @timer("async")
    async def triple(n: int) -> int:
        with timer("inside"):
            return 3 * n

    answers: list[int] = []

    def call() -> None:
        answers.extend([double(2), asyncio.run(triple(2))])

    found = evidence_of(call)
    assert answers == [4, 6]
    assert double.__name__ == "double"
    paths = {tuple(each["path"]) for each in found.facts["timers"]}
    assert paths == {("sync",), ("async",), ("async", "inside")}


def test_tasks_side_by_side_are_parts_of_the_one_that_started_them() -> None:
    async def part() -> None:
        with timer("part"):
            await asyncio.sleep(0)

    async def whole() -> None:
        with timer("whole"):
            await asyncio.gather(part(), part(), asyncio.to_thread(lambda: asyncio.run(part())))

    (place,) = [
        each
        for each in evidence_of(lambda: asyncio.run(whole())).facts["timers"]
        if tuple(each["path"]) == ("whole", "part")
    ]
    assert place["count"] == 3


def test_a_timer_that_an_exception_leaves_is_counted() -> None:
    def call() -> None:
        with pytest.raises(KeyError), timer("risky"):
            raise KeyError

    assert evidence_of(call).measurements["timer.risky.count"] == 1.0


def test_outside_of_a_call_nothing_is_kept() -> None:
    def call() -> None:
        with timer("nowhere"):
            pass

    contextvars.Context().run(call)
    assert evidence_of(lambda: None) == Evidence()


@pytest.mark.parametrize("name", ["", "two words", "dotted.name"])
def test_a_name_that_could_not_be_asked_for_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a timer's name must be"):
        timer(name)
