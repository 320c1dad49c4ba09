from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.parallel.books import Books, Cover
from holdfast.parallel.caught import Caught, catch, rebuild
from holdfast.parallel.cloud import Machine, cheapest, price
from holdfast.parallel.failure import (
    Failure,
    ParallelDiffers,
    WorkersFailed,
    WrongArgument,
    add_index,
    name_of,
)
from holdfast.parallel.growth import Growth
from holdfast.parallel.history import key_of, recall, remember
from holdfast.parallel.meter import (
    Reading,
    background_cores,
    is_unclear,
    rss_bytes,
    spent,
    take_reading,
    without,
)
from holdfast.parallel.plan import Plan
from holdfast.parallel.profile import Decision, Measured, Profile
from holdfast.parallel.progress import Progress
from holdfast.parallel.trial import gain_of
from holdfast.parallel.verdict import Equality
from holdfast.parallel.weigh import weigh
from tests.unit.parallel.hosts import make_host


def reading(wall: float, thread: float, process: float, queued: float) -> Reading:
    return Reading(wall_s=wall, thread_s=thread, process_s=process, queued_s=queued)


def test_a_position_that_comes_twice_is_refused() -> None:
    cover = Cover()
    cover.mark(4, 3)
    cover.mark(0, 4)
    with pytest.raises(ParallelDiffers, match="got two for item 6"):
        cover.mark(6, 2)


def test_a_position_that_is_missing_is_named() -> None:
    cover = Cover()
    cover.mark(0, 2)
    cover.mark(3, 2)
    with pytest.raises(ParallelDiffers, match=r"got 4 results for 5 items .* is 2"):
        cover.close(5)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_full_cover_closes(count: int) -> None:
    cover = Cover()
    cover.mark(0, count)
    assert cover.close(count) is None


def test_queueing_is_neither_idling_nor_work() -> None:
    before = reading(0, 0, 0, 0)
    assert spent(before, reading(10, 4, 4, 5)).idle_share == pytest.approx(0.2)
    assert spent(before, reading(10, 0.1, 0.1, 0)).idle_share == pytest.approx(0.99)
    # A wait stays a wait on a host where each wake-up queues for longer than it lasted.
    assert spent(before, reading(10, 0.1, 0.1, 8)).idle_share == pytest.approx(0.95)
    assert spent(before, reading(10, 2, 4, 8)).parallelism == pytest.approx(2)
    assert spent(before, reading(10, 4, 4, 9)).idle_share == 0


def test_two_busy_threads_are_parallelism() -> None:
    assert spent(reading(0, 0, 0, 0), reading(2, 2, 4, 0)).parallelism == 2.0


@pytest.mark.parametrize(
    ("wall", "process", "queued", "gain"),
    [
        (3.0, 6.0, 0.0, 2.0),  # both ran at once
        (6.0, 6.0, 0.0, 1.0),  # one after the other: the lock
        (6.0, 6.0, 3.0, 2.0),  # at once, on a host with half a core for each
        (12.0, 6.0, 3.0, 2 / 3),  # the lock, on that host
        (1.0, 6.0, 1.0, 2.0),
    ],
)
def test_two_threads_are_told_apart_from_one_lock_on_a_busy_host_too(
    wall: float, process: float, queued: float, gain: float
) -> None:
    both = spent(reading(0, 0, 0, 0), reading(wall, 0, process, 0))
    own = spent(reading(0, 0, 0, 0), reading(wall, process / 2, process, queued))
    assert gain_of(both, [own, own]) == pytest.approx(gain)


def test_a_thread_that_queues_behind_the_one_with_the_lock_shows_no_gain() -> None:
    start = reading(0, 0, 0, 0)
    both = spent(start, reading(6, 0, 6, 0))
    first, second = (spent(start, reading(wall, 3, 6, wall - 3)) for wall in (3, 6))
    assert gain_of(both, [first, second]) == pytest.approx(1.0)


def test_the_clocks_of_this_machine_go_forward() -> None:
    first = take_reading()
    sum(range(10_000))
    second = take_reading()
    assert second.wall_s > first.wall_s
    assert second.process_s >= first.process_s
    assert rss_bytes() >= 0


def test_the_spread_is_that_of_the_items() -> None:
    books = Books()
    for seconds in (1.0, 3.0):
        books.add_run(0, 1, seconds)
    assert books.spread == pytest.approx(0.5)
    assert Books().spread == 0.0


def sizes_of(growth: Growth, rate_of: Callable[[int], float]) -> list[int]:
    """Return the sizes that a growth takes on, where so many calls at once have that rate."""
    sizes, now = [growth.size], 0.0
    growth.begin(now)
    while not growth.is_settled:
        now += growth.size / rate_of(growth.size)
        if growth.add(growth.size, now):
            sizes.append(growth.size)
    return sizes


def test_threads_grow_while_they_raise_the_rate() -> None:
    assert sizes_of(Growth(2, 64), lambda size: min(size, 16)) == [2, 4, 16, 64, 16]


def test_threads_grow_fourfold_only_while_the_rate_keeps_pace() -> None:
    fast = sizes_of(Growth(16, 256, item_s=1.0), lambda size: size)
    assert fast == [16, 64, 256]
    slow = sizes_of(Growth(16, 256, item_s=1.0), lambda size: size**0.5)
    assert slow == [16, 32, 64, 128, 256]


def test_threads_that_were_too_many_are_as_many_as_the_rate_needs() -> None:
    assert sizes_of(Growth(8, 256, item_s=1.0), lambda size: min(size, 20)) == [8, 32, 64, 20]


def test_calls_that_gain_nothing_at_once_stay_as_they_began() -> None:
    growth = Growth(4, 64, item_s=1.0)
    assert sizes_of(growth, lambda _: 1.0) == [4]
    assert growth.is_settled


def test_threads_never_exceed_the_most() -> None:
    growth, now = Growth(8, 12), 0.0
    growth.begin(now)
    for _ in range(5):
        now += 1.0
        growth.add(growth.size, now)
    assert growth.size == 12
    assert Growth(8, 4).is_settled


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda calls: lambda phase: calls.append((phase,)), ("running",)),
        (lambda calls: lambda phase, share: calls.append((phase, share)), ("running", 0.5)),
        (lambda calls: lambda *all_: calls.append(all_), ("running", 2, 4)),
        (lambda calls: lambda a, b, c: calls.append((a, b, c)), ("running", 2, 4)),
    ],
)
def test_progress_gives_a_callback_what_it_takes(make: Any, expected: tuple[Any, ...]) -> None:
    calls: list[tuple[Any, ...]] = []
    progress = Progress(make(calls), verbose=False, warn=lambda _: None)
    progress.tell("running", 2, 4)
    assert calls == [expected]


def test_progress_of_an_unknown_length_is_no_share_until_the_end() -> None:
    calls: list[tuple[str, float]] = []
    progress = Progress(
        lambda phase, share: calls.append((phase, share)), verbose=False, warn=lambda _: None
    )
    progress.tell("running", 2, None)
    progress.tell("complete", 2, 2, is_last=True)
    assert calls == [("running", 0.0), ("complete", 1.0)]


def test_a_progress_callback_that_raises_is_a_warning_and_called_no_more() -> None:
    warnings: list[str] = []

    def callback(_phase: str, _done: int, _total: int | None) -> None:
        raise ValueError("no")

    progress = Progress(callback, verbose=False, warn=warnings.append)
    progress.tell("probing", 1, 2)
    progress.tell("running", 1, 2)
    assert warnings == ["progress must not raise, got ValueError: no"]


def test_a_verbose_map_tells_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(None, verbose=True, warn=lambda _: None).say_all(lambda: "one\ntwo")
    Progress(None, verbose=False, warn=lambda _: None).say_all(lambda: "three")
    assert capsys.readouterr().err == "holdfast.parallel: one\nholdfast.parallel: two\n"


def test_an_exception_of_a_class_that_is_nowhere_is_named() -> None:
    caught = Caught(0, "nowhere", "Lost", "gone", "Traceback", b"")
    error = rebuild(caught)
    assert isinstance(error, WorkersFailed)
    assert "Lost: gone" in str(error)


def test_an_exception_keeps_attributes_and_notes_on_its_way() -> None:
    error = ValueError("a", 1)
    error.place = "here"  # type: ignore[attr-defined]
    error.add_note("own")
    found = rebuild(catch(0, error, ship=True))
    assert (found.args, vars(found)["place"]) == (("a", 1), "here")
    assert found.__notes__[0] == "own"
    assert found is not error


def test_an_exception_in_this_process_is_the_same_object() -> None:
    error = ValueError("a")
    assert rebuild(catch(0, error, ship=False)) is error


def test_an_index_is_noted_once() -> None:
    error = ValueError("a")
    add_index(error, 3, "f")
    add_index(error, 3, "f")
    assert error.__notes__ == ["item 3 of f"]


def test_a_failure_tells_its_item() -> None:
    failure = Failure(3, ValueError("a"), "Traceback")
    assert str(failure) == "item 3: ValueError: a"
    assert repr(failure) == "Failure(3, ValueError('a'))"


def test_a_callable_has_a_name() -> None:
    class Callable:
        def __call__(self) -> None: ...

    assert name_of(Callable()).endswith("Callable")
    assert name_of(len) == "len"


def test_the_cheapest_machine_within_the_deadline_is_taken() -> None:
    small = Machine(name="small", cores=2, price_per_core_hour=0.05)
    fast = Machine(name="fast", cores=2, price_per_core_hour=0.08, speed=2.0)
    large = Machine(name="large", cores=16, price_per_core_hour=0.05)
    machines = [small, fast, large]
    assert cheapest(3600, 0.1, machines, deadline_s=1e9).machine is fast  # type: ignore[union-attr]
    assert cheapest(3600, 0.1, machines, deadline_s=600).machine is large  # type: ignore[union-attr]
    assert cheapest(3600, 0.1, machines, deadline_s=1) is None
    assert price(3600, 1.0, large, 16).seconds == 3600


def test_threads_that_spin_for_themselves_do_not_make_a_wait_look_like_work() -> None:
    start = reading(0, 0, 0, 0)
    spinning = spent(start, reading(10, 0.2, 10, 0))
    assert spinning.idle_share == 0
    assert is_unclear(spinning)
    cleared = without(spinning, 0.6)
    assert cleared.idle_share == pytest.approx(0.98)
    assert cleared.parallelism == pytest.approx(0.02)
    # Threads that worked for the item are still once nothing is called.
    assert without(spinning, 0.2) == spinning


@pytest.mark.parametrize(
    ("thread", "process", "queued"), [(9, 10, 0), (0.1, 0.1, 0), (9, 20, 0), (0.1, 0.2, 9)]
)
def test_work_of_this_thread_and_a_plain_wait_are_clear(
    thread: float, process: float, queued: float
) -> None:
    assert not is_unclear(spent(reading(0, 0, 0, 0), reading(10, thread, process, queued)))


def test_what_other_threads_work_while_this_one_waits_is_in_the_background() -> None:
    for process, cores in ((2.25, 1.0), (0.25, 0.0)):
        readings = iter([reading(0, 0, 0, 0), reading(2, 0.25, process, 0)])
        assert background_cores(0.0, lambda: next(readings)) == cores  # noqa: B023 - used at once


@pytest.mark.parametrize(
    ("work_s", "share", "machine", "message"),
    [
        (-1, 0.5, {"cores": 2}, "work_s must be at least 0, got -1"),
        (1, 2, {"cores": 2}, "serial_share must be from 0 to 1, got 2"),
        (1, 0.5, {"cores": 0}, "cores must be at least 1, got 0"),
        (1, 0.5, {"cores": 2, "speed": 0.0}, "speed must be above 0, got 0.0"),
    ],
)
def test_a_machine_that_cannot_be_has_no_price(
    work_s: float, share: float, machine: dict[str, Any], message: str
) -> None:
    offered = Machine(name="m", price_per_core_hour=0.05, **machine)
    with pytest.raises(WrongArgument, match=message):
        cheapest(work_s, share, [offered], deadline_s=60)


def test_queueing_is_at_most_all_of_the_time() -> None:
    books = Books()
    books.add_run(0, 1, 0.001)
    books.close_segment(spent(reading(0, 0, 0, 0), reading(1, 0.001, 0.001, 2), calls_s=0.5))
    assert books.measured().queued_share == 1.0


def test_history_is_a_hint_for_the_same_code_on_the_same_kind_of_machine(tmp_path: Path) -> None:
    path, host = str(tmp_path / "deep" / "history.json"), make_host(4)
    assert recall(path, len, host) is None
    remember(path, len, host, Measured(items=3, item_s=0.5))
    assert recall(path, len, host) == 0.5
    assert recall(path, len, make_host(8)) is None
    assert key_of(lambda x: x, host) != key_of(lambda x: x + 1, host)


def test_history_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    path.write_text("{broken")
    assert recall(str(path), len, make_host(2)) is None
    remember(str(path), len, make_host(2), Measured())
    assert path.read_text() == "{broken"


def test_what_cannot_be_pickled_is_weighed_as_its_reason() -> None:
    assert "generator" in weigh([(x for x in "a")]).problem
    assert weigh([]).size == 0.0
    assert weigh([bytes([n]) * 1000 for n in range(3)]).size > 900


def test_a_plan_tells_what_was_measured_decided_and_spent() -> None:
    decision = Decision(
        executor="process",
        workers=4,
        reason="4 processes need 1 s for what takes 4 s here",
        at_items=20,
        at_s=0.02,
        predicted_s=1.0,
        serial_s=4.0,
    )
    profile = Profile(
        measured=Measured(items=20, item_s=1e-3, spread=0.2, threads_gain=1.0, queued_share=0.1),
        total_s=1.04,
        best_s=1.0,
        serial_estimate_s=4.0,
        serial_share=0.05,
        amdahl_ceiling=20.0,
        cores=4,
        bound="the quota of 4 cpus",
        start_method="fork",
        start_reason="no other thread is alive",
        lost_workers=1,
    )
    plan = Plan(
        n_jobs=4,
        chunksize=25,
        executor="process",
        reason=decision.reason,
        estimated_speedup=3.8,
        speedup_interval=(3.5, 4.0),
        warnings=("one",),
        profile=profile,
        decisions=(decision,) * 10,
        equality=Equality(status="differs", index=3, detail="x"),
    )
    text = plan.explain()
    for part in (
        "process with 4 workers, 25 items at once, speedup 3.80x [3.50, 4.00]",
        "measured: 1 ms per item over 20 items",
        "bound by the quota of 4 cpus",
        "after 20 items, 20 ms: process x 4",
        "... and 2 more decisions",
        "1.04x of the best, serial would have taken 4 s",
        "so at most 20.0x with any number of workers",
        "1 workers were lost",
        "equality: differs at item 3; x",
        "warning: one",
    ):
        assert part in text


def test_a_plan_without_anything_says_why_it_is_serial() -> None:
    plan = Plan(n_jobs=1, chunksize=1, executor="serial", reason="there is nothing to run")
    assert plan.explain() == "serial: there is nothing to run"


def test_a_prior_counts_as_one_item_and_no_longer_than_a_few() -> None:
    books = Books()
    books.prior_s = 4.0
    books.add_run(0, 1, 2.0)
    assert books.measured().item_s == 3.0
    books.add_run(1, 9, 18.0)
    assert books.measured().item_s == 2.0
