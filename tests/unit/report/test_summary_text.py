from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.evidence import CaseError
from holdfast.model.result import Result
from holdfast.model.run import GateRule, Schedule, WorkerShare
from holdfast.model.watched import Anomaly, Watched
from holdfast.report import summary_text as module
from holdfast.report.paint import ansi, plain
from holdfast.report.summary_text import deselected_text, gate_text, header_text, summary_text
from holdfast.report.view import view
from tests.unit.report.runs import ERROR, attempt, finding, planned, result, row, source


def said(*results: Result, durations: int = 0, reports: tuple[str, ...] = (), **fields: Any) -> str:
    unfinished = fields.pop("unfinished", 0)
    rows = planned([*results, *(result(f"later-{n}") for n in range(unfinished))])
    given = source(results, row(**fields), plan=rows)
    shown = view(given.row, given.summary)
    return summary_text(shown, width=80, paint=plain, durations=durations, reports=reports)


def verdict(text: str) -> str:
    """Return the line that ends with the exit code."""
    return next(line for line in text.splitlines() if "(exit code" in line)


@pytest.mark.parametrize(
    ("results", "fields", "expected"),
    [
        ([result()], {}, "PASSED  1 passed of 1 case; success rate 100 %; 10 s (exit code 0)"),
        (
            [result("a"), result("b", "undecided")],
            {},
            "PASSED with 1 undecided  1 passed, 1 undecided of 2 cases; success rate 50 %; 10 s (exit code 0)",
        ),
        (
            [result("a", "failed"), result("b", is_flaky=True)],
            {"exit_code": 1, "verdict": "failed"},
            "FAILED  1 passed, 1 failed, 1 flaky of 2 cases; success rate 50 %; 10 s (exit code 1)",
        ),
        (
            [result("b", "undecided")],
            {"exit_code": 3, "verdict": "undecided"},
            "UNDECIDED  1 undecided of 1 case; success rate 0 %; 10 s (exit code 3)",
        ),
        (
            [result()],
            {"exit_code": 3, "verdict": "incomplete", "unfinished": 1, "duration_s": 0},
            "INCOMPLETE  1 passed of 1 of 2 cases; success rate 50 % (exit code 3)",
        ),
        (
            [result()],
            {"exit_code": 130, "verdict": "incomplete", "unfinished": 1, "duration_s": 0},
            "INTERRUPTED  1 passed of 1 of 2 cases; success rate 50 % (exit code 130)",
        ),
        (
            [],
            {"exit_code": 4, "verdict": "passed", "duration_s": 0},
            "INCOMPLETE  no results of 0 cases; success rate 0 % (exit code 4)",
        ),
    ],
)
def test_the_verdict_says_what_the_exit_code_says(
    results: list[Result], fields: dict[str, Any], expected: str
) -> None:
    assert expected == verdict(said(*results, **fields))


@pytest.mark.parametrize("exit_code", [1, 3, 4, 5, 130])
@pytest.mark.parametrize("word", ["passed", "failed", "undecided", "incomplete"])
def test_only_exit_code_0_is_called_passed(exit_code: int, word: str) -> None:
    line = verdict(said(result(), exit_code=exit_code, verdict=word))
    assert not line.startswith("PASSED")


@pytest.mark.parametrize("exit_code", [3, 130])
def test_a_run_that_did_not_end_says_how_to_go_on(exit_code: int) -> None:
    text = said(result(), exit_code=exit_code, verdict="incomplete", unfinished=1)
    assert "hint: holdfast run --resume 20260131-120000-ab12" in text


def test_the_header_identifies_the_run() -> None:
    line = header_text(row(commit="0123456789abcdef", dirty=True, segments=3), plain)
    assert line == (
        "run 20260131-120000-ab12, seed 7, commit 0123456789ab with changes, resumed 2 x"
    )


def test_a_failure_shows_message_difference_and_how_to_see_it_again() -> None:
    wrong = finding("failed", message="value must equal [1], got [2]", expected=[1], observed=[2])
    assert said(result("adds", "failed", findings=(finding(), wrong)), exit_code=1).split("\n\n")[
        1:3
    ] == [
        "failures (1)",
        "sums/adds  failed  250 ms  cases/sums.yaml:1\n"
        "  equals: value must equal [1], got [2]\n"
        "    $[0]: expected 1, got 2\n"
        '  reproduce: holdfast run cases/sums.yaml "sums/adds" --seed 7',
    ]


def test_a_message_that_holds_its_difference_is_shown_once() -> None:
    wrong = finding(
        "failed", message="must equal\n$.n: expected 1, got 2", expected=[1], observed=[2]
    )
    text = said(result("adds", "failed", findings=(wrong,)), exit_code=1)
    assert "    $.n: expected 1, got 2\n" in text
    assert "$[0]" not in text


def test_a_finding_without_a_message_shows_what_was_expected() -> None:
    text = said(result(status="failed", findings=(finding("failed", expected=3, observed=4),)))
    assert "equals: failed without a message\n    $: expected 3, got 4" in text


def test_a_finding_that_was_assessed_in_another_run_says_so() -> None:
    kept = finding("undecided", message="value not kept", assessed_in="r0")
    assert "assessed in run r0" in said(result(status="undecided", findings=(kept,)))


def test_only_the_first_findings_are_told() -> None:
    many = tuple(finding("failed", message=f"no {number}") for number in range(8))
    text = said(result(status="failed", findings=many))
    assert ("no 4" in text, "no 5" in text) == (True, False)
    assert "and 3 more findings in the report" in text


def test_an_error_shows_its_traceback_cut_in_the_middle() -> None:
    lines = "\n".join(["Traceback", *(f"  line {number}" for number in range(40)), "ValueError: x"])
    error = CaseError(kind="exception", type="ValueError", message="x", traceback=lines)
    text = said(result(status="error", error=error, findings=()), exit_code=1)
    assert "  ValueError: x\n  | Traceback\n  |   line 0\n  |   ... 26 lines left out" in text
    assert ("|   line 26\n" in text, "|   line 27\n" in text) == (False, True)


def test_an_error_that_is_no_exception_names_its_kind() -> None:
    error = CaseError(kind="timeout", message="took longer than 30 s")
    text = said(result(status="error", error=error, findings=()))
    assert "  timeout: timeout: took longer than 30 s" not in text
    assert "  timeout: took longer than 30 s" in text


def test_attempts_of_a_case_are_told() -> None:
    tries = (attempt("error", error=ERROR), attempt("failed", n=2, findings=(finding("failed"),)))
    assert "failed  250 ms  2 attempts: error, failed" in said(
        result(status="failed", attempts=tries)
    )


def test_more_failures_than_a_reader_takes_in_are_counted() -> None:
    text = said(*(result(f"c{number}", "failed") for number in range(module.MAX_SHOWN + 5)))
    assert "failures (25)" in text
    assert "and 5 more in the report" in text
    assert "sums/c20" not in text


def test_undecided_cases_come_with_their_reason() -> None:
    text = said(result("g", "undecided", reason="nothing was expected", findings=()))
    assert "undecided (1)\n\nsums/g  undecided  250 ms  cases/sums.yaml:1\n  nothing was" in text


def test_a_flaky_pass_is_named() -> None:
    tries = (attempt("failed"), attempt(n=2))
    text = said(*(result(f"f{n}", is_flaky=True, attempts=tries) for n in range(22)))
    assert "passed, but attempts disagree\n  passed    sums/f0  250 ms  flaky in 2 attempts" in text
    assert "and more in the report" in text


def test_skipped_cases_are_grouped_by_reason() -> None:
    skipped = [result(f"s{n}", "skipped", reason="needs x") for n in range(3)]
    others = [result(f"o{n}", "skipped", reason=f"why {n}") for n in range(12)]
    text = said(*skipped, *others)
    assert "skipped (15)\n  3 x needs x\n  1 x why 0\n" in text
    assert "  3 x other reasons, in the report" in text


def test_deselected_cases_are_counted_by_reason() -> None:
    stress = "stress (use --include-stress)"
    deselected = [("s", "a", "not selected"), ("s", "b", stress), ("s", "c", stress)]
    assert deselected_text(deselected) == (
        "3 deselected: 2 stress (use --include-stress), 1 not selected"
    )
    assert deselected_text([]) == ""


def test_the_longest_cases_are_listed_on_demand() -> None:
    results = [
        result("fast", duration_s=0.01),
        result("slow", duration_s=2.0, attempts=(attempt("failed"), attempt(n=2))),
    ]
    assert "longest" not in said(*results)
    assert (
        "2 longest cases\n    2 s  passed    sums/slow  2 attempts\n  10 ms  passed    sums/fast"
        in said(*results, durations=5)
    )


def test_what_took_unusually_long_is_told_before_the_verdict() -> None:
    slow = Anomaly(case="sums/adds", duration_s=2.0, usual_s=0.1, score=9.0, runs=8)
    text = said(result(), watched=Watched(judged=4, unusual=1, anomalies=(slow,)))
    assert (
        "took unusually long (1 of 4 with a past)\n"
        "  sums/adds took 2 s, usually 100 ms (its last 8 runs, score 9.0)\n\n"
        "where the time went" in text
    )


def test_it_is_told_where_the_time_went() -> None:
    text = said(result())
    assert (
        "where the time went\n"
        "  makespan        10 s, 1.02 x its lower bound of 9.8 s\n"
        "  sequential      19 s; speedup 1.90, efficiency 95 %\n"
        "  idle            5 % of the workers' time\n"
        "  permit waiting  1.5 s\n"
        "  critical path   sums/adds -> sums/then\n"
        "  worker-1        3 cases, busy 90 %\n" in text
    )


def test_a_run_without_a_schedule_says_nothing_of_the_time() -> None:
    assert "where the time went" not in said(result(), schedule=Schedule())


def test_long_paths_and_many_workers_are_cut() -> None:
    workers = tuple(WorkerShare(name=f"w-{n}", cases=1, busy_share=0.5) for n in range(18))
    long = Schedule(
        makespan_s=1.0, critical_path=tuple(f"s/c{n}" for n in range(9)), per_worker=workers
    )
    text = said(result(), schedule=long)
    assert "s/c0 -> s/c1 -> s/c2 -> (5 more) -> s/c8" in text
    assert "2 more workers  2 cases" in text
    assert "  w-0             1 case, busy 50 %" in text


def test_rules_that_did_not_hold_come_before_warnings() -> None:
    rules = [
        GateRule(name="complete", held=True),
        GateRule(name="flaky", held=True, message="attempts disagree in 1 case"),
        GateRule(name="success_rate", held=False, message="1 of 2 cases passed"),
        GateRule(name="own", held=False, threshold=3, observed=4),
    ]
    assert gate_text(rules, plain).split("\n") == [
        "gate not met: success_rate: 1 of 2 cases passed",
        "gate not met: own: 4 (limit 3)",
        "warning: flaky: attempts disagree in 1 case",
    ]


def test_the_paths_of_the_reports_are_the_last_lines() -> None:
    text = said(result(), reports=("out/report.json", "out/report.html"))
    assert text.endswith("(exit code 0)\nreport: out/report.json\nreport: out/report.html\n")


def test_nothing_that_a_case_says_reaches_the_terminal_as_a_command() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202e"
    error = CaseError(kind="crash", type=evil, message=evil, traceback=f"{evil}\n{evil}")
    bad = finding(
        "failed", expectation=evil, message=f"{evil}\n{evil}", expected=[evil], observed=evil
    )
    text = said(
        result(f"a{evil}", "failed", findings=(bad,), reason=evil),
        result(f"b{evil}", "error", error=error, findings=()),
        result(f"c{evil}", "skipped", reason=evil),
        result(f"d{evil}", is_flaky=True, cached_from=evil),
        durations=9,
        reports=(evil,),
        id=evil,
        commit=evil,
        gate=(GateRule(name=evil, held=False, message=evil),),
        deselected=((evil, evil, evil),),
        schedule=Schedule(
            makespan_s=1.0,
            critical_path=(evil,),
            per_worker=(WorkerShare(name=evil, cases=1, busy_share=1.0),),
        ),
    )
    assert not set(text) & set(evil) - set("]0;owned[2J")
    assert "\\x1b" in text


def test_colours_are_put_around_words_and_never_change_them() -> None:
    given = source([result("a", "failed"), result("b")], row(exit_code=1, verdict="failed"))
    shown = view(given.row, given.summary)
    coloured = summary_text(shown, width=80, paint=ansi, durations=2)
    assert "\x1b[31mFAILED\x1b[0m" in coloured
    for code in ("0", "1", "2", "31", "32", "33", "35", "36"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == summary_text(shown, width=80, paint=plain, durations=2)
