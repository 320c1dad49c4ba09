from __future__ import annotations

from typing import Any

import pytest

from holdfast.parallel.decide import Outlook, decide, predict, start_cost
from holdfast.parallel.host import Host
from holdfast.parallel.limits import find_limits
from holdfast.parallel.profile import Measured
from tests.unit.parallel.hosts import KUBERNETES, WINDOWS, make_host


def look(host: Host | None = None, *, left: int | None = 1000, **changes: Any) -> Outlook:
    host = host or make_host(8)
    seen = {"items": 10, "item_s": 1e-3, "threads_gain": 1.0}
    outlook = {
        key: changes.pop(key) for key in list(changes) if key not in Measured.__struct_fields__
    }
    return Outlook(
        measured=Measured(**{**seen, **changes}),
        left=left,
        host=host,
        limits=find_limits(host),
        **outlook,
    )


def test_work_that_pays_goes_to_processes() -> None:
    choice = decide(look())
    assert choice.executor == "process"
    assert 2 <= choice.workers <= 8


def test_work_that_is_over_sooner_than_workers_start_stays_here() -> None:
    assert decide(look(left=5)).executor == "serial"


def test_tiny_items_pay_in_processes_when_there_are_many() -> None:
    # 1.6 us each: "too fast to parallelise" per item is the wrong question.
    assert decide(look(left=1_000_000, item_s=1.6e-6)).executor == "process"


def test_few_workers_are_taken_where_more_would_cost_more_than_they_bring() -> None:
    few = decide(look(make_host(64), left=60, item_s=1e-3))
    assert few.executor == "process"
    assert few.workers < 16


def test_results_that_cost_more_to_send_than_to_compute_stay_here() -> None:
    assert decide(look(out_s=2e-3)).executor == "serial"


def test_waiting_goes_to_more_threads_than_cores() -> None:
    choice = decide(look(make_host(2), idle_share=0.9, parallelism=0.1, item_s=5e-3, left=300))
    assert choice.executor == "thread"
    assert choice.workers == 80


def test_no_wait_however_idle_goes_to_more_than_256_threads() -> None:
    choice = decide(look(make_host(2), idle_share=0.99, parallelism=0.01, item_s=5e-3))
    assert choice.workers == 256


def test_queueing_for_a_processor_is_not_waiting() -> None:
    busy = look(idle_share=0.05, queued_share=0.6, parallelism=0.4)
    assert decide(busy).executor == "process"


def test_what_may_free_the_lock_is_tried_once() -> None:
    assert decide(look(threads_gain=None)).executor == "trial"
    assert decide(look(threads_gain=1.9)).executor == "thread"
    assert decide(look(threads_gain=1.1)).executor == "process"


@pytest.mark.parametrize("changes", [{"item_s": 1e-4}, {"left": 3}, {"no_threads": "a seed"}])
def test_nothing_is_tried_where_the_answer_could_not_help(changes: dict[str, Any]) -> None:
    assert decide(look(threads_gain=None, **changes)).executor != "trial"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"item_s": 0.06}, "process"),  # a trial would cost more than threads could save
        ({"item_s": 0.06, "out_s": 2e-3}, "trial"),  # these results are dear to send
        ({"item_s": 0.06, "no_processes": "no fork"}, "trial"),
        ({"item_s": 0.06, "host": WINDOWS}, "trial"),  # interpreters are dear to start
        ({"item_s": 3e-3}, "trial"),
    ],
)
def test_slow_items_are_tried_where_threads_could_save_more_than_a_trial_costs(
    changes: dict[str, Any], expected: str
) -> None:
    assert (
        decide(look(changes.pop("host", None), threads_gain=None, left=100, **changes)).executor
        == expected
    )


def test_items_that_are_parallel_inside_stay_here() -> None:
    choice = decide(look(parallelism=1.9))
    assert choice.executor == "serial"
    assert "keeps 1.9 cores busy by itself" in choice.reason


def test_inner_threads_show_under_contention_too() -> None:
    shown = look(parallelism=1.1, queued_share=0.5, inner_threads=8)
    assert decide(shown).executor == "serial"


def test_what_rules_processes_out_is_the_reason() -> None:
    choice = decide(look(no_processes="item 3 cannot be pickled"))
    assert (choice.executor, choice.reason) == (
        "serial",
        "processes are ruled out: item 3 cannot be pickled",
    )


def test_an_unknown_length_is_expected_to_double() -> None:
    assert decide(look(left=None, items=5)).executor == "serial"
    assert decide(look(left=None, items=5000)).executor == "process"
    assert decide(look(left=None, items=5, assumed=5000)).executor == "process"


def test_what_was_asked_for_is_not_exceeded() -> None:
    assert decide(look(asked=3)).workers == 3
    assert decide(look(asked=1)).executor == "serial"


def test_one_core_stays_serial_and_says_what_bounds_it() -> None:
    choice = decide(look(make_host(1)))
    assert choice.reason == "one worker is all there is: 1 logical cores"


def test_a_quota_counts_in_the_prediction() -> None:
    assert predict(look(KUBERNETES), 1000, 2) > 1000 * 1e-3 / 1.5


def test_interpreters_cost_more_to_start_than_copies() -> None:
    fork = start_cost("fork", 2, 0)
    assert fork < start_cost("forkserver", 2, 0) < start_cost("spawn", 2, 0)
    assert start_cost("fork", 2, 2**30) > fork
    assert decide(look(WINDOWS, left=60)).executor == "serial"


def test_more_threads_that_gain_nothing_are_not_started() -> None:
    host = make_host(2, quota=1.0)
    assert decide(look(host, threads_gain=1.9, asked=2)).executor == "serial"


@pytest.mark.parametrize("item_s", [2e-6, 1e-3])
def test_a_python_without_the_lock_tries_threads_with_items_of_any_size(item_s: float) -> None:
    free = make_host(8, gil=False)
    assert decide(look(free, threads_gain=None, item_s=item_s, left=10**6)).executor == "trial"
    assert decide(look(free, threads_gain=1.9, item_s=item_s, left=10**6)).executor == "thread"
    assert decide(look(threads_gain=None, item_s=2e-6, left=10**6)).executor == "process"
