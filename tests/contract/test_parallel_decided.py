from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import holdfast.parallel
from holdfast.parallel import (
    Plan,
    execute,
    optimize,
    stream,
)
from holdfast.parallel.outcome import make_plan
from tests.contract import parallel_kit as kit
from tests.contract.parallel_drive import drive
from tests.contract.parallel_servers import keep_servers
from tests.unit.parallel.hosts import make_host

CALLS: list[int] = []


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield from keep_servers()


def note(x: int) -> int:
    CALLS.append(x)
    return x * x


def unpicklable_late(x: int) -> Any:
    return threading.Lock() if x in {10, 11} else x


@pytest.mark.parametrize(
    "choices",
    [
        [("serial", 1)],
        [("thread", 3)],
        [("process", 2)],
        [("trial", 2), ("process", 2)],
        [("trial", 2), ("thread", 2)],
        [("serial", 1), ("process", 2)],
    ],
)
@pytest.mark.parametrize("as_generator", [False, True])
def test_every_way_through_a_decided_map_gives_each_result_once(
    choices: list[tuple[str, int]], as_generator: bool
) -> None:
    data: Any = (x for x in range(60)) if as_generator else list(range(60))
    results, _ = drive(kit.square, data, *choices)
    assert results == [x * x for x in range(60)]


def test_a_function_that_cannot_travel_is_named_and_the_map_goes_on() -> None:
    lock = threading.Lock()
    results, driver = drive(lambda x: (x, lock)[0], range(30), ("process", 2), start_method="spawn")
    assert results == list(range(30))
    assert driver.books.warnings[0].startswith("the function must be picklable to reach a worker")
    assert driver.books.warnings[0].endswith("processes are ruled out")


class LoadsNowhere:
    """A function that is pickled, and then cannot be loaded."""

    def __call__(self, x: int) -> int:
        return x * x

    def __reduce__(self) -> Any:
        return (kit.refuse_to_load, (1,))


def test_a_function_that_no_worker_can_load_is_named_and_the_map_goes_on() -> None:
    results, driver = drive(LoadsNowhere(), range(30), ("process", 2), start_method="spawn")
    assert results == [x * x for x in range(30)]
    assert "cannot load the function: ValueError: cannot be loaded" in driver.books.warnings[0]


def test_no_item_runs_twice() -> None:
    CALLS.clear()
    drive(note, range(40), ("trial", 2), ("thread", 3))
    assert sorted(CALLS) == list(range(40))


def test_a_late_result_that_cannot_travel_is_run_here_and_named() -> None:
    results, driver = drive(unpicklable_late, range(30), ("process", 2), ("serial", 1))
    assert [x for x in results if isinstance(x, int)] == [*range(10), *range(12, 30)]
    assert len(results) == 30
    assert "item 10: a result must be picklable" in driver.books.warnings[0]
    assert driver.books.warnings[0].endswith("went on without processes")


def test_a_late_item_that_cannot_travel_is_run_here_and_named() -> None:
    data = (threading.Lock() if x == 20 else x for x in range(30))
    results, driver = drive(str, data, ("process", 2), ("serial", 1))
    assert len(results) == 30
    assert results[21:] == [str(x) for x in range(21, 30)]
    assert "item 20: an item must be picklable" in driver.books.warnings[0]


@pytest.mark.parametrize("where", ["serial", "thread", "process"])
def test_a_failure_ends_a_decided_map_as_it_ends_the_loop(where: str) -> None:
    with pytest.raises(ValueError, match="not 3") as caught:
        drive(kit.raise_value, range(40), (where, 2))
    assert "item 3 of raise_value" in caught.value.__notes__


def test_data_that_raises_tells_its_own_error_and_leaves_no_worker() -> None:
    def data() -> Iterator[int]:
        yield from range(20)
        raise OSError("the disk is gone")

    for where in ("serial", "thread", "process"):
        with pytest.raises(OSError, match="the disk is gone"):
            drive(kit.square, data(), (where, 2))


def test_a_map_in_an_item_of_another_decides_for_serial() -> None:
    results = execute(kit.nested, range(5), executor="thread")
    assert [each[-1] for each in results] == [os.getpid()] * 5


def test_a_stream_takes_no_more_than_its_buffer_ahead() -> None:
    taken: list[int] = []
    is_full = threading.Event()

    def data() -> Generator[int]:
        for x in range(100_000):
            taken.append(x)
            yield x

    def hold_the_first(x: int) -> int:
        if x == 19:
            is_full.set()
        if x == 0:
            is_full.wait()
            return len(taken)
        return x

    results = stream(
        hold_the_first, data(), executor="thread", n_jobs=2, chunksize=1, buffer_items=20
    )
    assert next(results) == 20
    assert next(results) == 1
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("where", ["thread", "process"])
def test_a_stream_takes_no_more_bytes_than_its_buffer_ahead(where: str, tmp_path: Path) -> None:
    taken: list[int] = []
    gate = tmp_path / "gate"
    os.mkfifo(gate)

    def data() -> Generator[int]:
        for x in range(60):
            taken.append(x)
            yield x

    def hold_the_first(x: int) -> bytes:
        if x == 0:
            gate.read_bytes()  # returns when item 2 has opened the other end, and closed it
        if x == 2:
            gate.write_bytes(b"go")
        return bytes(1_000_000)

    results = stream(
        hold_the_first,
        data(),
        executor=where,
        n_jobs=2,
        buffer_bytes=5_000_000,
        start_method="fork",
    )
    next(results)
    # Each of two workers may have got one before it was known how large they are.
    assert len(taken) <= 5 + 2
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [list(range(50)), range(50), [], [1]])
def test_a_plan_is_for_a_pool_of_ones_own(data: Any) -> None:
    plan = optimize(kit.square, data)
    assert plan.data is data
    with Pool(plan.n_jobs) as pool:
        assert pool.map(kit.square, plan.data, plan.chunksize) == [x * x for x in data]


def test_a_plan_loses_nothing_of_a_generator() -> None:
    plan = optimize(kit.square, (x for x in range(50)))
    assert [x * x for x in plan.data] == [x * x for x in range(50)]
    assert plan.n_jobs >= 1
    assert plan.chunksize >= 1


def test_a_plan_has_an_interval_around_its_speedup() -> None:
    plan = optimize(kit.square, range(50))
    low, high = plan.speedup_interval
    assert 0 < low <= plan.estimated_speedup <= high


def test_a_plan_of_what_fails_raises_it() -> None:
    with pytest.raises(ValueError, match="not 3"):
        optimize(kit.raise_value, [3])


def test_verbose_profile_and_progress_work_together(capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[tuple[Any, ...]] = []
    results, plan = execute(
        kit.square,
        range(30),
        executor="thread",
        n_jobs=2,
        verbose=True,
        profile=True,
        progress=lambda *all_: calls.append(all_),
        return_plan=True,
    )
    assert results == [x * x for x in range(30)]
    assert calls[-1] == ("complete", 30, 30)
    assert sum(chunk.items for chunk in plan.profile.chunks) == 30
    assert plan.explain() in capsys.readouterr().err.replace("holdfast.parallel: ", "")


def test_a_plan_of_a_finished_map_tells_its_profile() -> None:
    _, plan = execute(kit.square, range(30), executor="process", n_jobs=2, return_plan=True)
    assert isinstance(plan, Plan)
    assert (plan.executor, plan.n_jobs, plan.items) == ("process", 2, 30)
    profile = plan.profile
    assert 0 < profile.serial_share <= 1
    assert profile.amdahl_ceiling == pytest.approx(1 / profile.serial_share)
    assert profile.start_s > 0
    assert profile.regret is not None


def test_results_that_do_not_fit_are_told_once() -> None:
    small = make_host(2, memory_available=1_000_000)
    results, plan = execute(
        kit.large, range(12), executor="process", n_jobs=2, host=small, return_plan=True
    )
    assert len(results) == 12
    assert [each for each in plan.warnings if "use holdfast.parallel.stream" in each] == [
        "the results take about 3.43 MiB, more than the 781 KiB left: use holdfast.parallel.stream"
    ]
    _, roomy = execute(kit.large, range(12), executor="process", n_jobs=2, return_plan=True)
    assert roomy.warnings == ()


def test_history_never_decides(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    for _ in range(2):
        assert execute(kit.square, range(5), history=str(path)) == [0, 1, 4, 9, 16]
    assert "square" in path.read_text()


def test_history_that_cannot_be_kept_costs_no_result(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / "history.json"
    results, plan = execute(kit.square, range(5), history=str(path), return_plan=True)
    assert results == [0, 1, 4, 9, 16]
    assert "history must be a file that can be written" in plan.warnings[0]


def test_one_job_is_a_serial_loop() -> None:
    _, plan = execute(kit.square, range(5), n_jobs=1, return_plan=True)
    assert (plan.executor, plan.n_jobs) == ("serial", 1)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, holdfast.parallel as p; "
        "heavy = {'multiprocessing', 'asyncio', 'numpy', 'cloudpickle', 'msgspec'} & set(sys.modules); "
        "assert not heavy, heavy; assert set(p.__all__) <= set(dir(p)); "
        "[getattr(p, name) for name in p.__all__]"
    )
    # Measuring coverage loads multiprocessing itself.
    bare = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, env=bare)
    assert done.returncode == 0


def test_an_unknown_name_of_the_package_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'executed'"):
        _ = holdfast.parallel.executed


def wait_a_little(x: int) -> int:
    """Wait without working, so that only the wait shows."""
    threading.Event().wait(0.004)
    return x


def test_what_waits_goes_to_more_threads_than_cores() -> None:
    results, plan = execute(wait_a_little, range(60), return_plan=True, host=make_host(2))
    assert results == list(range(60))
    assert (plan.executor, plan.n_jobs > 2) == ("thread", True)


def test_a_crew_that_is_not_kept_busy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.parallel.sizing.JUDGED_AFTER_S", -1.0)
    monkeypatch.setattr("holdfast.parallel.sizing.USEFUL", 1e9)
    results, driver = drive(kit.square, range(200), ("process", 2), ("serial", 1))
    assert results == [x * x for x in range(200)]
    found = [each.executor for each in driver.books.decisions]
    assert found[0] == "process"
    assert set(found[1:]) == {"serial"}


def test_inner_threads_are_held_while_a_crew_runs() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    # OpenMP, unlike BLAS, holds each thread by itself; this brings it along.
    pytest.importorskip("sklearn.ensemble")

    def widest(_: Any) -> int:
        return max((pool["num_threads"] for pool in threadpoolctl.threadpool_info()), default=1)

    np.ones((2, 2)) @ np.ones((2, 2))  # what is not loaded has no threads
    before = widest(0)
    for where in ("thread", "process"):
        assert execute(widest, range(4), executor=where, n_jobs=2, host=make_host(2)) == [1] * 4
    assert widest(0) == before


class Old:
    """Gives items by position alone, as sequences did before there were iterators."""

    def __getitem__(self, at: int) -> int:
        if at >= 5:
            raise IndexError(at)
        return at


def test_whatever_a_loop_takes_is_taken() -> None:
    for where in ("serial", "thread", "process"):
        assert execute(kit.square, Old(), executor=where) == [0, 1, 4, 9, 16]  # type: ignore[arg-type]


def test_a_sampled_map_of_costly_items_first_is_compared_place_by_place() -> None:
    results, plan = execute(
        kit.square,
        [3, 1, 2],
        executor="thread",
        cost=lambda x: x,
        first_index=10,
        verify="full",
        return_plan=True,
    )
    assert results == [9, 1, 4]
    assert plan.equality.status == "equal"


def test_rows_of_an_array_are_items_on_every_way() -> None:
    rows = np.arange(40).reshape(20, 2)
    for where in ("thread", "process"):
        results, _ = drive(sum, rows, ("trial", 2), (where, 2))
        assert results == [int(row.sum()) for row in rows]


def test_a_map_that_stayed_serial_is_held_against_what_more_cores_could_have_done() -> None:
    def best_share(cores: int) -> float:
        _, driver = drive(
            lambda n: sum(range(n)), [3_000_000] * 3, ("serial", 1), host=make_host(cores)
        )
        profile = make_plan(driver, total_s=driver.books.calls_s).profile
        assert profile.best_s is not None
        return profile.best_s / profile.calls_s

    assert best_share(2) < 0.95
    assert best_share(1) == 1.0
