from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from holdfast.builtin import COMPONENTS
from holdfast.errors import InternalError
from holdfast.model.evidence import Series
from holdfast.model.result import Result
from holdfast.model.watched import Anomaly, Watched
from holdfast.ports import PlannedRow
from holdfast.registry import Registry
from holdfast.report.schema import report_schema
from holdfast.report.source import ReportSource
from tests.unit.report.runs import ERROR, attempt, finding, result, row, source

REPORTS = [name for kind, name, _ in COMPONENTS if kind == "report"]


@pytest.fixture(params=REPORTS)
def report(request: pytest.FixtureRequest) -> Any:
    return Registry(COMPONENTS, entry_points=False).load("report", request.param)


def mixed() -> ReportSource:
    wrong = finding("failed", message="expected 3, got 4", expected=3, observed=4)
    return source(
        [
            result("adds"),
            result("subtracts", "failed", findings=(wrong,)),
            result("divides", "error", error=ERROR, findings=()),
            result("guesses", "undecided", reason="nothing was expected"),
            result("waits", "skipped", reason="not today", skip_kind="author"),
            result(
                "flakes",
                is_flaky=True,
                attempts=(
                    attempt("lost", counts=False),
                    attempt("failed", n=2, findings=(wrong,)),
                    attempt(n=3, findings=(finding(),)),
                ),
            ),
        ],
        row(exit_code=1, verdict="failed", deselected=(("sums", "heavy", "stress"),)),
    )


def test_a_report_makes_its_directory_and_says_where_it_is(report: Any, tmp_path: Path) -> None:
    path = report.write(mixed(), tmp_path / "deep" / "down")
    assert path.parent == tmp_path / "deep" / "down"
    assert path.read_text(encoding="utf-8")


def test_a_report_leaves_nothing_but_itself(report: Any, tmp_path: Path) -> None:
    path = report.write(mixed(), tmp_path)
    assert [path] == list(tmp_path.iterdir())


def test_a_report_is_as_readable_as_any_file(report: Any, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    path = report.write(mixed(), tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_the_same_run_gives_the_same_bytes(report: Any, tmp_path: Path) -> None:
    first = report.write(mixed(), tmp_path / "a").read_bytes()
    assert first == report.write(mixed(), tmp_path / "b").read_bytes()


def test_a_later_report_takes_the_place_of_an_earlier_one(report: Any, tmp_path: Path) -> None:
    report.write(source([result("long" * 1000)]), tmp_path)
    path = report.write(mixed(), tmp_path)
    assert "longlong" not in path.read_text(encoding="utf-8")
    assert "subtracts" in path.read_text(encoding="utf-8")


def test_a_store_that_fails_midway_leaves_the_earlier_report_whole(
    report: Any, tmp_path: Path
) -> None:
    whole = mixed()
    path = report.write(whole, tmp_path)
    before = path.read_bytes()

    def broken() -> Iterator[tuple[PlannedRow, Result]]:
        yield next(whole.results())
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        report.write(ReportSource(row=whole.row, summary=whole.summary, results=broken), tmp_path)
    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_finished_run_whose_results_are_not_all_there_is_refused(
    report: Any, tmp_path: Path
) -> None:
    whole = mixed()
    short = ReportSource(
        row=whole.row, summary=whole.summary, results=lambda: iter([next(whole.results())])
    )
    with pytest.raises(InternalError, match="must hold all 6 recorded results, got 1"):
        report.write(short, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_run_without_results_has_a_report(report: Any, tmp_path: Path) -> None:
    unfinished = row(finished="", exit_code=None, verdict="")
    assert report.write(source([], unfinished), tmp_path).stat().st_size > 0


def test_text_that_is_no_unicode_does_not_cost_the_report(report: Any, tmp_path: Path) -> None:
    odd = result("odd-\udc80", "failed", findings=(finding("failed", message="\ud800 here"),))
    text = report.write(source([odd], row(exit_code=1)), tmp_path).read_text(encoding="utf-8")
    assert "odd-" in text


# --- report.json ----------------------------------------------------------------


def json_of(given: ReportSource, directory: Path) -> dict[str, Any]:
    report = Registry(COMPONENTS, entry_points=False).load("report", "json")
    written = json.loads(report.write(given, directory).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(report_schema()).validate(written)
    return written


def test_the_schema_of_the_json_report_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_the_json_report_has_the_promised_keys_in_their_order(tmp_path: Path) -> None:
    written = json_of(mixed(), tmp_path)
    keys = [
        "format",
        "exit_code",
        "verdict",
        "run",
        "counts",
        "success_rate",
        "suites",
        "gate",
        "schedule",
        "memory",
        "unusual",
        "results",
    ]
    assert keys == [key for key in written if key in keys]
    one = written["results"][5]
    promised = [
        "id",
        "suite",
        "status",
        "reason",
        "flaky",
        "tags",
        "source",
        "started_s",
        "duration_s",
        "attempts",
        "findings",
        "measurements",
    ]
    assert promised == [key for key in one if key in promised]
    assert list(one["attempts"][0])[:6] == [
        "n",
        "status",
        "error",
        "started_s",
        "duration_s",
        "worker",
    ]
    assert list(one["findings"][0])[:6] == [
        "expectation",
        "status",
        "message",
        "expected",
        "observed",
        "score",
    ]


def test_the_json_report_has_every_result_in_plan_order(tmp_path: Path) -> None:
    written = json_of(mixed(), tmp_path)
    ids = ["adds", "subtracts", "divides", "guesses", "waits", "flakes"]
    assert ids == [one["id"] for one in written["results"]]
    statuses = ["passed", "failed", "error", "undecided", "skipped", "passed"]
    assert statuses == [one["status"] for one in written["results"]]


def test_the_json_report_has_numbers_that_add_up(tmp_path: Path) -> None:
    written = json_of(mixed(), tmp_path)
    counts = {
        "planned": 6,
        "recorded": 6,
        "passed": 2,
        "failed": 1,
        "undecided": 1,
        "error": 1,
        "skipped": 1,
        "flaky": 1,
        "cached": 0,
        "author_skipped": 1,
        "assumed": 0,
    }
    assert counts == written["counts"]
    assert written["success_rate"] == 2 / 5
    errors = written["suites"][0]["errors"]
    assert errors == [
        {"id": "subtracts", "message": "expected 3, got 4"},
        {"id": "divides", "message": "ValueError: no rows"},
    ]


def test_the_json_report_keeps_every_attempt_with_its_error(tmp_path: Path) -> None:
    written = json_of(mixed(), tmp_path)
    attempts = written["results"][5]["attempts"]
    assert [(one["n"], one["status"], one["counts"]) for one in attempts] == [
        (1, "lost", False),
        (2, "failed", True),
        (3, "passed", True),
    ]
    assert attempts[1]["message"] == "expected 3, got 4"
    error = written["results"][2]["attempts"][0]["error"]
    assert (error["kind"], error["type"]) == ("exception", "ValueError")


def test_the_json_report_of_an_unfinished_run_is_incomplete(tmp_path: Path) -> None:
    unfinished = row(finished="", exit_code=None, verdict="")
    written = json_of(source([result()], unfinished), tmp_path)
    assert (written["exit_code"], written["verdict"]) == (3, "incomplete")


def test_numbers_that_json_does_not_have_are_null(tmp_path: Path) -> None:
    odd = result(measurements={"p99": float("nan"), "max": float("inf"), "n": 2.0})
    written = json_of(source([odd]), tmp_path)
    assert written["results"][0]["measurements"] == {"p99": None, "max": None, "n": 2.0}


def test_the_json_report_says_what_was_used_and_what_took_unusually_long(tmp_path: Path) -> None:
    slow = Anomaly(case="sums/adds", duration_s=2.0, usual_s=0.1, score=9.0, runs=8)
    watched = Watched(
        judged=9,
        unusual=1,
        asked_hz=10.0,
        achieved_hz=9.5,
        share=0.004,
        missing={"uss_bytes": "no access"},
        peak_bytes={"host": 50, "commands": 7},
        anomalies=(slow,),
    )
    series = {
        "rss_bytes.host": Series(at_s=[0.0, 1.0], values=[10.0, 40.0]),
        "cpu.host": Series(at_s=[0.0, 1.0], values=[0.0, 0.5]),
    }
    written = json_of(source([result()], row(watched=watched), series=series), tmp_path)
    unknown = dict.fromkeys(("first_bytes", "last_bytes", "growth_bytes", "cpu_s"))
    assert written["memory"] == {
        "asked_hz": 10.0,
        "achieved_hz": 9.5,
        "share": 0.004,
        "reason": "",
        "missing": {"uss_bytes": "no access"},
        "processes": [
            {
                "name": "host",
                "first_bytes": 10,
                "peak_bytes": 50,
                "last_bytes": 40,
                "growth_bytes": 30,
                "cpu_s": 0.5,
            },
            {"name": "commands", "peak_bytes": 7, **unknown},
        ],
    }
    told = {"duration_s": 2.0, "usual_s": 0.1, "runs": 8, "score": 9.0, "is_over": True}
    cases = [{"case": "sums/adds", **told}]
    assert written["unusual"] == {"count": 1, "judged": 9, "is_machine": False, "cases": cases}


def test_the_json_report_says_why_nothing_was_watched(tmp_path: Path) -> None:
    written = json_of(source([result()], row(watched=Watched(reason="monitor = false"))), tmp_path)
    assert (written["memory"]["reason"], written["memory"]["processes"]) == ("monitor = false", [])
