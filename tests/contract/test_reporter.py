from __future__ import annotations

import io
from collections.abc import Callable, Iterator
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


@pytest.fixture
def told(reporter: Any, stream: io.StringIO) -> Callable[[str], bool]:
    """Give a function that tells whether a text was written, as far as the reporter writes at all."""

    def told(text: str) -> bool:
        written = stream.getvalue()
        return written == "" if isinstance(reporter, QUIET) else text in written

    return told


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


def test_a_run_can_be_told_from_start_to_end(
    reporter: Any, stream: io.StringIO, told: Callable[[str], bool]
) -> None:
    carry_out(reporter)
    assert told("run 20260131-120000-ab12, seed 7: 3 cases in 2 suites\n")
    assert told("failed    s/b  250 ms\n")
    assert "passed    s/a" not in stream.getvalue()


def test_two_runs_can_be_told_one_after_the_other(
    reporter: Any, stream: io.StringIO, told: Callable[[str], bool]
) -> None:
    carry_out(reporter)
    first = len(stream.getvalue())
    carry_out(reporter)
    stream.seek(0)
    again = stream.read()[first:]
    assert told("failed    s/b")
    assert ("failed    s/b" in again) == ("failed    s/b" in stream.getvalue()[:first])


def test_a_case_that_was_not_planned_is_no_surprise(
    reporter: Any, told: Callable[[str], bool]
) -> None:
    reporter.run_started(row(), plan("s/a"))
    reporter.case_finished(case("x/y"), result("y", "failed", suite="x"))
    reporter.run_finished(row())
    assert told("failed    x/y")


def test_a_case_that_never_started_may_finish(reporter: Any, told: Callable[[str], bool]) -> None:
    reporter.run_started(row(), plan("s/a"))
    reporter.case_finished(case("s/a"), result("a", "error", suite="s", reason="endpoint down"))
    reporter.run_finished(row())
    assert told("error     s/a")


def test_an_empty_run_can_be_told(reporter: Any, told: Callable[[str], bool]) -> None:
    reporter.run_started(row(), plan())
    reporter.run_finished(row())
    assert told("0 cases")


def test_events_may_carry_anything(reporter: Any, told: Callable[[str], bool]) -> None:
    reporter.event("before the start", {})
    reporter.run_started(row(), plan("s/a"))
    reporter.event("odd", {"object": object(), "bytes": b"\xff", "nothing": None})
    reporter.run_finished(row())
    reporter.event("after the end", {"n": 1})
    assert told("note: before the start\n")
    assert told("note: odd: object <object object at ")
    assert told("note: after the end: n 1\n")


def test_closing_twice_is_closing_once(reporter: Any, stream: io.StringIO) -> None:
    reporter.run_started(row(), plan("s/a"))
    reporter.close()
    written = stream.getvalue()
    reporter.close()
    assert stream.getvalue() == written


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
