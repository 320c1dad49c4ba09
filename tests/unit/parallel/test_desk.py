from __future__ import annotations

from typing import Any

import pytest

from holdfast.parallel.books import Books
from holdfast.parallel.calls import Ran
from holdfast.parallel.caught import catch
from holdfast.parallel.crew import Chunk, Done
from holdfast.parallel.desk import Desk
from holdfast.parallel.failure import Failure, WorkerDied
from holdfast.parallel.job import make_job
from tests.unit.parallel.hosts import make_host


def make_desk(data: Any, **options: Any) -> Desk:
    return Desk(make_job(str, data, host=make_host(2), **options), Books())


def chunk_of(start: int, stop: int) -> Chunk:
    return Chunk(start=start, stop=stop)


def test_an_item_before_the_failure_is_waited_for() -> None:
    desk = make_desk(range(10))
    desk.out[3] = chunk_of(3, 4)
    assert desk.must_wait()
    desk.fail(5, ValueError("later"))
    assert desk.must_wait()
    desk.fail(3, ValueError("earlier"))
    assert not desk.must_wait()
    assert str(desk.error) == "earlier"


def test_a_later_failure_does_not_take_the_place_of_the_first() -> None:
    desk = make_desk(range(10))
    desk.fail(3, ValueError("first"))
    desk.fail(5, ValueError("later"))
    assert (desk.failed_at, str(desk.error)) == (3, "first")


def test_after_a_failure_only_earlier_items_go_out() -> None:
    desk = make_desk(range(10))
    desk.backlog.extend([chunk_of(2, 3), chunk_of(7, 8)])
    desk.fail(5, ValueError())
    assert desk.next(1, with_items=False) == chunk_of(2, 3)
    assert desk.next(1, with_items=False) is None
    assert not desk.has_more


def test_what_has_to_run_again_goes_first_and_is_cut() -> None:
    desk = make_desk(range(10))
    desk.backlog.append(chunk_of(1, 6))
    first = desk.next(2, with_items=True)
    assert first == Chunk(start=1, stop=3, items=range(1, 3))
    assert desk.left == 10 + 3


def test_the_lost_rest_of_a_chunk_runs_again_around_its_culprit() -> None:
    desk = make_desk(range(10), on_error="collect")
    done = Done(chunk=chunk_of(2, 8), culprit=5, error=WorkerDied("it ended with signal SIGKILL"))
    ((start, (failure,)),) = desk.take_dead(done)
    assert (start, isinstance(failure, Failure), failure.index) == (5, True, 5)
    assert list(desk.backlog) == [chunk_of(2, 5), chunk_of(6, 8)]


def test_a_chunk_without_a_known_culprit_runs_again_item_by_item() -> None:
    desk = make_desk(range(10), on_error="collect")
    assert list(desk.take_dead(Done(chunk=chunk_of(2, 5), error=WorkerDied("gone")))) == []
    assert list(desk.backlog) == [chunk_of(2, 3), chunk_of(3, 4), chunk_of(4, 5)]
    ((start, _),) = desk.take_dead(Done(chunk=chunk_of(2, 3), error=WorkerDied("gone")))
    assert start == 2


@pytest.mark.parametrize("collect", [False, True])
def test_values_before_a_failure_are_passed_on(collect: bool) -> None:
    desk = make_desk(range(10), on_error="collect" if collect else "raise")
    caught = catch(1, ValueError("a"), ship=False)
    values: list[Any] = ["0", None, "2"] if collect else ["0"]
    blocks = list(
        desk.take_ran(Ran(start=0, values=values, caught=[caught], busy_s=0), chunk_of(0, 3))
    )
    assert [len(found) for _, found in blocks] == ([3] if collect else [1])
    assert (desk.error is None) == collect
