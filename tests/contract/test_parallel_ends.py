"""A map ends, whatever becomes of its workers: each start of one is tied to work that waits."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing import popen_fork
from pathlib import Path
from typing import Any

import pytest

from holdfast.parallel import Failure, execute
from holdfast.parallel import worker as worker_module
from holdfast.parallel.failure import NotPicklable, WorkerDied, WorkersFailed
from holdfast.parallel.outcome import make_plan
from holdfast.parallel.process_crew import MOST_FRUITLESS
from holdfast.parallel.staff import Starter
from tests.contract import parallel_kit as kit
from tests.contract.parallel_drive import drive
from tests.contract.parallel_servers import keep_servers

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="faults are put into copies")
FAST = {"n_jobs": 2, "executor": "process", "start_method": "fork"}


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield from keep_servers()


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the workers that are started."""
    found: list[int] = []
    start = Starter.start

    def counted(starter: Starter, slot: int) -> Any:
        found.append(slot)
        return start(starter, slot)

    monkeypatch.setattr(Starter, "start", counted)
    return found


def put_in_place_of_workers(patch: pytest.MonkeyPatch, fault: Callable[..., Any]) -> None:
    patch.setattr("holdfast.parallel.staff.forked_main", fault)


def die_at_once(*_: Any, **__: Any) -> None:
    os._exit(9)


def never_come_up(*_: Any, **__: Any) -> None:
    threading.Event().wait()


def die_after_a_chunk(x: int) -> int:
    """Let this worker end as soon as it has handed its results over."""
    send = worker_module._send

    def send_and_die(*all_: Any) -> None:
        send(*all_)
        os._exit(9)

    worker_module._send = send_and_die
    return x * x


def refuse_forks(patch: pytest.MonkeyPatch, *, after: int) -> None:
    launch, made = popen_fork.Popen._launch, []

    # Not os.fork itself: multiprocessing leaves its pipes open where that raises.
    def limited(popen: popen_fork.Popen, process: Any) -> None:
        if len(made) >= after:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        made.append(1)
        launch(popen, process)

    patch.setattr(popen_fork.Popen, "_launch", limited)


def refuse_threads(patch: pytest.MonkeyPatch, *, after: int) -> None:
    start, made = threading.Thread.start, []

    def limited(thread: threading.Thread) -> None:
        if thread.name == "holdfast-parallel":
            if len(made) >= after:
                raise RuntimeError("can't start new thread")
            made.append(1)
        start(thread)

    patch.setattr(threading.Thread, "start", limited)


def test_workers_that_die_at_once_are_replaced_a_few_times_and_then_told(
    monkeypatch: pytest.MonkeyPatch, starts: list[int]
) -> None:
    put_in_place_of_workers(monkeypatch, die_at_once)
    with pytest.raises(WorkersFailed, match=r"workers started by fork must run items, got \d in"):
        execute(kit.square, range(1000), **FAST)
    assert len(starts) <= 2 * FAST["n_jobs"] + MOST_FRUITLESS + 1


def test_a_decided_map_goes_on_without_workers_that_die_at_once(
    monkeypatch: pytest.MonkeyPatch, starts: list[int]
) -> None:
    put_in_place_of_workers(monkeypatch, die_at_once)
    results, driver = drive(kit.square, range(200), ("process", 2))
    assert results == [x * x for x in range(200)]
    assert len(starts) <= 9
    assert driver.books.warnings[0].endswith("the last with exit code 9: went on without processes")
    assert make_plan(driver, total_s=1.0).executor == "serial"


def test_workers_that_die_after_a_chunk_lose_nothing_and_are_replaced_for_each(
    starts: list[int],
) -> None:
    results = execute(die_after_a_chunk, range(12), chunksize=2, **FAST)
    assert results == [x * x for x in range(12)]
    # A chunk that reached a worker on its way out has a second try, with a fresh one.
    assert len(starts) <= 3 * (12 // 2) + 2


def test_a_crew_takes_the_workers_that_it_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_forks(monkeypatch, after=1)
    results, plan = execute(kit.square, range(20), return_plan=True, **FAST)
    assert results == [x * x for x in range(20)]
    assert plan.warnings == (
        "2 worker processes must start by fork, got 1: BlockingIOError: "
        f"[Errno {errno.EAGAIN}] Resource temporarily unavailable",
    )


def test_a_machine_without_room_for_one_process_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_forks(monkeypatch, after=0)
    with pytest.raises(WorkersFailed, match="got 0: BlockingIOError"):
        execute(kit.square, range(20), **FAST)
    results, driver = drive(kit.square, range(20), ("process", 2))
    assert results == [x * x for x in range(20)]
    assert driver.books.warnings[0].endswith("went on without processes")


def test_a_dead_worker_that_cannot_be_replaced_ends_the_map_or_is_done_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuse_forks(monkeypatch, after=1)
    with pytest.raises(WorkersFailed, match="got 0"):
        execute(
            kit.kill_itself,
            range(9),
            n_jobs=1,
            executor="process",
            start_method="fork",
            chunksize=9,
            on_error="collect",
        )


def test_a_worker_that_never_comes_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_place_of_workers(monkeypatch, never_come_up)
    monkeypatch.setattr("holdfast.parallel.process_crew.START_S", 0.0)
    monkeypatch.setattr("holdfast.parallel.process_crew.HEARTBEAT_S", 0.01)
    with pytest.raises(WorkersFailed, match="a worker process must be ready within 0 s, got none"):
        execute(kit.square, range(4), **FAST)
    results, _ = drive(kit.square, range(20), ("process", 2))
    assert results == [x * x for x in range(20)]


class Bomb:
    """Ends the process that loads it, before any item has run."""

    def __reduce__(self) -> Any:
        return (kit.end_process, ())


def name_of(x: Any) -> str:
    return type(x).__name__


@pytest.mark.parametrize("at", [0, 5])
def test_an_item_that_kills_whoever_loads_it_is_found_out(at: int, starts: list[int]) -> None:
    data = (Bomb() if x == at else x for x in range(9))
    results = execute(name_of, data, chunksize=4, on_error="collect", **FAST)
    assert [each for each in results if not isinstance(each, Failure)] == ["int"] * 8
    assert isinstance(results[at].error, WorkerDied)
    assert f"item {at}: each worker process that was given it ended" in str(results[at].error)
    assert len(starts) <= 2 + 8


def test_a_machine_that_kills_all_who_get_work_is_not_taken_for_bad_items(
    starts: list[int],
) -> None:
    data = (Bomb() for _ in range(500))
    with pytest.raises(WorkersFailed, match=r"must run items, got \d in a row"):
        execute(name_of, data, on_error="collect", **FAST)
    assert len(starts) <= 9


@pytest.mark.parametrize("kind", ["process", "thread", "trial"])
def test_a_map_ends_though_its_decider_insists(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.parallel.sizing.JUDGED_AFTER_S", -1.0)
    monkeypatch.setattr("holdfast.parallel.sizing.USEFUL", 1e9)
    results, _ = drive(kit.square, list(range(300)), (kind, 2))
    assert results == [x * x for x in range(300)]


def test_fewer_threads_than_asked_for_do_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_threads(monkeypatch, after=1)
    results, plan = execute(
        kit.square, range(20), executor="thread", n_jobs=4, chunksize=1, return_plan=True
    )
    assert results == [x * x for x in range(20)]
    assert plan.warnings == ("4 threads must start, got 1: RuntimeError: can't start new thread",)


@pytest.mark.parametrize("kind", ["thread", "trial"])
def test_a_machine_without_room_for_one_thread_is_done_without(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_threads(monkeypatch, after=0)
    results, driver = drive(kit.square, list(range(40)), (kind, 2))
    assert results == [x * x for x in range(40)]
    assert driver.books.warnings[0].endswith("can't start new thread: went on without threads")
    with pytest.raises(WorkersFailed, match="can't start new thread"):
        execute(kit.square, range(4), executor="thread")


def refuse(x: int) -> int:
    if x == 7:
        raise NotPicklable("an item of its own")
    return x


@pytest.mark.parametrize("kind", ["serial", "thread", "process"])
def test_an_error_of_the_function_is_never_taken_for_a_lost_result(kind: str) -> None:
    with pytest.raises(NotPicklable, match="item 7: an item of its own"):
        drive(refuse, range(40), (kind, 2))


def test_a_worker_that_dies_is_heard_though_its_own_child_lives_on(tmp_path: Path) -> None:
    told = tmp_path / "pid"

    def leave_a_child(x: int) -> int:
        if x == 3:
            pid = os.fork()
            if pid == 0:
                threading.Event().wait()
            told.write_text(str(pid))
            os._exit(1)
        return x

    try:
        results = execute(leave_a_child, range(6), chunksize=6, on_error="collect", **FAST)
    finally:
        os.kill(int(told.read_text()), signal.SIGKILL)
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 5]
    assert isinstance(results[3].error, WorkerDied)
