"""Do timers nest, across tasks and threads, and tell where the time went?"""

from __future__ import annotations

import asyncio
import contextvars
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from holdfast import timer
from holdfast.errors import UsageError
from holdfast.measure import MemoryProfiler, timer_tree, timers
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
    monkeypatch.setattr(timer_tree, "monotonic", clock)
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


@pytest.mark.parametrize("name", ["", "two words", "dotted.name", 3])
def test_a_name_that_could_not_be_asked_for_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match="a timer's name must be"):
        timer(name)


def places_of(evidence: Evidence) -> dict[tuple[str, ...], dict[str, Any]]:
    return {tuple(each["path"]): each for each in evidence.facts["timers"]}


def test_one_timer_can_be_entered_by_many_tasks_and_left_in_any_order() -> None:
    shared = timer("shared")

    async def part(entered: asyncio.Event, leave: asyncio.Event) -> None:
        with shared:
            entered.set()
            await leave.wait()
            with timer("inside"):
                pass

    async def whole() -> None:
        events = [asyncio.Event() for _ in range(4)]
        async with asyncio.TaskGroup() as group:
            first = group.create_task(part(events[0], events[1]))
            await events[0].wait()
            group.create_task(part(events[2], events[3]))
            await events[2].wait()
            # The first to enter is the first to leave.
            events[1].set()
            await first
            events[3].set()

    found = evidence_of(lambda: asyncio.run(whole()))
    # Entered at 2 and 3, left at 6 and 9; each with a second inside.
    assert found.measurements["timer.shared.min"] == 4.0
    assert found.measurements["timer.shared.max"] == 6.0
    places = places_of(found)
    assert set(places) == {("shared",), ("shared", "inside")}
    assert places["shared",]["self_s"] == 8.0


def test_generators_that_take_turns_leave_their_timers_in_any_order() -> None:
    def steps(name: str) -> Any:
        with timer(name):
            yield

    def call() -> None:
        first, second = steps("first"), steps("second")
        for step in (first, second, first, second):
            next(step, None)
        with timer("after"):
            pass

    places = places_of(evidence_of(call))
    assert set(places) == {("first",), ("first", "second"), ("after",)}
    assert places["first", "second"]["total_s"] == 2.0


def test_own_time_is_that_in_which_no_part_ran() -> None:
    async def part() -> None:
        with timer("part"):
            await asyncio.sleep(0)

    async def whole() -> None:
        with timer("whole"):
            await asyncio.gather(part(), part(), part())

    places = places_of(evidence_of(lambda: asyncio.run(whole())))
    # Entered at 2, parts from 3 to 8 side by side, left at 9.
    assert places["whole", "part"]["total_s"] == 9.0
    assert (places["whole",]["total_s"], places["whole",]["self_s"]) == (7.0, 2.0)


def test_the_bottleneck_is_what_the_end_waited_for() -> None:
    async def sleeper(name: str, turns: int) -> None:
        with timer(name):
            for _ in range(turns):
                await asyncio.sleep(0)

    async def whole() -> None:
        with timer("whole"):
            await asyncio.gather(sleeper("short", 1), sleeper("long", 3), sleeper("middle", 2))

    places = places_of(evidence_of(lambda: asyncio.run(whole())))
    # Ticks: whole 2, short 3, long 4, middle 5; they end at 6, 8 and 7; whole at 9.
    waited = {path[-1]: each["critical_s"] for path, each in places.items()}
    assert waited == {"whole": 3.0, "short": 0.0, "long": 4.0, "middle": 0.0}
    # The tree began at 1: a second went by before the first timer.
    assert sum(each["critical_share"] for each in places.values()) == pytest.approx(7 / 8)


def test_open_timers_are_named_while_they_run() -> None:
    seen: list[tuple[str, ...]] = []

    def call() -> None:
        seen.append(timers.open_timers())
        with timer("b"), timer("a"), timer("b"):
            seen.append(timers.open_timers())
        seen.append(timers.open_timers())

    evidence_of(call)
    assert seen == [(), ("a", "b"), ()]


def test_what_a_call_leaves_open_is_closed_with_its_page() -> None:
    left: list[Any] = []

    def call() -> None:
        left.append(timer("for-ever").__enter__())
        assert timers.open_timers() == ("for-ever",)

    found = evidence_of(call)
    assert timers.open_timers() == ()
    assert found.facts["timers"] == []
    # What is left later, by a task that outlived its call, disturbs nobody.
    left[0].__exit__(None, None, None)


def test_a_timer_of_a_task_that_outlived_its_call_leaves_nothing() -> None:
    def call() -> None:
        with timer("x"):
            pass

    def outlived() -> None:
        page = open_page()
        call()
        close_page(page, Evidence())
        call()

    contextvars.copy_context().run(outlived)
    assert timers.open_timers() == ()


def test_times_taken_while_memory_was_traced_are_remarked_on() -> None:
    def call() -> None:
        with timer("slow"):
            tracemalloc.start()
        tracemalloc.stop()

    found = evidence_of(call)
    assert found.notes == (timers.TRACED,)
    assert found.facts["timers_traced"] is True


def test_memory_is_not_traced_while_a_timer_runs() -> None:
    def call() -> None:
        with (
            timer("parse"),
            pytest.raises(UsageError, match=r"got the timer 'parse' that runs"),
        ):
            MemoryProfiler().start()
        with MemoryProfiler():
            pass

    evidence_of(call)
