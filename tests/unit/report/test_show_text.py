from __future__ import annotations

import math

from holdfast.model.evidence import Evidence, Output, Series, StepEvidence
from holdfast.model.result import Result
from holdfast.model.watched import Anomaly, Watched
from holdfast.ports import PlannedRow
from holdfast.report import show_text as module
from holdfast.report.paint import plain
from holdfast.report.show_case_text import case_text
from holdfast.report.show_text import Standing, standing_of, standing_text
from holdfast.report.view import view
from tests.unit.report.runs import ERROR, attempt, finding, planned, result, row, source

CASES = [result(name) for name in "abcde"]
ROWS = planned(CASES)
UNDER_WAY = row(finished="", exit_code=None, verdict="")


def standing(finished: int = 2) -> Standing:
    done = [(ROWS[n], result(CASES[n].id, duration_s=float(n))) for n in range(finished)]
    return standing_of(ROWS, done, [(2, 1, 4.0, "w-1"), (3, 2, 1.0, "w-2"), (0, 1, 0.0, "w-1")])


def shown_as(state: str, given: Standing) -> str:
    made = source(CASES[:2], UNDER_WAY, plan=ROWS)
    shown = view(made.row, made.summary)
    return standing_text(shown, given, state=state, elapsed_s=5.0, paint=plain)  # type: ignore[arg-type]


def test_every_case_is_finished_running_or_pending() -> None:
    found = standing()
    assert (found.finished, len(found.running), found.pending) == (2, 2, 1)
    assert found.next_up == ("sums/e",)


def test_the_longest_running_attempt_comes_first() -> None:
    assert [one.full_id for one in standing().running] == ["sums/d", "sums/c"]


def test_the_latest_result_comes_first() -> None:
    assert [one.id for one in standing().latest] == ["b", "a"]


def test_lists_are_bounded_and_the_rest_is_counted() -> None:
    many = planned([result(f"c{n}") for n in range(200)])
    done = [(one, result(one.id, started_s=float(one.index))) for one in many[:100]]
    found = standing_of(many, done, [])
    assert (found.finished, found.pending) == (100, 100)
    assert [one.id for one in found.latest] == [
        f"c{n}" for n in range(99, 99 - module.MAX_LISTED, -1)
    ]
    assert len(found.next_up) == module.MAX_LISTED
    assert "pending (100)" in (text := shown_as("running", found))
    assert text.count("  and 50 more; --all lists them") == 2


def test_lists_are_whole_when_all_is_asked_for() -> None:
    many = planned([result(f"c{n}") for n in range(200)])
    done = [(one, result(one.id, started_s=float(one.index))) for one in many[:100]]
    found = standing_of(many, done, [], limit=math.inf)
    assert [one.id for one in found.latest] == [f"c{n}" for n in range(99, -1, -1)]
    assert len(found.next_up) == 100
    assert " more" not in shown_as("running", found)


def test_a_run_that_goes_on_shows_what_each_worker_does() -> None:
    assert shown_as("running", standing()) == (
        "run 20260131-120000-ab12, seed 7\n\n"
        "running (2)\n"
        "  sums/d, attempt 2 for 4 s on w-2\n"
        "  sums/c for 1 s on w-1\n\n"
        "workers\n"
        "  w-1: sums/c\n"
        "  w-2: sums/d\n\n"
        "pending (1)\n"
        "  sums/e\n\n"
        "finished (2)\n"
        "  passed    sums/b  1 s\n"
        "  passed    sums/a  0 s\n\n"
        "gate not met: complete: the run has not finished; 3 of 5 planned cases have no recorded "
        "result\n\n"
        "RUNNING  2 of 5 cases are finished after 5 s\n"
    )


def test_a_worker_with_many_cases_names_the_longest_one() -> None:
    found = standing_of(ROWS, [], [(n, 1, float(n), "host-1") for n in range(3)])
    assert "  host-1: sums/a and 2 more" in shown_as("running", found)


def test_a_run_that_was_cut_off_says_what_was_lost_and_how_to_go_on() -> None:
    text = shown_as("stopped", standing())
    assert "lost, will run again on resume (2)\n  sums/d, attempt 2 on w-2" in text
    assert "INCOMPLETE" in text
    assert "--resume" in text
    assert "workers\n" not in text


def test_a_run_that_waits_for_its_first_case_has_no_workers() -> None:
    text = shown_as("running", standing_of(ROWS, [], []))
    assert "workers" not in text
    assert "pending (5)" in text


def test_a_finished_run_shows_its_verdict() -> None:
    made = source(CASES)
    text = standing_text(
        view(made.row, made.summary),
        standing_of(ROWS, made.results(), []),
        state="finished",
        paint=plain,
    )
    assert "pending" not in text
    assert "\nPASSED  5 passed of 5 cases" in text


def test_a_run_shows_what_it_used_and_what_took_unusually_long() -> None:
    slow = tuple(
        Anomaly(case=f"sums/c{n}", duration_s=2.0, usual_s=0.1, score=9.0, runs=8)
        for n in range(60)
    )
    made = source(
        CASES,
        row(watched=Watched(judged=90, unusual=60, anomalies=slow, asked_hz=10.0, achieved_hz=9.9)),
    )
    series = {"rss_bytes.host": Series(at_s=[0.1, 0.2], values=[1024.0, 2048.0])}
    text = standing_text(
        view(made.row, made.summary, series),
        standing_of(ROWS, made.results(), []),
        state="finished",
        paint=plain,
    )
    assert "took unusually long (60 of 90 with a past)" in text
    assert "  and 10 more\n" in text
    assert "  host     1 KiB  2 KiB  2 KiB  +1 KiB    -\n" in text
    assert text.index("memory\n") < text.index("PASSED")


def one(found: Result | None, **evidence: Evidence) -> str:
    planned_row = PlannedRow(
        index=0, suite="sums", id="adds", key="k1", tags=("quick", "e2e"), source="a.yaml:3"
    )
    left = {int(name[1:]): value for name, value in evidence.items()}
    return case_text(planned_row, found, left, seed=7, paint=plain)


def test_a_case_without_a_result_says_so() -> None:
    assert one(None) == ("sums/adds\nsource: a.yaml:3\ntags: quick, e2e\nkey: k1\nno result yet\n")


def test_a_case_shows_every_attempt_with_findings_and_evidence() -> None:
    wrong = finding("failed", message="expected 3, got 4\n$: expected 3, got 4")
    tries = (
        attempt("failed", findings=(wrong,)),
        attempt("error", n=2, error=ERROR, counts=False),
    )
    left = Evidence(
        value={"n": 4},
        call_s=0.002,
        facts={"status": 200},
        measurements={"p99": 0.5},
        stdout=Output(text="hello\n", cut_bytes=9),
        notes=("warmed up",),
    )
    text = one(result(status="error", attempts=tries, measurements={"ops": 2000.0}), a1=left)
    assert text.split("\n\n") == [
        "error     sums/adds  250 ms  ValueError: no rows\n"
        "source: a.yaml:3\ntags: quick, e2e\nkey: k1",
        "measurements\n  ops: 2,000",
        "attempt 1  failed  250 ms on worker-1, started at 500 ms\n"
        "  failed    equals: expected 3, got 4\n"
        "              $: expected 3, got 4\n"
        '  value {"n":4}\n'
        "  call 2 ms\n"
        "  status 200\n"
        "  p99 0.5\n"
        "  note warmed up\n"
        "  stdout (9 bytes cut)\n"
        "    | hello",
        "attempt 2  error  250 ms on worker-1, started at 500 ms; not counted as a try\n"
        "  ValueError: no rows\n"
        "  | Traceback (most recent call last):\n"
        '  |   File "a.py", line 1\n'
        "  | ValueError: no rows\n"
        "  no evidence was kept",
        'reproduce: holdfast run a.yaml "sums/adds" --seed 7\n',
    ]


def test_steps_are_shown_with_their_own_evidence() -> None:
    step = StepEvidence(
        name="clean up", phase="teardown", tries=3, evidence=Evidence(has_value=False, error=ERROR)
    )
    text = one(result(), a1=Evidence(has_value=False, steps=(step,)))
    assert "  step clean up (teardown), 3 tries\n    ValueError: no rows\n" in text


def test_long_values_and_output_are_cut() -> None:
    output = Output(text="\n".join(f"line {n}" for n in range(100)))
    text = one(result(), a1=Evidence(value="x" * 5000, stderr=output))
    assert "... (5,002 characters)" in text
    assert "| line 19\n    | ... 60 lines left out ...\n    | line 80\n" in text


def test_evidence_cannot_command_the_terminal() -> None:
    evil = "\x1b[2J\x07"
    left = Evidence(
        value={evil: evil},
        facts={evil: evil},
        measurements={evil: 1.0},
        stdout=Output(text=evil),
        notes=(evil,),
        steps=(StepEvidence(name=evil, phase="step", evidence=Evidence(value=evil)),),
    )
    told = attempt(worker=evil, findings=(finding(message=evil),))
    text = one(result(f"a{evil}", attempts=(told,), measurements={evil: 1.0}), a1=left)
    assert not set(text) & {"\x1b", "\x07"}
