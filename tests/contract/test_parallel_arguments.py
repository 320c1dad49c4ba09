"""What a map cannot use is refused, with the value and the cure, before anything runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.parallel import execute, optimize, process_in_batches, stream, verify
from holdfast.parallel.failure import WrongArgument
from tests.contract import parallel_kit as kit
from tests.contract.parallel_servers import keep_servers
from tests.unit.parallel.hosts import make_host

CALLS: list[int] = []


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield from keep_servers()


def note(x: int) -> int:
    CALLS.append(x)
    return x * x


def test_data_without_an_end_is_refused_and_streamed() -> None:
    with pytest.raises(WrongArgument, match=r"(?s)endless count.*holdfast\.parallel\.stream"):
        execute(kit.square, itertools.count())
    results = stream(kit.square, itertools.count())
    assert list(itertools.islice(results, 5)) == [0, 1, 4, 9, 16]


def test_a_stream_tells_a_wrong_argument_at_once() -> None:
    with pytest.raises(WrongArgument, match="buffer_items must be a whole number of at least 1"):
        stream(kit.square, range(3), buffer_items=0)
    with pytest.raises(WrongArgument, match="func must be callable"):
        stream(None, range(3))  # type: ignore[arg-type]


def test_data_that_does_not_end_before_the_memory_does_is_refused_on_the_way() -> None:
    small = make_host(2, memory_available=1_000_000)
    with pytest.raises(WrongArgument, match=r"(?s)fill the memory, got \d+ .*parallel\.stream"):
        execute(kit.large, (x for x in range(100)), executor="process", n_jobs=2, host=small)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"n_jobs": -1}, "n_jobs must be a whole number of at least 1, got -1"),
        ({"n_jobs": 0}, "n_jobs must be a whole number"),
        ({"n_jobs": True}, "n_jobs must be a whole number"),
        ({"n_jobs": 1.5}, "n_jobs must be a whole number"),
        ({"chunksize": 0}, "chunksize must be a whole number"),
        ({"executor": "processes"}, "did you mean 'process'"),
        ({"executor": 3}, "executor must be a name or a concurrent"),
        ({"on_error": "ignore"}, "on_error must be one of collect, raise"),
        ({"verify": "all"}, "verify must be one of cover, full, sample"),
        ({"timeout_s": 0}, "timeout_s must be seconds above 0"),
        ({"timeout_s": float("nan")}, "timeout_s must be seconds above 0"),
        ({"timeout_s": 1, "executor": "thread"}, "timeout_s needs processes"),
        ({"seed": "a"}, "seed must be a whole number"),
        ({"seed": 1, "executor": "thread"}, "seed cannot be used with executor='thread'"),
        ({"start_method": "forks"}, "did you mean 'fork'"),
        ({"cost": 3}, "cost must be callable"),
        ({"tolerance": -1.0}, "tolerance must be at least 0"),
        ({"executor": "process", "host": make_host(is_daemonic=True)}, "may not have children"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_runs(
    options: dict[str, Any], text: str
) -> None:
    CALLS.clear()
    with pytest.raises(WrongArgument, match=text) as caught:
        execute(note, range(3), **options)
    assert isinstance(caught.value, ValueError)
    assert CALLS == []


@pytest.mark.parametrize("func", [None, 3, "len", [len]])
def test_what_cannot_be_called_is_refused_and_takes_nothing_of_the_data(func: Any) -> None:
    data = (x for x in range(3))
    for run in (execute, optimize, stream, process_in_batches, verify):
        with pytest.raises(WrongArgument, match="func must be callable, got"):
            run(func, data)
    with pytest.raises(WrongArgument, match="n_jobs must be a whole number of at least 1, got -2"):
        execute(kit.square, data, n_jobs=-2)
    assert list(data) == [0, 1, 2]


def test_what_a_failed_map_has_not_taken_is_still_there() -> None:
    data = (x for x in range(1000))
    with pytest.raises(ValueError, match="not 3"):
        execute(kit.raise_value, data, executor="serial")
    rest = list(data)
    assert rest == list(range(rest[0], 1000))


@pytest.mark.parametrize("data", [None, 3])
def test_what_gives_no_items_is_refused(data: Any) -> None:
    for run in (execute, optimize, stream, process_in_batches, verify):
        with pytest.raises(WrongArgument, match="data must be iterable"):
            run(kit.square, data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"progress": 3}, "progress must be callable, got 3"),
        ({"tolerance": "a", "verify": "full"}, "tolerance must be at least 0, got 'a'"),
        ({"first_index": "a"}, "first_index must be a whole number, got 'a'"),
        ({"history": 3}, "history must name a file, got 3"),
    ],
)
def test_an_option_of_the_wrong_type_is_refused(options: dict[str, Any], message: str) -> None:
    CALLS.clear()
    with pytest.raises(WrongArgument, match=message):
        execute(note, range(3), **options)
    assert CALLS == []


def test_a_coroutine_function_is_sent_to_map_async() -> None:
    async def wait(x: int) -> int:
        return x

    with pytest.raises(WrongArgument, match=r"(?s)coroutine function .*wait.*map_async"):
        execute(wait, range(3))
