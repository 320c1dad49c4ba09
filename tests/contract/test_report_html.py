from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest

from holdfast.model.evidence import Series
from holdfast.model.result import Result
from holdfast.model.run import GateRule, RunRow
from holdfast.model.watched import Anomaly, Watched
from holdfast.report import html
from tests.unit.report.runs import ERROR, attempt, finding, planned, result, row, source

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """What a browser makes of a page: its elements, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "script":
            self.scripts.append("")
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.scripts[-1] += data
        elif not {"style", "svg"} & set(self.open):
            self.text += data


def page(
    directory: Path,
    *results: Result,
    run: RunRow | None = None,
    unfinished: int = 0,
    series: Mapping[str, Series] | None = None,
) -> Page:
    rows = planned([*results, *(result(f"later-{n}") for n in range(unfinished))])
    path = html.REPORT.write(source(results, run, plan=rows, series=series), directory)
    read = Page(path.read_text(encoding="utf-8"))
    assert not read.open
    return read


def mixed() -> list[Result]:
    wrong = finding("failed", message="expected [3], got [4]", expected=[3], observed=[4])
    return [
        result("adds"),
        result("subtracts", "failed", findings=(wrong,)),
        result("divides", "error", error=ERROR, findings=()),
        result("guesses", "undecided", reason="nothing was expected"),
        result("waits", "skipped", reason="not today", skip_kind="author"),
        result("flakes", is_flaky=True, attempts=(attempt("failed"), attempt(n=2))),
    ]


def test_the_page_has_verdict_counts_gate_suites_and_times(tmp_path: Path) -> None:
    rule = GateRule(name="success_rate", held=False, threshold=1.0, observed=0.4, message="2 of 5")
    text = page(tmp_path, *mixed(), run=row(exit_code=1, verdict="failed", gate=(rule,))).text
    for part in (
        "failed: run 20260131-120000-ab12",
        "exit code 1, success rate 40 %, 6 of 6 planned cases recorded",
        "success_rate",
        "2 of 5",
        "Where the time went",
        "10 s, 1.02 x its lower bound of 9.8 s",
        "1 skipped: not today",
        "Linux",
    ):
        assert part in text


def test_what_did_not_pass_comes_first_with_difference_and_command(tmp_path: Path) -> None:
    text = page(tmp_path, *mixed(), run=row(exit_code=1, verdict="failed")).text
    order = ["sums/subtracts", "sums/divides", "sums/guesses", "sums/adds", "sums/flakes"]
    places = [text.index(one) for one in order]
    assert places == sorted(places)
    assert "$[0]: expected 3, got 4" in text
    assert 'holdfast run cases/sums.yaml "sums/subtracts" --seed 7' in text
    assert "ValueError: no rows" in text


def test_a_case_that_is_told_in_full_is_not_listed_again(tmp_path: Path) -> None:
    text = page(tmp_path, *mixed()).text
    assert text.count("sums/subtracts") == 2  # its title and its command


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "passed"),
        ({"exit_code": 130, "verdict": "incomplete"}, "interrupted"),
        ({"exit_code": 3, "verdict": "undecided"}, "undecided"),
        ({"finished": "", "exit_code": None, "verdict": ""}, "incomplete"),
    ],
)
def test_the_page_says_the_verdict(tmp_path: Path, fields: dict[str, object], word: str) -> None:
    read = page(tmp_path, result(), run=row(**fields))
    assert ("class", f"word {word}") in read.attributes


def test_a_run_without_all_results_is_never_shown_as_passed(tmp_path: Path) -> None:
    read = page(tmp_path, result(), unfinished=1)
    assert ("class", "word incomplete") in read.attributes
    assert "1 of 2 planned cases have no recorded result" in read.text


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    read = page(tmp_path, *mixed())
    assert not {"link", "img", "iframe", "object", "embed"} & set(read.elements)
    links = {value for name, value in read.attributes if name in {"href", "src", "action"}}
    assert links <= {"report.json"}
    text = (tmp_path / html.FILE_NAME).read_text(encoding="utf-8")
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text


def test_no_other_script_runs_than_the_one_that_the_policy_names(tmp_path: Path) -> None:
    read = page(tmp_path, *mixed())
    data, code = read.scripts
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    policies = [value for name, value in read.attributes if name == "content" and value]
    [policy] = [value for value in policies if "default-src" in value]
    assert f"script-src 'sha256-{digest}'" in policy
    assert json.loads(data)["end"] == 0.75


def test_a_page_without_a_figure_has_no_script_at_all(tmp_path: Path) -> None:
    read = page(tmp_path, result(status="skipped"))
    assert (read.scripts, "svg" in read.elements) == ([], False)
    assert "script-src" not in (tmp_path / html.FILE_NAME).read_text(encoding="utf-8")


def test_the_figure_is_there_without_any_script(tmp_path: Path) -> None:
    series = {"rss_bytes.host": Series(at_s=[0.1, 0.6], values=[1e6, 5e6])}
    read = page(tmp_path, *mixed(), series=series)
    drawn = [value for name, value in read.attributes if name == "d"]
    assert len(drawn) == 3
    assert all(value and value.startswith("M") for value in drawn)


def test_memory_and_what_took_unusually_long_are_told(tmp_path: Path) -> None:
    series = {"rss_bytes.host": Series(at_s=[0.1, 0.6], values=[1024.0**2, 3 * 1024.0**2])}
    slow = [
        Anomaly(case=f"sums/{name}", duration_s=2.0, usual_s=0.1, score=9.0, runs=8)
        for name in ("adds", "flakes", "guesses", "divides")
    ]
    told = Watched(
        asked_hz=10.0, achieved_hz=9.9, share=0.004, judged=5, unusual=4, anomalies=tuple(slow)
    )
    text = page(tmp_path, *mixed(), run=row(watched=told), series=series).text
    for part in (
        "sums/adds took 2 s, usually 100 ms (its last 8 runs, score 9.0)",
        "that looks like the machine rather than the cases",
        "3 MiB",
        "+2 MiB",
        "watched 9.9 of 10 times a second, for 0.4 % of one core",
    ):
        assert part in text


def test_a_run_that_nobody_watched_says_why(tmp_path: Path) -> None:
    text = page(tmp_path, result(), run=row(watched=Watched(reason="monitor = false"))).text
    assert "nothing was watched: monitor = false" in text


def test_the_page_has_a_dark_and_a_light_face(tmp_path: Path) -> None:
    page(tmp_path, result())
    text = (tmp_path / html.FILE_NAME).read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert '<meta name="color-scheme" content="light dark">' in text


def test_hostile_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\x00\x1b\u202e"
    error = ERROR.__class__(kind="exception", type=evil, message=evil, traceback=evil)
    bad = finding("failed", expectation=evil, message=evil, expected=evil, observed=[evil])
    tries = (attempt("error", error=error, worker=evil), attempt("failed", n=2, findings=(bad,)))
    cases = [
        result(f"a{evil}", "failed", suite=evil, findings=(bad,), reason=evil),
        result(f"b{evil}", "error", suite=evil, error=error, findings=()),
        result(f"c{evil}", "undecided", suite=evil, attempts=tries),
        result(f"d{evil}", "skipped", suite=evil, reason=evil),
        result(f"e{evil}", suite=evil),
    ]
    run = row(
        id=evil,
        commit=evil,
        stopped=evil,
        environment={evil: evil},
        gate=(GateRule(name=evil, held=False, threshold=evil, observed=evil, message=evil),),
        deselected=((evil, evil, evil),),
        exit_code=1,
        verdict="failed",
        watched=Watched(
            reason=evil,
            missing={evil: evil},
            peak_bytes={evil: 1},
            anomalies=(Anomaly(case=evil, duration_s=2.0, usual_s=0.1, score=9.0, runs=8),),
        ),
    )
    series = {f"{kind}.{evil}": Series(at_s=[0.1], values=[1.0]) for kind in ("rss_bytes", "cpu")}
    read = page(tmp_path, *cases, run=run, series=series)
    assert (len(read.scripts), read.elements.count("script")) == (2, 2)
    assert "img" not in read.elements
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in read.text
    assert "{{ 7 * 7 }}" in read.text
    assert not set(read.text) & set("\x00\x1b\u202e")


def test_a_long_list_is_cut_and_says_so(tmp_path: Path) -> None:
    number = html.MAX_ROWS + 25
    read = page(tmp_path, *(result(f"c{n}") for n in range(number)))
    assert f"sums/c{html.MAX_ROWS - 1}" in read.text
    assert f"sums/c{html.MAX_ROWS}" not in read.text
    assert "The first 2,000 are listed; 25 more are in report.json." in read.text


def test_more_failures_than_are_told_are_listed_and_counted(tmp_path: Path) -> None:
    read = page(tmp_path, *(result(f"c{n}", "failed") for n in range(205)))
    assert "The first 200 of 205 are told in full" in read.text
    assert "sums/c204" in read.text


def test_a_long_text_is_cut_and_says_so(tmp_path: Path) -> None:
    long = ERROR.__class__(kind="exception", type="E", traceback="x" * 30_000)
    read = page(tmp_path, result(status="error", error=long, findings=()))
    assert "[cut; 30,000 characters in all]" in read.text


def test_facts_of_the_run_are_told(tmp_path: Path) -> None:
    run = row(commit="abc", dirty=True, segments=2, stopped="the time budget was spent")
    text = page(tmp_path, result(), run=run).text
    for part in ("abc with changes", "1 x", "the time budget was spent"):
        assert part in text
