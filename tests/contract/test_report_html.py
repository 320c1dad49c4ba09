from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from holdfast.model.result import Result
from holdfast.model.run import GateRule, RunRow
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
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def page(directory: Path, *results: Result, run: RunRow | None = None, unfinished: int = 0) -> Page:
    rows = planned([*results, *(result(f"later-{n}") for n in range(unfinished))])
    path = html.REPORT.write(source(results, run, plan=rows), directory)
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


def test_the_page_needs_no_network_and_no_script(tmp_path: Path) -> None:
    read = page(tmp_path, *mixed())
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(read.elements)
    links = {value for name, value in read.attributes if name in {"href", "src", "action"}}
    assert links <= {"report.json"}
    text = (tmp_path / html.FILE_NAME).read_text(encoding="utf-8")
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text


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
    )
    read = page(tmp_path, *cases, run=run)
    assert not {"script", "img"} & set(read.elements)
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
