from __future__ import annotations

import concurrent.futures
import itertools
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.parallel import Failure, execute, stream
from holdfast.parallel.failure import (
    ItemExit,
    ItemTimeout,
    NotPicklable,
    StrayChild,
    WorkerDied,
    WorkersFailed,
    WrongArgument,
)
from tests.contract import parallel_kit as kit
from tests.contract.parallel_servers import keep_servers

KINDS = ["serial", "thread", *kit.METHODS, "user's threads", "user's processes"]
# A fork server is a fork of another interpreter: what holds for both others holds for it.
PROCESSES = [method for method in kit.METHODS if method != "forkserver"]


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield from keep_servers()


class Runner:
    """Runs a map by one kind of executor, always forced."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, func: Any, data: Any, **options: Any) -> Any:
        options.setdefault("n_jobs", 2)
        if self.kind == "user's threads":
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                return execute(func, data, executor=pool, **options)
        if self.kind == "user's processes":
            with concurrent.futures.ProcessPoolExecutor(2) as pool:
                return execute(func, data, executor=pool, **options)
        if self.kind in kit.METHODS:
            return execute(func, data, executor="process", start_method=self.kind, **options)
        return execute(func, data, executor=self.kind, **options)


@pytest.fixture(params=KINDS)
def run(request: pytest.FixtureRequest) -> Runner:
    return Runner(request.param)


@pytest.fixture(params=PROCESSES)
def run_processes(request: pytest.FixtureRequest) -> Runner:
    return Runner(request.param)


def test_results_are_those_of_the_loop_for_every_kind_of_data(run: Runner) -> None:
    expected = [x * x for x in range(23)]
    assert run(kit.square, list(range(23))) == expected
    assert run(kit.square, (x for x in range(23)), chunksize=4) == expected
    assert run(kit.square, []) == []


def test_a_closure_runs_wherever_it_is_sent(run: Runner) -> None:
    base = 10
    assert run(lambda x: x + base, range(5)) == [10, 11, 12, 13, 14]


def test_large_results_arrive_whole(run: Runner) -> None:
    assert run(kit.large, range(6)) == [kit.large(x) for x in range(6)]


def test_the_first_failure_in_the_order_of_the_data_is_raised_with_its_index(run: Runner) -> None:
    with pytest.raises(ValueError, match="not 3") as caught:
        run(kit.raise_value, range(12))
    assert "item 3 of raise_value" in caught.value.__notes__


def test_a_failure_that_comes_sooner_does_not_hide_an_earlier_item() -> None:
    has_failed = threading.Event()

    def fail(x: int) -> int:
        if x == 5:
            has_failed.set()
            raise ValueError("the later item")
        if x == 3:
            has_failed.wait()
            raise ValueError("the earlier item")
        return x

    with pytest.raises(ValueError, match="the earlier item"):
        execute(fail, range(40), executor="thread", n_jobs=2, chunksize=1)


def test_failures_are_collected_in_their_places(run: Runner) -> None:
    results = run(kit.raise_value, range(8), on_error="collect", chunksize=3)
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 6, 7]
    assert [(results[at].index, str(results[at].error)) for at in (3, 5)] == [
        (3, "not 3"),
        (5, "not 5"),
    ]
    assert "raise ValueError" in results[3].traceback


def test_an_exception_that_cannot_be_pickled_arrives_as_itself(run: Runner) -> None:
    with pytest.raises(kit.TwoArguments) as caught:
        run(kit.raise_two, range(6))
    assert (caught.value.code, caught.value.place, str(caught.value)) == (3, "here", "3 at here")


@pytest.mark.parametrize(
    ("func", "kind"),
    [(kit.raise_stop, RuntimeError), (kit.leave, ItemExit), (kit.fork_and_return, StrayChild)],
)
def test_what_would_end_a_loop_or_a_program_is_an_error_of_its_item(
    run: Runner, func: Any, kind: type[Exception]
) -> None:
    results = run(func, range(6), on_error="collect")
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 5]
    assert isinstance(results[3].error, kind)


@pytest.mark.parametrize("kind", ["serial", "thread", "fork"])
def test_a_call_of_exit_is_raised_with_its_index(kind: str) -> None:
    with pytest.raises(ItemExit, match=r"item 3: an item must not end the program"):
        Runner(kind)(kit.leave, range(6))


def test_seeds_make_an_item_the_same_everywhere() -> None:
    expected = execute(kit.draw, range(6), executor="serial", seed=7)
    assert len(set(expected)) == 6
    for method in PROCESSES:
        found = Runner(method)(kit.draw, range(6), seed=7)
        assert found == expected


def test_the_costliest_items_run_first_and_results_keep_their_order(run: Runner) -> None:
    data = [3, 1, 4, 1, 5]
    assert run(kit.square, data, cost=lambda x: x) == [9, 1, 16, 1, 25]


@pytest.mark.parametrize("func", [kit.kill_itself, kit.end_itself])
def test_a_killed_worker_costs_its_item_alone(run_processes: Runner, func: Any) -> None:
    results, plan = run_processes(func, range(9), on_error="collect", chunksize=6, return_plan=True)
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 5, 6, 7, 8]
    assert isinstance(results[3].error, WorkerDied)
    assert "item 3: the worker process that ran it ended with" in str(results[3].error)
    assert plan.profile.lost_workers == 1


def test_a_killed_worker_of_a_generator_loses_no_item() -> None:
    results = Runner("fork")(
        kit.kill_itself, (x for x in range(9)), on_error="collect", chunksize=4
    )
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 5, 6, 7, 8]


def test_the_item_that_killed_its_worker_is_named(run_processes: Runner) -> None:
    with pytest.raises(WorkerDied, match=r"item 3: .* SIGKILL"):
        run_processes(kit.kill_itself, range(6))


def test_a_worker_that_dies_in_a_users_pool_is_told_and_nothing_hangs() -> None:
    with pytest.raises((WorkerDied, WorkersFailed)):
        Runner("user's processes")(kit.kill_itself, range(6))


def test_an_item_that_takes_too_long_is_killed(run_processes: Runner) -> None:
    results = run_processes(kit.wait_for_ever, range(6), timeout_s=0.5, on_error="collect")
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 5]
    assert isinstance(results[3].error, ItemTimeout)
    assert "item 3: the item must end within 0.5 s" in str(results[3].error)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find what an item started")
def test_what_an_item_started_is_killed_with_it() -> None:
    read_fd, write_fd = os.pipe()

    def start_and_wait(x: int) -> int:
        if x == 1:
            subprocess.run(["sleep", "600"], pass_fds=(write_fd,), check=True)
        return x

    with os.fdopen(read_fd, "rb") as end:
        results = Runner("fork")(start_and_wait, range(3), timeout_s=0.5, on_error="collect")
        os.close(write_fd)
        assert isinstance(results[1].error, ItemTimeout)
        # It ends when nobody holds its other end any more.
        ready, _, _ = select.select([end], [], [], 20)
        assert ready
        assert end.read() == b""


@pytest.mark.parametrize("func", [kit.make_generator, kit.make_unloadable])
def test_a_result_that_cannot_travel_is_named(run_processes: Runner, func: Any) -> None:
    results = run_processes(func, range(6), on_error="collect", chunksize=3)
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 5]
    assert isinstance(results[3].error, NotPicklable)
    assert "item 3: a result must be picklable" in str(results[3].error)


def test_an_exception_whose_parts_cannot_be_loaded_is_still_that_exception() -> None:
    with pytest.raises(ValueError, match="it holds"):
        Runner("fork")(kit.raise_unloadable, range(6))


def test_an_item_that_cannot_travel_is_named() -> None:
    data = (threading.Lock() if x == 3 else x for x in range(6))
    results = execute(
        str,
        data,
        executor="process",
        n_jobs=2,
        start_method="fork",
        on_error="collect",
        chunksize=4,
    )
    assert [x for x in results if not isinstance(x, Failure)] == ["0", "1", "2", "4", "5"]
    assert "item 3: an item must be picklable" in str(results[3].error)


def test_a_list_of_what_cannot_travel_is_inherited_by_copies() -> None:
    data = [threading.Lock() for _ in range(4)]
    results = Runner("fork")(lambda lock: lock.locked(), data)
    assert results == [False] * 4


def test_a_function_that_cannot_travel_is_named() -> None:
    lock = threading.Lock()
    with pytest.raises(NotPicklable, match="the function must be picklable"):
        Runner("spawn")(lambda x: (x, lock), range(3))


def test_an_explicit_process_runs_nothing_in_the_caller(run_processes: Runner) -> None:
    assert os.getpid() not in run_processes(kit.pid_of, range(8))


def test_an_explicit_thread_runs_nothing_in_the_callers_thread() -> None:
    assert threading.get_ident() not in execute(kit.thread_of, range(8), executor="thread")


def test_a_map_inside_an_item_stays_serial() -> None:
    for kind in ("thread", "fork"):
        results = Runner(kind)(kit.nested, range(4))
        assert [each[:-1] for each in results] == [[x * x for x in range(n)] for n in range(4)]


def inner_jobs(executor: str) -> int:
    _, plan = execute(kit.square, range(4), executor=executor, return_plan=True)
    return plan.n_jobs


@pytest.mark.parametrize("kind", ["serial", "fork"])
def test_workers_that_an_item_asks_for_are_never_cores_times_cores(kind: str) -> None:
    assert Runner(kind)(inner_jobs, ["thread", "process"]) == [1, 1]


def test_interpreters_need_a_python_that_has_them() -> None:
    if hasattr(concurrent.futures, "InterpreterPoolExecutor"):
        assert execute(kit.square, range(4), executor="interpreter") == [0, 1, 4, 9]
    else:
        with pytest.raises(WrongArgument, match=r"needs Python 3\.14"):
            execute(kit.square, range(4), executor="interpreter")


@pytest.mark.parametrize("kind", ["serial", "thread", "process"])
def test_closing_a_stream_ends_its_workers(kind: str) -> None:
    results = stream(kit.square, itertools.count(), executor=kind, n_jobs=2, chunksize=3)
    assert list(itertools.islice(results, 10)) == [x * x for x in range(10)]
    results.close()  # type: ignore[attr-defined]


def test_an_unordered_stream_gives_every_result_once() -> None:
    results = stream(kit.square, range(50), ordered=False, executor="process", n_jobs=2)
    assert sorted(results) == [x * x for x in range(50)]


def test_an_unordered_stream_goes_on_as_its_results_are_taken() -> None:
    results = stream(
        kit.square, range(50), ordered=False, executor="thread", n_jobs=2, buffer_items=4
    )
    assert sorted(results) == [x * x for x in range(50)]


SCRIPT = """
import os, sys, threading
from holdfast.parallel import execute

def hold(x):
    os.write(1, b"%d\\n" % os.getpid())  # in one piece: two write at once
    threading.Event().wait()

if __name__ == "__main__":
    execute(hold, range(2), executor="process", n_jobs=2, start_method=sys.argv[1])
"""


def start_holding(method: str, folder: Any) -> tuple[subprocess.Popen[str], list[int]]:
    script = folder / "hold.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script), method],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        return process, [int(process.stdout.readline()) for _ in range(2)]
    except ValueError:
        os.killpg(process.pid, signal.SIGKILL)
        _, errors = process.communicate()
        pytest.fail(f"two workers must tell their ids, got {errors}")


def wait_until_gone(pids: list[int]) -> None:
    """Wait for processes that are not ours; the test's time limit ends a wait for ever."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        poll = select.poll()
        poll.register(handle, 1)
        assert poll.poll(20_000)
        os.close(handle)


@pytest.mark.skipif(sys.platform != "linux", reason="pidfd is Linux's")
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_parent(method: str, stop: signal.Signals, tmp_path: Any) -> None:
    process, workers = start_holding(method, tmp_path)
    if stop is signal.SIGINT:
        os.killpg(process.pid, stop)  # as a terminal does: the whole group gets it
    else:
        process.send_signal(stop)
    _, errors = process.communicate(timeout=20)
    wait_until_gone(workers)
    assert process.returncode == -stop
    if stop is signal.SIGINT:
        assert errors.count("KeyboardInterrupt") == 1


def test_ctrl_c_ends_a_map_whose_threads_wait_for_ever(tmp_path: Any) -> None:
    script = tmp_path / "hold.py"
    script.write_text(
        "import os, threading\n"
        "from holdfast.parallel import execute\n"
        "def hold(x):\n"
        "    os.write(1, b'held\\n')\n"
        "    threading.Event().wait()\n"
        "execute(hold, range(2), executor='thread', n_jobs=1)\n"
    )
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, str(script)], stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == -signal.SIGINT
    assert errors.count(b"KeyboardInterrupt") == 1


def test_a_script_without_a_guard_is_told_so_and_nothing_hangs(tmp_path: Any) -> None:
    script = tmp_path / "bare.py"
    script.write_text(
        "from holdfast.parallel import execute\n"
        "def f(x): return x\n"
        "execute(f, range(4), executor='process', n_jobs=1, start_method='spawn')\n"
    )
    ended = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "__name__ == '__main__'" in ended.stderr
