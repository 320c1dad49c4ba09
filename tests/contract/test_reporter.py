from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.ports import Reporter
from holdfast.report.console import PLAIN, QUIET
from holdfast.report.live import LIVE
from holdfast.report.options import ReporterOptions
from tests.unit.report.plans import case, plan
from tests.unit.report.runs import ERROR, finding, result, row

REPORTERS = {"plain": PLAIN, "quiet": QUIET, "live": LIVE}


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(params=sorted(REPORTERS))
def reporter(request: pytest.FixtureRequest, stream: io.StringIO) -> Iterator[Any]:
    made = REPORTERS[request.param](ReporterOptions(stream=stream, refreshes=0))
    yield made
    made.close()


def carry_out(reporter: Reporter) -> None:
    reporter.run_started(row(), plan("s/a", "s/b", "t/c"))
    for name, status in (("s/a", "passed"), ("s/b", "failed"), ("t/c", "skipped")):
        one = case(name)
        reporter.case_started(one, "worker-1")
        reporter.case_finished(one, result(one.id, status, suite=one.suite))
    reporter.run_finished(row())


def test_a_run_can_be_told_from_start_to_end(reporter: Any, stream: io.StringIO) -> None:
    carry_out(reporter)
    assert not stream.closed


def test_two_runs_can_be_told_one_after_the_other(reporter: Any) -> None:
    carry_out(reporter)
    carry_out(reporter)


def test_a_case_that_was_not_planned_is_no_surprise(reporter: Any) -> None:
    reporter.run_started(row(), plan("s/a"))
    reporter.case_finished(case("x/y"), result("y", "failed", suite="x"))
    reporter.run_finished(row())


def test_a_case_that_never_started_may_finish(reporter: Any) -> None:
    reporter.run_started(row(), plan("s/a"))
    reporter.case_finished(case("s/a"), result("a", "skipped", suite="s", reason="needs s/b"))
    reporter.run_finished(row())


def test_an_empty_run_can_be_told(reporter: Any) -> None:
    reporter.run_started(row(), plan())
    reporter.run_finished(row())


def test_events_may_carry_anything(reporter: Any) -> None:
    reporter.event("before the start", {})
    reporter.run_started(row(), plan("s/a"))
    reporter.event("odd", {"object": object(), "bytes": b"\xff", "nothing": None})
    reporter.run_finished(row())
    reporter.event("after the end", {"n": 1})


def test_closing_twice_is_closing_once(reporter: Any) -> None:
    reporter.run_started(row(), plan("s/a"))
    reporter.close()
    reporter.close()


def test_nothing_that_a_case_says_is_obeyed_by_the_terminal(
    reporter: Any, stream: io.StringIO
) -> None:
    evil = "\x1b]0;owned\x07"
    one = case(f"s{evil}/a{evil}")
    reporter.run_started(row(), plan(one.full_id))
    reporter.case_started(one, evil)
    wrong = finding("failed", message=evil)
    reporter.case_finished(one, result(one.id, "failed", suite=one.suite, findings=(wrong,)))
    reporter.case_finished(one, result(one.id, "error", suite=one.suite, error=ERROR))
    reporter.event(evil, {evil: evil})
    reporter.run_finished(row())
    assert "\x07" not in stream.getvalue()
    assert "\x1b]" not in stream.getvalue()
