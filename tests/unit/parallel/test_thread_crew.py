"""Do threads of our own run chunks, and tell when one breaks?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from holdfast.parallel.calls import Rules
from holdfast.parallel.crew import Chunk
from holdfast.parallel.failure import WorkerDied, WorkersFailed
from holdfast.parallel.items import Items
from holdfast.parallel.thread_crew import ThreadCrew
from holdfast.parallel.threads import ThreadPool


@contextmanager
def crew_of(func: Callable[[Any], Any]) -> Iterator[ThreadCrew]:
    crew = ThreadCrew(func, Rules(), items=Items([1, 2, 3, 4]), workers=2)
    try:
        yield crew
    finally:
        crew.close()


def test_chunks_come_back_with_their_results_and_free_a_place() -> None:
    with crew_of(lambda item: item * 10) as crew:
        crew.submit(Chunk(start=0, stop=1))
        crew.submit(Chunk(start=1, stop=4))
        assert (crew.in_flight(), crew.can_take()) == (2, False)
        values: dict[int, list[Any]] = {}
        while crew.in_flight():
            values |= {done.chunk.start: done.ran.values for done in crew.collect() if done.ran}
        assert values == {0: [10], 1: [20, 30, 40]}
        assert (crew.can_take(), crew.collect()) == (True, [])


def test_a_thread_that_breaks_names_its_chunk() -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    with crew_of(interrupt) as crew:
        crew.submit(Chunk(start=1, stop=3))
        (done,) = crew.collect()
    assert isinstance(done.error, WorkerDied)
    assert "while it ran items 1 to 2: KeyboardInterrupt" in str(done.error)


def test_a_crew_that_was_closed_takes_no_work() -> None:
    with crew_of(abs) as crew:
        pass
    with pytest.raises(WorkersFailed, match="got one shut down"):
        crew.submit(Chunk(start=0, stop=1))
    assert crew.in_flight() == 0


def test_a_pool_gives_results_and_exceptions_through_futures() -> None:
    with ThreadPool(1) as pool:
        assert pool.submit(int, "7").result() == 7
        assert isinstance(pool.submit(int, "x").exception(), ValueError)
