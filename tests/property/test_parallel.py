from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.parallel import Failure, execute, stream
from holdfast.parallel.books import Cover
from holdfast.parallel.caught import catch, rebuild
from holdfast.parallel.chunks import ChunkRule, Pace, next_chunk
from holdfast.parallel.decide import Outlook, decide
from holdfast.parallel.failure import ParallelDiffers
from holdfast.parallel.limits import capacity, find_limits
from holdfast.parallel.profile import Measured
from holdfast.parallel.same import compare
from holdfast.parallel.simulate import guided, simulate
from tests.contract import parallel_kit as kit
from tests.contract.parallel_servers import keep_servers
from tests.unit.parallel.hosts import make_host

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    yield from keep_servers()


def attempt(x: Any) -> Any:
    try:
        return kit.transform(x)
    except ValueError as error:
        return error


KINDS = {
    "list": list,
    "tuple": tuple,
    "generator": lambda data: (x for x in data),
    "iterator": iter,
}


@settings(max_examples=25, deadline=None)
@given(
    data=st.lists(VALUES, max_size=30),
    kind=st.sampled_from(sorted(KINDS)),
    executor=st.sampled_from(["serial", "thread", "process"]),
    n_jobs=st.integers(1, 4),
    chunksize=st.none() | st.integers(1, 40),
)
def test_a_forced_map_equals_the_serial_loop(
    data: list[Any], kind: str, executor: str, n_jobs: int, chunksize: int | None
) -> None:
    expected = [attempt(x) for x in data]
    results = execute(
        kit.transform,
        KINDS[kind](data),
        executor=executor,
        n_jobs=n_jobs,
        chunksize=chunksize,
        on_error="collect",
    )
    found = [each.error if isinstance(each, Failure) else each for each in results]
    assert compare(expected, found) == "equal"
    assert [each.index for each in results if isinstance(each, Failure)] == [
        at for at, each in enumerate(expected) if isinstance(each, ValueError)
    ]


@settings(max_examples=20, deadline=None)
@given(
    data=st.lists(st.integers(), max_size=60),
    executor=st.sampled_from(["serial", "thread", "process"]),
    chunksize=st.none() | st.integers(1, 10),
    ordered=st.booleans(),
    buffer_items=st.integers(1, 40),
)
def test_a_stream_gives_each_result_once(
    data: list[int], executor: str, chunksize: int | None, ordered: bool, buffer_items: int
) -> None:
    results = list(
        stream(
            repr,
            iter(data),
            ordered=ordered,
            executor=executor,
            n_jobs=2,
            chunksize=chunksize,
            buffer_items=buffer_items,
        )
    )
    expected = [repr(x) for x in data]
    assert (results if ordered else sorted(results)) == (expected if ordered else sorted(expected))


@given(
    left=st.integers(1, 10**7) | st.none(),
    workers=st.integers(1, 256),
    item_s=st.none() | st.floats(0, 1e6, allow_nan=False),
    size=st.floats(0, 1e12),
)
def test_a_chunk_has_an_item_and_no_more_than_are_left(
    left: int | None, workers: int, item_s: float | None, size: float
) -> None:
    chunk = next_chunk(ChunkRule(), Pace(item_s=item_s, item_bytes=size), workers, left)
    assert chunk >= 1
    assert left is None or chunk <= left


@settings(max_examples=50)
@given(
    times=st.lists(st.floats(0, 10), min_size=1, max_size=60),
    workers=st.integers(1, 8),
)
def test_no_schedule_beats_the_bound_and_each_item_runs_once(
    times: list[float], workers: int
) -> None:
    found = simulate(times, workers, guided(ChunkRule()))
    assert found.makespan_s >= max(sum(times) / workers, *times) * 0.999999
    covered = [at for start, size, _, _ in found.chunks for at in range(start, start + size)]
    assert covered == list(range(len(times)))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=12))
def test_a_cover_closes_only_on_a_partition(rows: list[tuple[int, int]]) -> None:
    wanted = [at for start, count in rows for at in range(start, start + count)]
    expected = sorted(wanted) == list(range(len(wanted)))
    cover = Cover()
    try:
        for start, count in rows:
            cover.mark(start, count)
        cover.close(len(wanted))
        holds = True
    except ParallelDiffers:
        holds = False
    assert holds == expected


@given(
    item_s=st.floats(1e-9, 100),
    left=st.none() | st.integers(0, 10**6),
    idle=st.floats(0, 1),
    parallelism=st.floats(0, 8),
    gain=st.none() | st.floats(0, 3),
    out_s=st.floats(0, 10),
    cores=st.integers(1, 128),
    asked=st.none() | st.integers(1, 64),
)
def test_a_decision_keeps_to_what_may_be_used(**drawn: Any) -> None:
    host = make_host(drawn["cores"])
    look = Outlook(
        measured=Measured(
            items=5,
            item_s=drawn["item_s"],
            idle_share=drawn["idle"],
            parallelism=drawn["parallelism"],
            threads_gain=drawn["gain"],
            out_s=drawn["out_s"],
        ),
        left=drawn["left"],
        host=host,
        limits=find_limits(host),
        asked=drawn["asked"],
    )
    choice = decide(look)
    assert choice == decide(look)
    assert choice.workers >= 1
    if choice.executor == "process":
        assert choice.workers <= (drawn["asked"] or drawn["cores"])
        assert choice.predicted_s < choice.serial_s
    if drawn["asked"] is not None and choice.executor == "thread":
        assert choice.workers <= drawn["asked"]


@given(st.integers(1, 64), st.floats(0.1, 64))
def test_more_workers_never_amount_to_fewer_cores(cores: int, quota: float) -> None:
    host = make_host(cores, quota=quota)
    found = [capacity(host, n) for n in range(1, cores + 1)]
    assert found == sorted(found)
    assert found[-1] <= min(cores, max(quota, 0.01)) + 1e-9


@given(VALUES)
def test_a_value_equals_itself_after_a_copy(value: Any) -> None:
    again = rebuild(catch(0, ValueError(value), ship=True))
    assert compare(ValueError(value), again) == "equal"
