from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.parallel import Failure, map_async, process_in_batches, safe_batch_size
from holdfast.parallel.failure import ItemTimeout, WrongArgument
from tests.contract import parallel_kit as kit
from tests.contract.parallel_servers import keep_servers
from tests.unit.parallel.hosts import LAMBDA


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield from keep_servers()


def test_batches_give_all_results_in_order() -> None:
    expected = [x * x for x in range(25)]
    assert process_in_batches(kit.square, (x for x in range(25)), batch_size=7) == expected
    assert process_in_batches(kit.square, range(25), executor="serial") == expected
    assert process_in_batches(kit.square, []) == []


def test_batches_that_are_handed_over_are_not_kept() -> None:
    sizes = process_in_batches(kit.square, range(25), batch_size=10, on_batch=len)
    assert sizes == [10, 10, 5]


def test_a_batch_fits_into_the_memory_that_is_left() -> None:
    assert safe_batch_size(1_000_000, share=0.5, host=LAMBDA) == 214
    assert safe_batch_size(0, host=LAMBDA) == 1_000_000
    with pytest.raises(WrongArgument, match="share must be above 0"):
        safe_batch_size(1, share=0)
    with pytest.raises(WrongArgument, match="result_bytes must be at least 0"):
        safe_batch_size(-1)


async def async_square(x: int) -> int:
    await asyncio.sleep(0)
    return x * x


async def async_fail(x: int) -> int:
    await asyncio.sleep(0)
    if x == 3:
        raise ValueError("not 3")
    return x


async def hang_at_three(x: int) -> int:
    if x == 3:
        await asyncio.Event().wait()
    return x


async def async_exit(x: int) -> int:
    raise SystemExit(x)


async def numbers() -> Any:
    for x in range(10):
        yield x


def test_coroutines_keep_the_order_of_the_data() -> None:
    expected = [x * x for x in range(300)]
    assert asyncio.run(map_async(async_square, range(300))) == expected
    assert asyncio.run(map_async(async_square, range(300), limit=3)) == expected
    assert asyncio.run(map_async(async_square, numbers())) == expected[:10]


def test_a_coroutine_that_fails_is_named_and_the_others_are_cancelled() -> None:
    with pytest.raises(ValueError, match="not 3") as caught:
        asyncio.run(map_async(async_fail, range(20)))
    assert caught.value.__notes__ == ["item 3 of async_fail"]
    results = asyncio.run(map_async(async_fail, range(6), on_error="collect"))
    assert isinstance(results[3], Failure)
    assert [x for x in results if not isinstance(x, Failure)] == [0, 1, 2, 4, 5]


def test_a_coroutine_that_takes_too_long_is_cancelled() -> None:
    results = asyncio.run(map_async(hang_at_three, range(5), timeout_s=0.05, on_error="collect"))
    assert isinstance(results[3].error, ItemTimeout)


def test_a_coroutine_that_calls_exit_is_an_error_of_its_item() -> None:
    results = asyncio.run(map_async(async_exit, range(2), on_error="collect"))
    assert "item 1: an item must not end the program, got sys.exit(1)" in str(results[1].error)


def test_wrong_arguments_of_a_coroutine_map_are_refused() -> None:
    for options in ({"limit": 0}, {"on_error": "x"}, {"timeout_s": -1}):
        with pytest.raises(WrongArgument):
            asyncio.run(map_async(async_square, range(3), **options))  # type: ignore[arg-type]
    for data in (None, itertools.count()):
        with pytest.raises(WrongArgument, match="data must"):
            asyncio.run(map_async(async_square, data))  # type: ignore[arg-type]


def test_an_item_of_a_later_batch_is_named_by_its_index_in_the_data() -> None:
    with pytest.raises(ValueError, match="not 3") as caught:
        process_in_batches(kit.raise_value, [0, 1, 2, 0, 1, 2, 0, 3], batch_size=3)
    assert caught.value.__notes__ == ["item 7 of raise_value"]
    results = process_in_batches(
        kit.raise_value, [0, 1, 3, 0, 3], batch_size=2, on_error="collect", executor="serial"
    )
    assert [each.index for each in results if isinstance(each, Failure)] == [2, 4]


def test_data_without_an_end_needs_a_receiver() -> None:
    with pytest.raises(WrongArgument, match="pass on_batch"):
        process_in_batches(kit.square, itertools.count())
