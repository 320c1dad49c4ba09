from __future__ import annotations

from typing import Any

import pytest

from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.task import (
    compare_strategies,
    map_items,
    plan_map,
    tune_map,
    validate_plan,
)
from holdfast.parallel.validation import grade_of

HERE = __name__
ITEMS = {"items": [3, 1, 2]}
_calls: list[int] = []


def double(x: int) -> int:
    return 2 * x


def late(x: int) -> int:
    """Give another value from the tenth call on."""
    _calls.append(x)
    return x + len(_calls) // 10


@pytest.fixture(autouse=True)
def forgets() -> None:
    _calls.clear()


def test_a_map_tells_its_results_its_plan_and_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mapped = map_items(f"{HERE}:double", ITEMS, executor="thread", n_jobs=2, progress=True)
    assert mapped.results == [6, 2, 4]
    assert (mapped.plan.executor, mapped.items, mapped.source) == ("thread", 3, ITEMS)
    assert "3 of 3 (100%)" in capsys.readouterr().err


def test_a_log_of_chunks_is_counted_where_it_was_asked_for() -> None:
    options: dict[str, Any] = {"executor": "thread", "n_jobs": 2, "chunksize": 2}
    logged = map_items(f"{HERE}:double", ITEMS, profile=True, **options).plan
    assert (logged.chunks, logged.chunk_items) == (2, 3)
    assert map_items(f"{HERE}:double", ITEMS, **options).plan.chunks == 0


@pytest.mark.parametrize("name", ["cost", "host", "return_plan"])
def test_an_option_that_means_something_else_here_is_refused(name: str) -> None:
    with pytest.raises(WrongArgument, match=f"must not be given '{name}'"):
        map_items(f"{HERE}:double", ITEMS, **{name: True})


def test_a_plan_of_what_costs_nothing_is_serial() -> None:
    plan = plan_map(f"{HERE}:double", {"range": "0:50"})
    assert (plan.executor, plan.n_jobs, plan.items) == ("serial", 1, 50)
    assert plan.explained.startswith("serial: ")


def test_a_comparison_always_has_the_serial_loop_and_runs_it_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = compare_strategies(
        f"{HERE}:double", ITEMS, strategies=["thread:2", "thread:2"], rounds=2, progress=True
    )
    assert {each.name for each in found.entries} == {"serial", "thread:2"}
    assert (found.items, found.rounds) == (3, 2)
    assert all(len(each.times_s) == 2 for each in found.entries)
    assert "comparing: 4 of 4 (100%)" in capsys.readouterr().err


def test_a_search_is_over_what_was_asked_for() -> None:
    found = tune_map(f"{HERE}:double", ITEMS, executors=["thread"], workers=[2], chunksizes=[1])
    names = {each.name for each in found.entries}
    assert names == {"serial", "auto", "thread:2", "thread:2:1"}
    with pytest.raises(WrongArgument, match="did you mean 'thread'"):
        tune_map(f"{HERE}:double", ITEMS, executors=["thred"])


@pytest.mark.parametrize("call", [compare_strategies, tune_map, validate_plan])
def test_nothing_cannot_be_compared(call: Any) -> None:
    with pytest.raises(WrongArgument, match="data must hold an item, got none"):
        call(f"{HERE}:double", {"items": []})


def test_a_given_strategy_is_held_against_the_loop_without_a_prediction(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = validate_plan(
        f"{HERE}:double", {"range": "0:20"}, strategy="thread:2", rounds=2, progress=True
    )
    assert (found.strategy, found.rounds, found.items) == ("thread:2", 2, 20)
    assert found.equality.status == "equal"
    assert (found.predicted, found.accuracy, found.is_within) == (None, None, None)
    low, high = found.measured_interval
    assert low <= found.measured <= high
    assert found.proof == "thread:2, the measured run itself"
    assert "round: 2 of 2" in capsys.readouterr().err


def test_a_function_that_changes_only_later_is_found_in_a_later_round() -> None:
    # Of one item: one call by the plan, then loop, map, and two more that compare, in each round.
    found = validate_plan(f"{HERE}:late", {"items": [1]}, strategy="thread:2", rounds=9)
    assert found.equality.status == "impure"
    assert found.equality.detail.startswith("round ")


@pytest.mark.parametrize(
    ("accuracy", "word"), [(0.95, "excellent"), (0.75, "good"), (0.6, "moderate"), (0.1, "poor")]
)
def test_an_accuracy_has_a_name(accuracy: float, word: str) -> None:
    assert grade_of(accuracy) == word
