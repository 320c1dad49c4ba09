from __future__ import annotations

import math

import pytest

from holdfast.parallel.chunks import ChunkRule, Pace, next_chunk
from holdfast.parallel.simulate import (
    Costs,
    guided,
    regret,
    simulate,
    static_chunks,
    workloads,
)

RULE = ChunkRule()


def pace_of(item_s: float, item_bytes: float = 0.0) -> Pace:
    return Pace(item_s=item_s, item_bytes=item_bytes)


@pytest.mark.parametrize(
    ("item_s", "workers", "left", "expected"),
    [
        (1e-3, 2, 800, 100),  # the cap: 0.1 s
        (1e-4, 2, 800, 100),  # guided: 800 / (4 * 2)
        (1e-4, 2, 80, 25),  # the floor: 2.5 ms
        (1e-6, 8, 80, 10),  # the floor gives way to an even share
        (1.0, 2, 10, 1),
        (1e-3, 4, None, 100),  # no length: the cap alone
        (0.0, 2, 10, 5),
        (1e-3, 2, 1, 1),
    ],
)
def test_a_chunk_is_guided_capped_by_time_and_not_too_small(
    item_s: float, workers: int, left: int | None, expected: int
) -> None:
    assert next_chunk(RULE, pace_of(item_s), workers, left) == expected


@pytest.mark.parametrize(("done", "expected"), [(4, 3), (160, 10), (10_000, 100), (None, 100)])
def test_what_may_end_at_any_time_comes_in_chunks_that_grow_with_what_was_done(
    done: int | None, expected: int
) -> None:
    assert next_chunk(RULE, pace_of(1e-3), 2, None, done=done) == expected


def test_the_first_chunk_is_one_item_while_nothing_is_known() -> None:
    assert next_chunk(RULE, Pace(), 4, 1_000_000) == 1


def test_large_results_make_small_chunks() -> None:
    assert next_chunk(RULE, pace_of(1e-6, 4 * 1024 * 1024), 2, 1000) == 2


def test_the_pace_follows_what_workers_measure() -> None:
    pace = Pace()
    pace.add(10, 1.0, 100)
    pace.add(10, 2.0, 300)
    pace.add(0, 5.0)
    assert pace.item_s == pytest.approx(0.7 * 0.1 + 0.3 * 0.2)
    assert pace.item_bytes == pytest.approx(0.7 * 10 + 0.3 * 30)


@pytest.mark.parametrize(("workers", "most"), [(2, 1.05), (8, 1.12), (32, 1.40)])
def test_the_rule_loses_little_over_all_shapes_of_work(workers: int, most: float) -> None:
    losses = [
        regret(times, workers, simulate(times, workers, guided(RULE)).makespan_s)
        for times in workloads().values()
    ]
    assert math.exp(sum(map(math.log, losses)) / len(losses)) <= most


def test_the_rule_beats_even_parts_where_the_heavy_items_come_first() -> None:
    times = workloads()["heavy first"]
    own = simulate(times, 8, guided(RULE)).makespan_s
    even = simulate(times, 8, static_chunks(4)).makespan_s
    assert own * 3 < even


def test_a_simulation_covers_every_item_once() -> None:
    times = workloads()["lognormal"]
    chunks = simulate(times, 3, guided(RULE)).chunks
    covered = [at for start, size, _, _ in chunks for at in range(start, start + size)]
    assert covered == list(range(len(times)))


def test_a_simulation_without_costs_on_one_worker_takes_the_sum() -> None:
    free = Costs(chunk_s=0, item_s=0, latency_s=0)
    assert simulate([1.0, 2.0, 3.0], 1, guided(RULE), free).makespan_s == 6.0


def test_nothing_to_do_is_done_perfectly() -> None:
    assert regret([], 2, 0.0) == 1.0
