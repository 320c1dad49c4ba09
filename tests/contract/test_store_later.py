"""What does every store do with a run later on: judge, resume, remember, reuse, close?"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.errors import UsageError
from holdfast.model.codec import encode
from holdfast.model.evidence import Evidence
from holdfast.model.finding import failed, passed
from holdfast.ports import Store
from tests.contract.store_kit import (
    Opener,
    attempt,
    finish,
    finished_run,
    kept,
    plan,
    result,
    run_row,
)

# --- judged again ---------------------------------------------------------------


def test_new_findings_replace_those_of_the_last_attempt_alone(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a", "b"))
    first = attempt(1, (failed("old"),))
    finish(store, "r1", 0, result("a", first, attempt(2, (failed("x"), failed("y")))))
    finish(store, "r1", 1, result("b", attempt()))
    store.flush()
    judged = attempt(2, (passed("new", observed=3),))
    store.replace_findings("r1", 0, result("a", first, judged, is_flaky=True))
    assert store.pending() == 1
    store.flush()
    assert kept(store, "r1") == [result("a", first, judged, is_flaky=True), result("b", attempt())]
    assert store.evidence("r1", 0, 2) == Evidence(value=1)


def test_findings_can_be_replaced_before_they_were_flushed(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    finish(store, "r1", 0, result("a", attempt(1, (failed("x"), failed("y")))))
    store.replace_findings("r1", 0, result("a", attempt(1, (passed("new"),))))
    store.flush()
    assert kept(store, "r1") == [result("a", attempt(1, (passed("new"),)))]


def test_a_run_of_another_process_can_be_judged_again(opener: Opener) -> None:
    finished_run(opener(), "r1", "a")
    other = opener()
    other.replace_findings("r1", 0, result("a", attempt(1, (failed("now"),))))
    other.flush()
    assert kept(opener(), "r1") == [result("a", attempt(1, (failed("now"),)))]


def test_a_result_without_attempts_can_be_judged_again(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    store.end_case("r1", 0, result("a", status="skipped"))
    store.replace_findings("r1", 0, result("a", status="undecided", reason="why"))
    store.flush()
    assert kept(store, "r1") == [result("a", status="undecided", reason="why")]


# --- resume ---------------------------------------------------------------------


def test_a_resumed_run_keeps_results_and_gains_the_new_cases(opener: Opener) -> None:
    store = opener()
    store.open_run(run_row("r1", planned=3), plan("a", "b", "gone"))
    finish(store, "r1", 0, result("a", attempt()))
    store.close()
    resumed = opener()
    resumed.open_segment("r1", plan("new", "b", "a"), "commit changed")
    assert [(row.index, row.id) for row in resumed.planned("r1")] == [
        (0, "new"),
        (1, "b"),
        (2, "a"),
        (3, "gone"),
    ]
    finish(resumed, "r1", 0, result("new", attempt()))
    finish(resumed, "r1", 1, result("b", attempt()))
    resumed.flush()
    assert [(row.index, final.id) for row, final in resumed.results("r1")] == [
        (0, "new"),
        (1, "b"),
        (2, "a"),
    ]
    assert resumed.evidence("r1", 2, 1) == Evidence(value=1)


def test_a_resumed_run_is_open_again_with_one_segment_more(opener: Opener) -> None:
    store = opener()
    store.open_run(run_row("r1", planned=1), plan("a"))
    store.close_run(run_row("r1", planned=1, finished="then", verdict="incomplete", exit_code=130))
    store.open_segment("r1", plan("a", "b"), "note")
    row = opener().run("r1")
    assert (row.segments, row.planned, row.finished) == (2, 2, "")
    assert (row.verdict, row.exit_code) == ("", None)


def test_what_a_changed_case_left_proves_nothing_any_more(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a", "b"))
    for index, name in enumerate("ab"):
        finish(store, "r1", index, result(name, attempt(1, (passed("x"), passed("y")))))
    store.flush()
    store.open_segment("r1", plan("a", "b", version="2"), "")
    assert kept(store, "r1") == []
    final = result("a", attempt(1, (passed("z"),)))
    finish(store, "r1", 0, final)
    store.flush()
    assert kept(store, "r1") == [final]
    assert [row.key for row in store.planned("r1")] == ["key-s/a2", "key-s/b2"]


def test_attempts_of_the_old_content_are_no_attempts_of_the_new(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    finish(store, "r1", 0, result("a", attempt(1), attempt(2)))
    store.flush()
    store.open_segment("r1", plan("a", version="2"), "")
    finish(store, "r1", 0, result("a", attempt(1)))
    store.flush()
    assert kept(store, "r1") == [result("a", attempt(1))]
    assert store.evidence("r1", 0, 2) is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_attempt_can_be_recorded_and_run_again(opener: Opener, when: str) -> None:
    store = opener()
    store.open_run(run_row("r1"), plan("x", "a"))
    store.start_attempt("r1", 1, 1, 0.5, "h1")
    store.close()
    resumed = opener()
    if when == "after":
        resumed.open_segment("r1", plan("a", "x"), "")
    ((index, n, started_s, worker),) = resumed.started("r1")
    assert (index, n, started_s, worker) == (0 if when == "after" else 1, 1, 0.5, "h1")
    lost = attempt(1, (), status="lost", counts=False)
    resumed.end_attempt("r1", index, lost, b"")
    if when == "before":
        resumed.open_segment("r1", plan("a", "x"), "")
    final = result("a", lost, attempt(2))
    resumed.start_attempt("r1", 0, 2, 1.0, "h1")
    resumed.end_attempt("r1", 0, final.attempts[1], b"")
    resumed.end_case("r1", 0, final)
    resumed.flush()
    assert kept(resumed, "r1") == [final]
    assert list(resumed.started("r1")) == []


def test_a_result_closes_attempts_that_were_started_and_never_ended(opener: Opener) -> None:
    store = opener()
    store.open_run(run_row("r1"), plan("a"))
    store.start_attempt("r1", 0, 1, 0.5, "h1")
    store.close()
    resumed = opener()
    resumed.open_segment("r1", plan("a"), "")
    final = result("a", attempt(1, (), status="lost"), attempt(2))
    resumed.end_attempt("r1", 0, final.attempts[1], b"")
    resumed.end_case("r1", 0, final)
    resumed.flush()
    assert kept(resumed, "r1") == [final]
    assert list(resumed.started("r1")) == []


def test_an_attempt_number_used_again_replaces_the_first(opener: Opener) -> None:
    store = opener()
    store.open_run(run_row("r1"), plan("a"))
    store.end_attempt("r1", 0, attempt(1, (failed("x"), failed("y"))), b"")
    store.close()
    resumed = opener()
    resumed.open_segment("r1", plan("a"), "")
    final = result("a", attempt(1, (passed("z"),)))
    finish(resumed, "r1", 0, final)
    resumed.flush()
    assert kept(resumed, "r1") == [final]


# --- history --------------------------------------------------------------------


def test_expected_durations_are_known_once_a_run_is_closed(store: Store) -> None:
    assert store.durations(["s/a"]) == {}
    finished_run(store, "r1", "a", "b", duration_s=2.0)
    assert store.durations(["s/a", "s/b", "s/none"]) == {"s/a": 2.0, "s/b": 2.0}
    finished_run(store, "r2", "a", duration_s=4.0)
    assert store.durations(["s/a"]) == {"s/a": 3.0}


def test_an_expected_duration_follows_a_case_that_became_faster(store: Store) -> None:
    for n in range(10):
        finished_run(store, f"slow-{n}", "a", duration_s=10.0)
    for n in range(10):
        finished_run(store, f"fast-{n}", "a", duration_s=1.0)
    assert 1.0 < store.durations(["s/a"])["s/a"] < 2.5


def test_durations_of_many_cases_are_looked_up_in_batches(store: Store) -> None:
    names = [f"c{n}" for n in range(1_100)]
    finished_run(store, "r1", *names)
    assert len(store.durations(f"s/{name}" for name in names)) == 1_100


def test_what_was_skipped_or_reused_says_nothing_about_durations(store: Store) -> None:
    finished_run(store, "r1", "a", status="skipped")
    finished_run(store, "r2", "b", cached_from="r0")
    assert store.durations(["s/a", "s/b"]) == {}


def test_each_segment_counts_once_in_the_history(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a", "b"))
    finish(store, "r1", 0, result("a", attempt(), duration_s=8.0))
    store.close_run(run_row("r1", finished="then"))
    store.close_run(run_row("r1", finished="then"))
    store.open_segment("r1", plan("a", "b"), "")
    finish(store, "r1", 1, result("b", attempt(), duration_s=2.0))
    store.close_run(run_row("r1", finished="now"))
    finished_run(store, "r2", "a", "b", duration_s=4.0)
    assert store.durations(["s/a", "s/b"]) == {"s/a": 6.0, "s/b": 3.0}


# --- reuse ----------------------------------------------------------------------


def test_the_newest_result_of_a_key_is_offered_for_reuse_when_it_passed(store: Store) -> None:
    finished_run(store, "r1", "a", duration_s=1.0)
    finished_run(store, "r2", "a", duration_s=2.0)
    finished_run(store, "r3", "a", cached_from="r2")
    finished_run(store, "r4", "a", status="skipped")
    found = store.cached_many(["key-s/a", "key-s/b"])
    assert found == {"key-s/a": ("r2", result("a", attempt(), duration_s=2.0))}


def test_a_pass_that_a_later_failure_outweighs_is_not_offered_for_reuse(store: Store) -> None:
    finished_run(store, "r1", "a")
    finished_run(store, "r2", "a", status="failed")
    assert store.cached_many(["key-s/a"]) == {}


def test_many_keys_are_looked_up_at_once(store: Any) -> None:
    names = [f"c{n}" for n in range(700)]
    finished_run(store, "r1", *names)
    found = store.cached_many(f"key-s/{name}" for name in [*names, "other"])
    assert sorted(found) == sorted(f"key-s/{name}" for name in names)
    assert found["key-s/c699"] == ("r1", result("c699", attempt()))


def test_results_at_the_same_place_of_several_runs_keep_their_own_attempts(store: Any) -> None:
    finals = {}
    for name in ("a", "b", "c"):
        store.open_run(run_row(name, planned=1), plan(name))
        finals[name] = result(name, *(attempt(n, worker=f"{name}{n}") for n in (1, 2, 3)))
        finish(store, name, 0, finals[name])
        store.flush()
    found = store.cached_many(f"key-s/{name}" for name in finals)
    assert found == {f"key-s/{name}": (name, final) for name, final in finals.items()}
    assert {name: kept(store, name) for name in finals} == {n: [f] for n, f in finals.items()}


# --- life -----------------------------------------------------------------------


def test_closing_flushes(opener: Opener) -> None:
    store = opener()
    store.open_run(run_row("r1"), plan("a"))
    finish(store, "r1", 0, result("a", attempt()))
    store.close()
    assert kept(opener(), "r1") == [result("a", attempt())]


def test_a_run_id_is_used_once(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    with pytest.raises(UsageError, match="a run's id must be new, got 'r1'"):
        store.open_run(run_row("r1"), plan("a"))
    assert len(store.runs()) == 1


def test_records_with_keys_of_a_later_version_are_read(store: Store) -> None:
    class Later(msgspec.Struct, frozen=True, kw_only=True):
        value: int = 1
        novelty: str = "x"

    store.open_run(run_row("r1"), plan("a"))
    store.end_attempt("r1", 0, attempt(), encode(Later()))
    store.flush()
    assert store.evidence("r1", 0, 1) == Evidence(value=1)


# --- gone on with -----------------------------------------------------------------


def test_attempts_of_cases_without_a_result_are_told_and_one_without_an_end_is_lost(
    store: Store,
) -> None:
    store.open_run(run_row("r1"), plan("a", "b", "c"))
    finish(store, "r1", 0, result("a", attempt()))
    first = attempt(1, (failed("wrong"),))
    store.start_attempt("r1", 1, 1, 0.0, "host")
    store.end_attempt("r1", 1, first, encode(Evidence(value=1)))
    store.start_attempt("r1", 1, 2, 4.5, "worker-1")
    store.flush()
    [(planned, left)] = list(store.unfinished("r1"))
    assert (planned.suite + "/" + planned.id) == plan("a", "b").cases[1].case.full_id
    assert left[0] == first
    assert (left[1].n, left[1].status, left[1].counts) == (2, "lost", False)
    assert (left[1].started_s, left[1].worker) == (4.5, "worker-1")


def test_the_books_count_the_cases_of_the_latest_plan(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a", "b", "c"))
    finish(store, "r1", 0, result("a", attempt()))
    finish(store, "r1", 2, result("c", attempt()))
    store.flush()
    assert store.count("r1") == (3, 2)
    store.open_segment("r1", plan("b", "a"), "")
    assert store.count("r1") == (2, 1)
    assert [final.id for _, final in store.results("r1")] == ["a"]
