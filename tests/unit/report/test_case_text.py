from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.evidence import CaseError
from holdfast.model.summary import Entry, headline
from holdfast.report import case_text as module
from holdfast.report.case_text import entry_text
from holdfast.report.paint import plain
from tests.unit.report.runs import ERROR, finding, result


def told(**fields: Any) -> list[str]:
    one = result(**{"status": "failed", **fields})
    return entry_text(Entry(result=one), plain, width=40, seed=7).split("\n")


@pytest.mark.parametrize(
    ("expected", "observed", "shown"),
    [
        ([1], [2], ["    $[0]: expected 1, got 2"]),
        ({"n": 1}, None, ["    $: expected {'n': 1}, got None"]),
        (None, "a\nb", ["    $: expected None, got 'a\\nb'"]),
        ("short", "text", []),
        (1, 2, []),
        (None, None, []),
    ],
)
def test_a_difference_is_shown_where_a_sentence_cannot_hold_it(
    expected: object, observed: object, shown: list[str]
) -> None:
    wrong = finding("failed", message="they differ", expected=expected, observed=observed)
    lines = told(findings=(wrong,))
    assert lines[1] == "  equals: they differ"
    assert shown == lines[2:-1]


def test_exactly_as_many_findings_as_fit_are_not_called_more() -> None:
    many = tuple(finding("failed", message=f"no {n}") for n in range(module.MAX_FINDINGS))
    assert "more findings" not in "\n".join(told(findings=many))


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_a_traceback_is_cut_only_where_that_makes_it_shorter(extra: int) -> None:
    number = module.TRACEBACK_HEAD + module.TRACEBACK_TAIL + extra
    text = "\n".join(f"line {n}" for n in range(number))
    error = CaseError(kind="exception", type="E", traceback=text)
    shown = [one for one in told(status="error", error=error, findings=()) if "  | " in one]
    assert len(shown) == min(number, module.TRACEBACK_HEAD + module.TRACEBACK_TAIL + 1)
    assert ("left out" in "\n".join(shown)) == (extra == 2)


def test_a_long_reason_is_wrapped_to_the_width() -> None:
    lines = told(status="undecided", reason="word " * 20, findings=())
    assert max(map(len, lines[1:-1])) <= 40
    assert len(lines) == 2 + 3


def test_a_line_that_never_ends_is_cut() -> None:
    wrong = finding("failed", message="x" * 5000)
    assert max(map(len, told(findings=(wrong,)))) < 600


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "passed", "reason": "xpass"}, ""),
        ({"status": "passed", "reason": "assumed: a double"}, "assumed: a double"),
        ({"status": "skipped", "reason": "assumed: no"}, "assumed: no"),
        ({"findings": (finding(), finding("failed", message="no"))}, "no"),
        ({"findings": (), "reason": "strict xpass"}, "strict xpass"),
        ({"findings": (), "error": ERROR}, "ValueError: no rows"),
        ({"status": "error", "error": ERROR, "findings": ()}, "ValueError: no rows"),
        (
            {"status": "error", "error": CaseError(kind="crash", type="SIGSEGV"), "findings": ()},
            "crash: SIGSEGV",
        ),
        (
            {"status": "error", "error": CaseError(kind="exception", message="x"), "findings": ()},
            "exception: x",
        ),
        ({"status": "skipped", "reason": "needs s/b"}, "needs s/b"),
        ({"findings": ()}, ""),
    ],
)
def test_one_sentence_says_why_a_case_did_not_pass(fields: dict[str, Any], expected: str) -> None:
    assert expected == headline(result(**{"status": "failed", **fields}))
