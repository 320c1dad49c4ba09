from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from holdfast.parallel import execute, verify
from holdfast.parallel.failure import ParallelDiffers, WrongArgument
from tests.contract import parallel_kit as kit
from tests.contract.parallel_servers import keep_servers

WHERE = ["thread", "fork", "spawn"]


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield from keep_servers()


def verdict_of(func: Any, data: Any, where: str, **options: Any) -> Any:
    if where == "thread":
        return verify(func, data, executor="thread", **options)
    return verify(func, data, executor="process", start_method=where, **options)


def breakers(where: str) -> list[tuple[str, Any, Any, str]]:
    """The nine ways to break a parallel map, and the right verdict on each."""
    is_shared = where == "thread"
    return [
        ("a counter", kit.count, range(6), "impure"),
        ("random", kit.draw, range(6), "impure"),
        ("numpy's random", kit.draw_numpy, range(6), "impure"),
        ("NaN", kit.give_nan, range(6), "equal"),
        ("a sentinel", kit.give_sentinel, range(6), "equal" if is_shared else "differs"),
        ("a changed item", kit.append_one, [[0]] * 6, "mutates_input"),
        ("a set's order", kit.list_set, range(6), "differs" if where == "spawn" else "equal"),
        ("a generator", kit.make_generator, range(6), "differs"),
        ("a two-argument exception", kit.raise_two, range(6), "equal"),
    ]


@pytest.mark.parametrize("where", WHERE)
def test_each_of_the_nine_breakers_gets_its_right_verdict(where: str) -> None:
    random.seed(1)
    np.random.seed(1)
    found = {name: verdict_of(func, data, where).status for name, func, data, _ in breakers(where)}
    assert found == {name: status for name, _, _, status in breakers(where)}


def test_an_impure_function_that_is_right_by_luck_is_found_out() -> None:
    calls: list[int] = []

    def alternate(x: int) -> int:
        calls.append(x)
        return len(calls) % 2

    # Two calls there and two here: the parity is the same.
    assert verify(alternate, range(2), executor="thread", n_jobs=1).status == "impure"


def test_a_difference_is_told_with_its_index_and_both_values() -> None:
    equality = verdict_of(kit.make_generator, range(6), "fork")
    assert equality.index == 3
    assert "parallel failed: item 3" in equality.detail
    sentinel = verdict_of(kit.give_sentinel, range(3), "fork")
    assert sentinel.index == 0
    assert sentinel.serial is kit.SENTINEL
    assert sentinel.parallel is not kit.SENTINEL


def test_a_verdict_is_true_only_where_the_values_are_equal() -> None:
    assert verdict_of(kit.square, range(20), "fork")
    assert not verdict_of(kit.count, range(3), "thread")


def test_a_sample_compares_fewer_items() -> None:
    assert verdict_of(kit.square, range(100), "thread", mode="sample").compared == 10
    assert verdict_of(kit.square, (x for x in range(100)), "thread").compared == 100


@pytest.mark.parametrize("mode", ["sample", "full"])
def test_execute_proves_its_own_result(mode: str) -> None:
    results, plan = execute(
        kit.shape,
        (x for x in range(12)),
        executor="process",
        n_jobs=2,
        verify=mode,
        return_plan=True,
    )
    assert results == [kit.shape(x) for x in range(12)]
    assert plan.equality.status == "equal"


def test_execute_raises_a_difference_that_nobody_would_see() -> None:
    with pytest.raises(ParallelDiffers, match="got differs at item 0") as caught:
        execute(kit.give_sentinel, range(4), executor="process", n_jobs=2, verify="full")
    assert caught.value.equality.index == 0


def test_execute_tells_a_changed_item_and_an_impure_function_apart() -> None:
    data = [[x] for x in range(3)]
    _, changed = execute(kit.append_one, data, executor="thread", verify="full", return_plan=True)
    _, impure = execute(kit.draw, range(3), executor="thread", verify="full", return_plan=True)
    assert (changed.equality.status, impure.equality.status) == ("mutates_input", "impure")


def test_a_tolerance_must_be_asked_for() -> None:
    def pure(x: int) -> float:
        return x / 3

    with pytest.raises(WrongArgument, match="tolerance must be at least 0"):
        verify(pure, range(3), tolerance=-1.0)
    assert verify(pure, range(3), executor="thread", tolerance=0.1).status == "equal"


@pytest.mark.parametrize("options", [{"mode": "sampled"}, {"mode": "cover"}])
def test_an_unknown_mode_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(WrongArgument, match="mode must be one of full, sample"):
        verify(kit.square, range(3), **options)


def test_no_items_are_equal() -> None:
    assert verify(kit.square, [], executor="thread").status == "equal"
