"""Does every store keep what it is given? One suite, run over SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.errors import UsageError
from holdfast.model.codec import encode
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.model.run import Counts, GateRule, Schedule
from holdfast.ports import Store
from tests.contract.store_kit import (
    STORES,
    Opener,
    attempt,
    case,
    finish,
    kept,
    plan,
    result,
    run_row,
)


def test_this_contract_runs_over_every_store_that_is_registered() -> None:
    registered = {name for kind, name, _ in COMPONENTS if kind == "store"}
    assert registered == {"sqlite", "postgresql"} == set(STORES)


# --- runs -----------------------------------------------------------------------


def test_a_run_is_returned_as_it_was_opened(store: Store) -> None:
    row = run_row("r1", planned=1, environment={"python": "3.11"}, settings={"slots": 2})
    store.open_run(row, plan("a"))
    assert store.run("r1") == row
    assert store.run("last") == row


def test_a_closed_run_is_returned_as_it_was_closed(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    row = run_row(
        "r1",
        finished="2026-01-31T12:01:00Z",
        duration_s=60.5,
        exit_code=1,
        verdict="failed",
        counts=Counts(planned=1, failed=1),
        gate=(GateRule(name="success_rate", held=False, threshold=1.0, observed=0.0),),
        schedule=Schedule(makespan_s=1.5, critical_path=("s/a",)),
        deselected=(("s", "b", "tagged stress"),),
    )
    store.close_run(row)
    assert store.run("r1") == row


def test_an_open_run_is_seen_by_another_process_at_once(opener: Opener) -> None:
    opener().open_run(run_row("r1"), plan("a", "b"))
    other = opener()
    assert other.run("last").id == "r1"
    assert [row.id for row in other.planned("r1")] == ["a", "b"]


def test_last_counts_back_in_the_order_in_which_runs_were_opened(store: Store) -> None:
    for name in ("zz", "mm", "aa"):
        store.open_run(run_row(name), plan())
    assert [store.run(ref).id for ref in ("last", "last~0", "last~1", "last~2")] == [
        "aa",
        "aa",
        "mm",
        "zz",
    ]
    assert [row.id for row in store.runs()] == ["aa", "mm", "zz"]
    assert [row.id for row in store.runs(limit=1)] == ["aa"]


def test_a_run_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    for name in ("run-12", "run-1", "x%y"):
        store.open_run(run_row(name), plan())
    assert store.run("run-12").id == "run-12"
    assert store.run("run-1").id == "run-1"
    assert store.run("x").id == "x%y"
    with pytest.raises(UsageError, match="no such run '%'"):
        store.run("%")


def test_an_ambiguous_beginning_is_refused_with_what_it_may_mean(store: Store) -> None:
    for n in range(7):
        store.open_run(run_row(f"run-{n}"), plan())
    with pytest.raises(UsageError) as caught:
        store.run("run")
    assert caught.value.message == "a run must be named unambiguously, got 'run'"
    assert caught.value.hint == "it may mean run-6, run-5, run-4, run-3, run-2, ..."


@pytest.mark.parametrize("ref", ["nope", "last~3", "last~x", "", "last~99999999999999999999"])
def test_an_unknown_run_is_refused_with_the_newest_ids(store: Store, ref: str) -> None:
    store.open_run(run_row("r-older"), plan())
    store.open_run(run_row("r-newer"), plan())
    with pytest.raises(UsageError) as caught:
        store.run(ref)
    assert caught.value.message.startswith(f"no such run {ref!r}")
    assert caught.value.hint == "the newest: r-newer, r-older"


def test_an_empty_store_says_that_it_holds_no_run(store: Store) -> None:
    with pytest.raises(UsageError, match="the store holds none"):
        store.run("last")
    assert store.runs() == ()


@pytest.mark.parametrize("read", ["planned", "results", "started"])
def test_what_an_unknown_run_left_is_an_error_not_nothing(store: Store, read: str) -> None:
    with pytest.raises(UsageError, match="no such run 'r9'"):
        list(getattr(store, read)("r9"))


# --- plans ----------------------------------------------------------------------


def test_planned_cases_come_back_whole_in_plan_order(store: Store) -> None:
    cases = [case("b", priority=3, tags=("x", "y")), case("a", source="a.yaml:3"), case("é/ü")]
    store.open_run(run_row("r1"), plan(*cases))
    rows = list(store.planned("r1", with_case=True))
    assert [row.case for row in rows] == cases
    assert [(row.index, row.suite, row.id, row.key) for row in rows] == [
        (0, "s", "b", "key-s/b"),
        (1, "s", "a", "key-s/a"),
        (2, "s", "é/ü", "key-s/é/ü"),
    ]
    lean = list(store.planned("r1"))
    assert [(row.tags, row.source, row.case) for row in lean] == [
        (each.tags, each.source, None) for each in cases
    ]


def test_suites_whose_full_ids_are_equal_are_kept_apart(store: Store) -> None:
    store.open_run(run_row("r1"), plan(case("b/c", suite="a"), case("c", suite="a/b")))
    assert [(row.suite, row.id) for row in store.planned("r1")] == [("a", "b/c"), ("a/b", "c")]


def test_the_same_case_with_other_content_is_kept_beside_the_first(store: Store) -> None:
    store.open_run(run_row("r1"), plan(case("a", priority=1)))
    store.open_run(run_row("r2"), plan(case("a", priority=2)))
    store.open_run(run_row("r3"), plan(case("a", priority=1)))
    priorities = [next(store.planned(f"r{n}", with_case=True)).case for n in (1, 2, 3)]
    assert [each and each.priority for each in priorities] == [1, 2, 1]


def test_a_plan_of_many_pages_is_complete(store: Store) -> None:
    names = [f"c{n}" for n in range(2_345)]
    store.open_run(run_row("r1"), plan(*names))
    for index, name in enumerate(names):
        store.end_case("r1", index, result(name, status="skipped", reason="no"))
    store.flush()
    assert [row.id for row in store.planned("r1")] == names
    assert [(row.index, row.id, final.id) for row, final in store.results("r1")] == [
        (index, name, name) for index, name in enumerate(names)
    ]


def test_a_case_that_msgpack_cannot_hold_is_kept_tagged(store: Store) -> None:
    odd = case("a", matrix={"n": 2**70, "text": "\ud800", "nul": "\0"})
    store.open_run(run_row("r1"), plan(odd))
    found = next(store.planned("r1", with_case=True)).case
    assert found is not None
    assert found.matrix["n"] == {"$type": "int", "value": str(2**70)}
    assert found.matrix["text"] == "\\ud800"


# --- attempts and results -------------------------------------------------------


def test_a_result_comes_back_as_it_was_handed_in(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    error = CaseError(kind="timeout", type="T", message="m", traceback="tb", tags=("status 503",))
    rich = Finding(
        expectation="equals",
        status="failed",
        message="no",
        expected={"a": [1, None]},
        observed=[True, 1.5],
        score=0.25,
        assessed_in="r0",
    )
    final = result(
        "a",
        attempt(1, (passed("yes"), rich), error=error, status="error", counts=False),
        attempt(2, (), status="undecided"),
        attempt(3, (passed(), undecided("why"), failed("f", observed=0))),
        reason="because",
        is_flaky=True,
        measurements={"p99": 0.5},
    )
    finish(store, "r1", 0, final)
    store.flush()
    assert kept(store, "r1") == [final]


def test_a_skipped_case_keeps_its_reason_and_kind(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    final = result("a", status="skipped", reason="need s/b failed", skip_kind="need")
    store.end_case("r1", 0, final)
    store.flush()
    assert kept(store, "r1") == [final]


def test_a_reused_result_keeps_attempts_that_were_never_told_one_by_one(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    final = result("a", attempt(1), attempt(2), cached_from="r0")
    store.end_case("r1", 0, final)
    store.flush()
    assert kept(store, "r1") == [final]


def test_text_that_databases_refuse_is_kept_escaped(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    bad = failed("nul \0 lone \ud800 é", expected="\ud800", observed=2**70)
    error = CaseError(kind="exception", message="\ud800\0")
    final = result("a", attempt(1, (bad,), error=error, worker="w\0"), reason="\0")
    store.end_attempt("r1", 0, final.attempts[0], b"")
    store.end_case("r1", 0, final)
    store.flush()
    (found,) = kept(store, "r1")
    assert found.findings[0].message == "nul \\x00 lone \\ud800 é"
    assert found.findings[0].expected == "\\ud800"
    assert found.findings[0].observed == {"$type": "int", "value": str(2**70)}
    assert (found.reason, found.attempts[0].worker) == ("\\x00", "w\\x00")
    assert found.error is not None
    assert found.error.message == "\\ud800\\x00"


def test_results_stream_in_plan_order_whatever_the_order_of_their_ends(store: Store) -> None:
    names = [f"c{n}" for n in range(10)]
    store.open_run(run_row("r1"), plan(*names))
    for index in reversed(range(10)):
        finish(store, "r1", index, result(names[index], attempt()))
    store.flush()
    assert [row.index for row, _ in store.results("r1")] == list(range(10))


def test_results_can_be_read_while_the_same_store_writes(store: Store) -> None:
    names = [f"c{n}" for n in range(1_200)]
    store.open_run(run_row("r1"), plan(*names))
    for index, name in enumerate(names[:600]):
        finish(store, "r1", index, result(name, attempt()))
    store.flush()
    stream = store.results("r1")
    first = [next(stream)[1].id for _ in range(10)]
    for index, name in enumerate(names[600:], 600):
        finish(store, "r1", index, result(name, attempt()))
    store.flush()
    assert first + [final.id for _, final in stream] == names


def test_nothing_is_durable_before_flush_and_everything_after(opener: Opener) -> None:
    store, other = opener(), opener()
    store.open_run(run_row("r1"), plan("a", "b"))
    finish(store, "r1", 0, result("a", attempt()))
    store.start_attempt("r1", 1, 1, 0.5, "h2")
    assert store.pending() > 0
    assert kept(other, "r1") == []
    assert list(other.started("r1")) == []
    store.flush()
    assert store.pending() == 0
    assert [final.id for final in kept(other, "r1")] == ["a"]
    assert list(other.started("r1")) == [(1, 1, 0.5, "h2")]


def test_an_attempt_that_has_no_end_is_no_attempt_of_a_result(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    store.start_attempt("r1", 0, 1, 0.5, "h1")
    store.flush()
    store.end_case("r1", 0, result("a", status="skipped", skip_kind="interrupt"))
    store.flush()
    assert kept(store, "r1") == [result("a", status="skipped", skip_kind="interrupt")]
    assert list(store.started("r1")) == [(0, 1, 0.5, "h1")]


def test_an_attempt_that_ends_after_its_start_was_flushed_is_whole(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    final = result("a", attempt(1, (passed("one"), passed("two"))))
    store.start_attempt("r1", 0, 1, final.attempts[0].started_s, "h1")
    store.flush()
    store.end_attempt("r1", 0, final.attempts[0], encode(Evidence(value=5)))
    store.end_case("r1", 0, final)
    store.flush()
    assert kept(store, "r1") == [final]
    assert list(store.started("r1")) == []
    assert store.evidence("r1", 0, 1) == Evidence(value=5)


def test_two_runs_may_write_to_one_store_at_the_same_time(opener: Opener) -> None:
    stores = [opener(), opener()]
    for n, store in enumerate(stores):
        store.open_run(run_row(f"r{n}"), plan("a", "b"))
    for index, name in enumerate("ab"):
        for n, store in enumerate(stores):
            finish(store, f"r{n}", index, result(name, attempt(worker=f"w{n}")))
            store.flush()
    for n, store in enumerate(stores):
        store.close_run(run_row(f"r{n}", finished="now"))
        assert [final.attempts[0].worker for final in kept(store, f"r{n}")] == [f"w{n}"] * 2


# --- evidence -------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, 63_000, 65_000, 2_000_000])
def test_evidence_of_any_size_comes_back(opener: Opener, size: int) -> None:
    store = opener()
    store.open_run(run_row("r1"), plan("a", "b"))
    for index, name in enumerate("ab"):
        finish(store, "r1", index, result(name, attempt()), value="x" * size)
    store.flush()
    other = opener()
    assert other.evidence("r1", 0, 1) == Evidence(value="x" * size)
    assert other.evidence("r1", 1, 1) == Evidence(value="x" * size)


def test_no_evidence_is_none(store: Store) -> None:
    store.open_run(run_row("r1"), plan("a"))
    store.end_attempt("r1", 0, attempt(), b"")
    store.flush()
    assert store.evidence("r1", 0, 1) is None
    assert store.evidence("r1", 0, 2) is None
    assert store.evidence("r1", 5, 1) is None
