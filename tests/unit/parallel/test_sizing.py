from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from holdfast.parallel.books import Books
from holdfast.parallel.calls import Ran
from holdfast.parallel.chunks import ChunkRule, Pace
from holdfast.parallel.crew import Chunk, Done
from holdfast.parallel.desk import Desk
from holdfast.parallel.growth import Growth
from holdfast.parallel.job import Job, make_job
from holdfast.parallel.sizing import Load, Use, next_size, serial_size
from holdfast.parallel.weigh import Scale, size_of
from tests.unit.parallel.hosts import make_host


class Idle:
    """A crew of two that does nothing, with so many chunks out."""

    workers = 2
    shortage = ""

    def __init__(self, out: int = 0) -> None:
        self._out = out

    def can_take(self) -> bool:
        return True

    def submit(self, chunk: Chunk) -> None:
        raise NotImplementedError

    def collect(self) -> list[Done]:
        return []

    def in_flight(self) -> int:
        return self._out

    def close(self, *, kill: bool = False) -> None:
        """Hold nothing."""


def make(data: Any = range(10_000), **changes: Any) -> Job:
    bounds = {key: changes.pop(key, None) for key in ("buffer_items", "buffer_bytes")}
    job = make_job(abs, data, host=make_host(2), **changes)
    job.buffer_items, job.buffer_bytes = bounds["buffer_items"], bounds["buffer_bytes"]
    return job


def ask(job: Job, pace: Pace, *, out: int = 0, taken: int = 0, growth: Growth | None = None) -> int:
    desk = Desk(job, Books())
    job.items.take(taken)
    return next_size(desk, Idle(out), pace, rule=ChunkRule(), growth=growth)


def done(values: list[Any], items: list[Any] | None = None, **sizes: int) -> Done:
    ran = Ran(start=0, values=values, caught=[], busy_s=1.0)
    return Done(chunk=Chunk(start=0, stop=len(values), items=items), ran=ran, **sizes)


FAST = Pace(item_s=1e-6)


def test_an_item_with_a_deadline_goes_out_alone() -> None:
    assert ask(make(timeout_s=1.0), FAST) == 1


def test_a_size_that_was_asked_for_is_taken() -> None:
    assert ask(make(chunksize=70), FAST) == 70


def test_calls_that_wait_go_out_in_even_parts() -> None:
    assert ask(make(range(64)), Pace(item_s=0.01), growth=Growth(16, 64)) == 1
    assert ask(make(range(10_000)), Pace(item_s=1e-4), growth=Growth(16, 64)) == 25


@pytest.mark.parametrize(
    ("bounds", "pace", "size"),
    [
        ({"buffer_items": 50}, FAST, 50),
        ({"buffer_items": 50, "buffer_bytes": 1000}, Pace(item_s=1e-6, item_bytes=100), 10),
        ({"buffer_items": 50, "buffer_bytes": 1000}, Pace(item_s=1e-6, item_bytes=1), 50),
        ({"buffer_items": 50, "buffer_bytes": 1000}, Pace(item_s=1e-6, item_bytes=5000), 1),
    ],
)
def test_a_stream_runs_ahead_by_items_and_by_bytes(
    bounds: dict[str, int], pace: Pace, size: int
) -> None:
    assert ask(make(**bounds), pace) == size


def test_a_stream_that_is_far_enough_ahead_waits() -> None:
    bounds = {"buffer_items": 50, "buffer_bytes": 1000}
    assert ask(make(**bounds), FAST, out=1, taken=50) == 0
    assert ask(make(**bounds), Pace(item_s=1e-6, item_bytes=100), out=1, taken=8) == 2
    assert ask(make(**bounds), Pace(item_s=1e-6, item_bytes=100), out=1, taken=10) == 0


@pytest.mark.parametrize(
    ("bounds", "pace", "size"),
    [
        ({}, Pace(), 1),
        ({}, Pace(item_s=1e-5), 50),
        ({}, Pace(item_s=1e-9), 4096),
        ({"buffer_items": 20}, Pace(item_s=1e-9), 20),
        ({"buffer_items": 20, "buffer_bytes": 500}, Pace(item_s=1e-9, item_bytes=100), 5),
        ({"buffer_items": 20, "buffer_bytes": 5}, Pace(item_s=1e-9, item_bytes=100), 1),
    ],
)
def test_what_runs_here_is_bounded_as_what_runs_in_workers(
    bounds: dict[str, int], pace: Pace, size: int
) -> None:
    assert serial_size(make(**bounds), pace, 10_000) == size


def test_a_cheap_head_doubles_at_most() -> None:
    assert serial_size(make(), FAST, 8) == 8


@pytest.mark.parametrize(
    ("elapsed_s", "items"), [(0.0, 5), (0.002, 5), (0.008, 20), (0.04, 100), (10.0, 100)]
)
def test_batches_here_grow_with_the_time_spent_up_to_a_hundredth_of_a_second(
    elapsed_s: float, items: int
) -> None:
    pace = Pace(item_s=1e-4)
    assert serial_size(make(), pace, 10_000, elapsed_s=elapsed_s) == items


def test_what_travelled_is_counted_and_what_did_not_is_weighed_for_a_stream() -> None:
    assert Load(make()).of(done([b"x" * 100], size=110, in_size=20)) == 130
    assert Load(make()).of(done([b"x" * 100])) == 0
    stream = make(iter(()), buffer_items=10, buffer_bytes=10)
    assert Load(stream).of(done([b"x" * 100] * 3, [b"y" * 50] * 3)) == 450
    held = make([1], buffer_items=10, buffer_bytes=10)
    assert Load(held).of(done([b"x" * 100] * 3, [b"y" * 50] * 3)) == 300


def test_a_scale_looks_again_when_the_work_has_paid_for_it() -> None:
    scale = Scale()
    assert scale.add([b"x" * 100], 1e-9) == 100
    assert scale.add([b"x" * 300], 0.0) == 100
    assert scale.add([b"x" * 200], 1e3) == pytest.approx(130)
    assert scale.add([], 1.0) == 0


@pytest.mark.parametrize(
    ("value", "size"), [(b"abc", 3), ("abcd", 4), (bytearray(5), 5), (np.zeros(4), 32)]
)
def test_a_buffer_is_as_large_as_it_says(value: Any, size: int) -> None:
    assert size_of(value) == size


def test_what_has_no_buffer_is_as_large_as_its_pickle_or_itself() -> None:
    assert 1000 < size_of(list(range(1000))) < 10_000
    assert size_of(threading.Lock()) > 0


def test_workers_are_judged_from_their_first_answer_on() -> None:
    use = Use()
    assert not use.is_poor(0.0, 100.0)
    use.add(5.0, 100.0)  # what came before is the cost of starting, and is spent
    assert not use.is_poor(0.0, 100.2)
    assert use.is_poor(0.0, 101.0)
    assert not use.is_poor(1.0, 101.0)
    use.add(1.0, 101.0)
    assert not use.is_poor(0.0, 101.0)
