from __future__ import annotations

import threading
from typing import Any

import pytest

from holdfast.parallel.contest import Contest, compared, difference
from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.strategy import (
    Strategy,
    default_strategies,
    read_strategy,
    worker_counts,
)
from holdfast.parallel.tuning import candidates, search

SERIAL = Strategy(executor="serial")
THREADS = Strategy(executor="thread", n_jobs=2)


class Calls:
    """Counts how often it was called; what it returns depends on it once it is told to."""

    def __init__(self, *, is_pure: bool = True) -> None:
        self.count = 0
        self.is_pure = is_pure

    def __call__(self, item: int) -> int:
        self.count += 1
        return item if self.is_pure else item + self.count


@pytest.mark.parametrize("text", ["serial", "auto", "thread:8", "process:2:50", "process"])
def test_a_strategy_is_shown_as_it_is_written(text: str) -> None:
    assert read_strategy(text).name == text


@pytest.mark.parametrize(
    "text", ["", "proces", "serial:2", "thread:0", "thread:x", "process:2:3:4", "process::3"]
)
def test_what_is_no_strategy_is_refused_with_examples(text: str) -> None:
    with pytest.raises(WrongArgument, match="a strategy must") as caught:
        read_strategy(text)
    assert "process:2:50" in caught.value.hint


@pytest.mark.parametrize(("cores", "expected"), [(1, [1, 2]), (2, [1, 2]), (12, [1, 2, 4, 8, 12])])
def test_numbers_of_workers_double_up_to_the_cores(cores: int, expected: list[int]) -> None:
    assert worker_counts(cores) == expected


def test_the_default_has_the_loop_the_map_itself_and_growing_crews() -> None:
    names = [each.name for each in default_strategies(4)]
    assert names[:2] == ["serial", "auto"]
    assert names[2:5] == ["thread:1", "thread:2", "thread:4"]
    assert names[5:] == ["process:1", "process:2", "process:4"]


def test_a_contest_runs_each_strategy_once_a_round_and_ranks_them() -> None:
    func = Calls()
    contest = Contest(func, lambda: range(5))
    for number in range(2):
        contest.round = number
        contest.run(SERIAL)
        contest.run(THREADS)
    contest.round = 2
    found = compared(contest, [SERIAL, THREADS], func="m:f", items=5, cores=2)
    assert func.count == 2 * 2 * 5
    assert {each.name: len(each.times_s) for each in found.entries} == {"serial": 2, "thread:2": 2}
    assert [each.differs or each.error for each in found.entries] == ["", ""]
    assert found.best == found.entries[0].name
    assert found.entries[0].regret == 1.0
    medians = [each.median_s or 0.0 for each in found.entries]
    assert medians == sorted(medians)


def test_a_function_that_gives_another_value_each_time_is_called_impure() -> None:
    contest = Contest(Calls(is_pure=False), lambda: range(3))
    contest.run(SERIAL)
    contest.run(THREADS)
    entries = {each.name: each for each in contest.entries([SERIAL, THREADS])}
    assert entries["thread:2"].differs.startswith("impure: item 0: serial gave 1, this gave 4")
    assert entries["serial"].differs == ""


def test_a_strategy_that_cannot_run_is_ruled_out_and_the_others_go_on() -> None:
    contest = Contest(Calls(), lambda: range(3))
    wrong = Strategy(executor="thread", n_jobs=2)
    contest.run(wrong, timeout_s=1.0)
    contest.run(SERIAL)
    contest.run(wrong)
    entries = {each.name: each for each in contest.entries([SERIAL, wrong])}
    assert entries["thread:2"].error.startswith("WrongArgument: timeout_s needs processes")
    assert entries["thread:2"].median_s is None
    assert entries["serial"].median_s is not None


def test_what_the_serial_loop_raises_ends_the_contest() -> None:
    def fail(item: int) -> Any:
        raise KeyError(item)

    with pytest.raises(KeyError):
        Contest(fail, lambda: range(3)).run(SERIAL)


@pytest.mark.parametrize(
    ("results", "tolerance", "words"),
    [
        ([1.0, float("nan")], None, ""),
        ([1.0], None, "1 results for 2 items"),
        ([1.5, float("nan")], None, "item 0: serial gave 1.0, this gave 1.5"),
        ([1.5, float("nan")], 0.9, ""),
        ([1.0, (n for n in [1])], None, "item 1: serial gave nan"),
    ],
)
def test_results_that_are_not_the_serial_ones_are_told_with_their_index(
    results: list[Any], tolerance: float | None, words: str
) -> None:
    found = difference([1.0, float("nan")], results, tolerance=tolerance)
    assert found.startswith(words) if words else found == ""


def test_the_grid_has_executors_workers_and_chunks() -> None:
    names = [each.name for each in candidates(1000, 2)]
    assert names[:2] == ["serial", "auto"]
    assert {"thread:2", "thread:8", "thread:32", "process:2", "process:2:125"} <= set(names)
    assert "thread:1" not in names


def test_the_grid_is_what_was_asked_for() -> None:
    grid = candidates(100, 8, executors=["process"], workers=[3], chunksizes=[5, 7])
    assert [each.name for each in grid] == [
        "serial",
        "auto",
        "process:3",
        "process:3:5",
        "process:3:7",
    ]


def test_chunks_that_only_cost_are_left_out() -> None:
    names = [
        each.name for each in candidates(1_000_000, 2, executors=["process"], chunksizes=[1, 100])
    ]
    assert "process:2:100" in names
    assert "process:2:1" not in names


def test_a_search_tells_the_best_and_the_regret_of_the_maps_own_choice() -> None:
    told: list[tuple[str, int, int]] = []
    grid = candidates(20, 2, executors=["thread"], workers=[2])
    found = search(
        Calls(),
        lambda: range(20),
        grid,
        name="m:f",
        cores=2,
        tell=lambda phase, done, total: told.append((phase, done, total)),
    )
    assert found.items == 20
    assert found.best == found.entries[0].name
    assert found.regret is not None
    assert found.regret >= 1.0
    assert told[-1][1] == told[-1][2] == found.tried == found.planned == 9
    assert all(done <= total for _, done, total in told)


class SlowAtHome:
    """Takes its time in the main thread alone, so that no anchor is among the fastest."""

    def __call__(self, x: int) -> int:
        if threading.current_thread() is threading.main_thread():
            sum(range(20_000))
        return x


def test_a_search_counts_the_runs_of_anchors_that_are_kept_to_be_compared_with() -> None:
    grid = candidates(20, 2, executors=["thread"], workers=[2], chunksizes=[1, 2, 4, 5, 10, 20])
    told: list[tuple[int, int]] = []
    found = search(
        SlowAtHome(),
        lambda: range(20),
        grid,
        name="m:f",
        cores=2,
        tell=lambda _, done, total: told.append((done, total)),
    )
    assert found.tried == found.planned
    assert all(done <= total for done, total in told)


def test_a_search_without_time_still_runs_what_everything_is_held_against() -> None:
    grid = candidates(20, 2, executors=["thread"], workers=[2])
    found = search(Calls(), lambda: range(20), grid, name="m:f", cores=2, budget_s=-1.0)
    assert found.tried == 2
    timed = {each.name for each in found.entries if each.median_s is not None}
    assert timed == {"serial", "auto"}
