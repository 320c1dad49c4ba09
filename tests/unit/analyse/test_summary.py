from __future__ import annotations

from holdfast.analyse import summary as module
from holdfast.analyse.summary import Tally, summarise
from holdfast.model.result import Result
from holdfast.model.run import Counts
from holdfast.model.summary import Summary
from tests.unit.report.runs import ERROR, attempt, finding, planned, result


def summary_of(*results: Result, unfinished: int = 0, slowest: int = 10) -> Summary:
    rows = planned([*results, *(result(f"later-{n}") for n in range(unfinished))])
    return summarise(rows, zip(rows, results, strict=False), slowest=slowest)


def test_each_status_is_counted_once() -> None:
    found = summary_of(
        result("a"),
        result("b", "failed"),
        result("c", "error", error=ERROR),
        result("d", "undecided"),
        result("e", "skipped", skip_kind="need"),
    ).counts
    assert found == Counts(
        planned=5, recorded=5, passed=1, failed=1, error=1, undecided=1, skipped=1
    )


def test_cases_without_a_result_are_planned_and_not_recorded() -> None:
    counts = summary_of(result("a"), unfinished=2).counts
    assert (counts.planned, counts.recorded) == (3, 1)


def test_only_what_the_author_asked_for_leaves_the_rate_alone() -> None:
    kinds = ("author", "xfail", "need", "budget", "interrupt", "fail-fast", "stop", "requires", "")
    skipped = [result(f"s-{kind}", "skipped", skip_kind=kind) for kind in kinds]
    assert summary_of(*skipped).counts.author_skipped == 2


def test_flaky_and_cached_are_counted_beside_the_status() -> None:
    counts = summary_of(
        result("a", is_flaky=True),
        result("b", "failed", is_flaky=True),
        result("c", cached_from="r0"),
    ).counts
    assert (counts.passed, counts.failed, counts.flaky, counts.cached) == (2, 1, 2, 1)


def test_suites_are_summed_apart_in_plan_order() -> None:
    found = summary_of(
        result("a", suite="zeta", started_s=1.0, duration_s=1.0),
        result("b", suite="alpha", started_s=2.0, duration_s=0.5),
        result("c", "failed", suite="zeta", started_s=4.0, duration_s=2.0),
    )
    assert [(one.name, one.counts.planned, one.duration_s) for one in found.suites] == [
        ("zeta", 2, 5.0),
        ("alpha", 1, 0.5),
    ]
    assert [one.counts.success_rate for one in found.suites] == [0.5, 1.0]


def test_a_suite_of_which_nothing_ran_lasted_no_time() -> None:
    found = summary_of(result("a", "skipped", started_s=9.0))
    assert found.suites[0].duration_s == 0.0


def test_errors_of_a_suite_name_the_case_and_the_reason() -> None:
    wrong = finding("failed", message="expected 3, got 4")
    found = summary_of(
        result("a", "failed", findings=(finding(), wrong)),
        result("b", "error", error=ERROR, findings=()),
        result("c", "error", reason="endpoint down", findings=(), error=None),
    )
    assert found.suites[0].errors == (
        ("a", "expected 3, got 4"),
        ("b", "ValueError: no rows"),
        ("c", "endpoint down"),
    )


def test_a_long_message_is_cut() -> None:
    found = summary_of(result("a", "failed", findings=(finding("failed", message="x" * 900),)))
    assert found.suites[0].errors == (("a", "x" * 500 + "..."),)


def test_what_is_kept_is_bounded_and_what_is_not_is_counted() -> None:
    number = module.MAX_ERRORS + 3
    found = summary_of(*(result(str(n), "failed") for n in range(number)))
    assert len(found.failed) == module.MAX_ENTRIES
    assert len(found.suites[0].errors) == module.MAX_ERRORS
    assert (found.errors_cut, found.counts.failed) == (3, number)


def test_failures_undecided_and_flaky_are_kept_with_their_place() -> None:
    found = summary_of(
        result("a", "failed"),
        result("b", "undecided"),
        result("c", is_flaky=True, attempts=(attempt("failed"), attempt(n=2))),
        result("d", "error"),
    )
    assert [(one.result.id, one.source) for one in found.failed] == [
        ("a", "cases/sums.yaml:1"),
        ("d", "cases/sums.yaml:4"),
    ]
    assert [one.result.id for one in found.undecided] == ["b"]
    assert [one.result.id for one in found.flaky] == ["c"]


def test_skipped_cases_are_grouped_by_reason_most_frequent_first() -> None:
    reasons = ["rare", "often", "often", ""]
    found = summary_of(*(result(str(n), "skipped", reason=why) for n, why in enumerate(reasons)))
    assert found.skipped == (("often", 2), ("no reason given", 1), ("rare", 1))


def test_too_many_reasons_are_counted_together() -> None:
    number = module.MAX_REASONS + 5
    found = summary_of(*(result(str(n), "skipped", reason=f"why {n}") for n in range(number)))
    assert found.skipped[0] == (module.OTHER_REASONS, 5)
    assert sum(count for _, count in found.skipped) == number


def test_the_longest_cases_are_kept_longest_first() -> None:
    times = [0.3, 0.9, 0.1, 0.5, 0.9]
    found = summary_of(
        *(result(str(n), duration_s=time) for n, time in enumerate(times)), slowest=3
    )
    assert [(one.full_id, one.duration_s) for one in found.slowest] == [
        ("sums/1", 0.9),
        ("sums/4", 0.9),
        ("sums/3", 0.5),
    ]


def test_no_longest_cases_are_kept_when_none_are_wanted() -> None:
    assert summary_of(result("a"), slowest=0).slowest == ()


def test_a_tally_can_be_read_while_it_grows() -> None:
    tally = Tally()
    tally.plan("sums", 2)
    tally.add(result("a"))
    assert (tally.counts().recorded, tally.suite_counts()["sums"].planned) == (1, 2)
    tally.add(result("b", "failed"))
    assert tally.summary().counts == Counts(planned=2, recorded=2, passed=1, failed=1)


def test_a_result_of_a_suite_that_was_not_planned_leaves_the_books_open() -> None:
    tally = Tally()
    tally.add(result("a", suite="ghost"))
    assert (tally.counts().planned, tally.counts().recorded) == (0, 1)
