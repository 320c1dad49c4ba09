from __future__ import annotations

import io
from typing import Any

import pytest

from holdfast.model.plan import Deselected
from holdfast.report import console
from holdfast.report.console import PlainReporter, write_line, write_summary
from holdfast.report.options import ReporterOptions, nothing_known
from holdfast.report.paint import plain
from holdfast.report.start_text import event_text
from holdfast.report.view import view
from tests.unit.report.plans import case, plan
from tests.unit.report.runs import finding, result, row, source


class Written:
    """A plain reporter, what it wrote, and a clock that the test sets."""

    def __init__(self, **options: Any) -> None:
        self.stream = io.StringIO()
        self.now_s = 100.0
        self.reporter = PlainReporter(
            ReporterOptions(stream=self.stream, now=lambda: self.now_s, **options)
        )

    def finish(self, full_id: str, status: str = "passed", **fields: Any) -> None:
        one = case(full_id)
        self.reporter.case_started(one, "worker-1")
        self.reporter.case_finished(one, result(one.id, status, suite=one.suite, **fields))

    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def test_the_start_says_how_much_will_run_and_what_will_not() -> None:
    written = Written()
    left_out = (Deselected("s", "x", "not selected"),)
    written.reporter.run_started(row(), plan("s/a", "t/b", needed=1, deselected=left_out))
    assert written.lines() == [
        "run 20260131-120000-ab12, seed 7: 2 cases (+1 needed) in 2 suites",
        "1 deselected: 1 not selected",
    ]


def test_what_did_not_pass_is_written_as_it_comes() -> None:
    written = Written()
    wrong = finding("failed", message="expected 3, got 4")
    written.finish("s/a")
    written.finish("s/b", "failed", findings=(wrong,))
    written.finish("s/c", "undecided", reason="nothing was expected")
    written.finish("s/d", "skipped", reason="not today")
    assert written.lines() == [
        "failed    s/b  250 ms  expected 3, got 4",
        "undecided s/c  250 ms  nothing was expected",
    ]


def test_an_avalanche_of_failures_is_cut() -> None:
    written = Written()
    for number in range(console.MAX_AS_THEY_COME + 10):
        written.finish(f"s/{number}", "failed")
    assert len(written.lines()) == console.MAX_AS_THEY_COME


def test_progress_is_written_only_every_few_seconds() -> None:
    written = Written()
    written.reporter.run_started(row(), plan("s/a", "s/b", "s/c", "s/d"))
    written.finish("s/a")
    written.now_s += console.PROGRESS_EVERY_S + 0.5
    written.finish("s/b", is_flaky=True)
    written.now_s += console.PROGRESS_EVERY_S / 2
    written.finish("s/c")
    assert written.lines()[1:] == ["2/4  2 passed, 1 flaky  5.5 s"]


def test_verbose_writes_one_line_per_finished_case() -> None:
    written = Written(verbose=True)
    written.reporter.run_started(row(), plan("s/a", "s/b"))
    written.finish("s/a")
    written.now_s += 60
    written.finish("s/b", "skipped", reason="not today")
    assert written.lines()[1:] == ["passed    s/a  250 ms", "skipped   s/b  not today"]


def test_without_progress_nothing_but_those_lines_is_written() -> None:
    loud, silent = Written(verbose=True, progress=False), Written(progress=False)
    for written in (loud, silent):
        written.reporter.run_started(row(), plan("s/a"))
        written.reporter.event("breaker", {"resource": "db"})
        written.finish("s/a", "failed", findings=())
        written.reporter.run_finished(row())
    assert loud.lines() == ["failed    s/a  250 ms"]
    assert silent.lines() == []


def test_a_line_per_case_says_what_is_special_about_it() -> None:
    written = Written(verbose=True)
    written.finish("s/a", cached_from="r0", is_flaky=True)
    assert written.lines() == ["passed    s/a  250 ms  flaky  cached from r0"]


def test_an_event_is_one_line() -> None:
    written = Written()
    written.reporter.event("breaker opened", {"resource": "db", "failures": 5})
    written.reporter.event("stopping", {})
    written.reporter.event("odd\x1b[2J", {"why": "a\nb"})
    assert written.lines() == [
        "note: breaker opened: resource db, failures 5",
        "note: stopping",
        "note: odd\\x1b[2J: why a...",
    ]


def test_what_a_stream_cannot_encode_is_written_as_an_escape() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    write_line(stream, "größe")
    assert raw.getvalue() == b"gr\\xf6\\xdfe\n"


def test_the_summary_ends_with_the_verdict() -> None:
    stream = io.StringIO()
    given = source([result()])
    write_summary(
        ReporterOptions(stream=stream), view(given.row, given.summary), reports=["report.json"]
    )
    lines = stream.getvalue().splitlines()
    assert lines[-2].startswith("PASSED  1 passed of 1 case")
    assert lines[-1] == "report: report.json"


def test_an_executor_that_cannot_tell_says_nothing() -> None:
    assert nothing_known() == {}


@pytest.mark.parametrize(
    ("name", "facts", "said"),
    [
        ("note", {"text": "this is a new one"}, "this is a new one"),
        (
            "stopping",
            {"kind": "fail-fast", "reason": "s/a failed"},
            "stopping, no more cases are started: s/a failed",
        ),
        (
            "breaker",
            {"open": "db", "ended": 2},
            "db failed too often in a row, 2 waiting cases ended as endpoint down",
        ),
        ("snapshots", {"written": ("a.json", "b.json")}, "2 snapshots written: a.json, b.json"),
        ("snapshots", {"written": ()}, "0 snapshots written"),
        ("other", {"n": 1, "m": None}, "other: n 1, m None"),
    ],
)
def test_an_event_is_told_as_a_sentence(name: str, facts: dict[str, Any], said: str) -> None:
    assert event_text(name, facts, plain) == f"note: {said}"
