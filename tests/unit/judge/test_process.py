from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.evidence import Output
from holdfast.text.cut import HeadTail
from tests.unit.judge.judging import error_of, judge, judge_on, problem, status


@pytest.mark.parametrize(
    ("raw", "code", "expected"),
    [
        (0, 0, "passed"),
        (0, 1, "failed"),
        ([0, 3], 3, "passed"),
        ("> 0", 3, "passed"),
        ("> 0", 0, "failed"),
        (-9, -9, "passed"),
    ],
)
def test_an_exit_code_is_a_number_a_list_or_a_limit(raw: Any, code: int, expected: str) -> None:
    assert status({"exit_code": raw}, facts={"exit_code": code}) == expected


def test_a_wrong_exit_code_shows_the_last_words() -> None:
    facts = {"exit_code": 2}
    both = judge(
        {"exit_code": 0}, facts=facts, stdout=Output(text="out"), stderr=Output(text="bad flag\n")
    )
    assert both.message == "exit code was 2, expected 0; stderr ended with 'bad flag'"
    out = judge({"exit_code": [0, 1]}, facts=facts, stdout=Output(text="out"))
    assert out.message == "exit code was 2, expected one of 0, 1; stdout ended with 'out'"


def test_no_exit_code_is_undecided() -> None:
    assert judge({"exit_code": 0}).message == "no exit code: the target left none"
    (found, _) = judge_on(error_of(), {"exit_code": 0}, {"raises": "ValueError"})
    assert found.message == "no exit code: the call ended with ValueError: boom"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("done", "passed"),
        ("gone", "failed"),
        ({"regex": "^done", "not": {"contains": "error"}}, "passed"),
        ({"regex": "^done", "contains": "error"}, "failed"),
        ({"equals": "done 3\n"}, "passed"),
        ({"length": "< 3"}, "failed"),
    ],
)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_was_written_is_judged_as_a_text(stream: str, raw: Any, expected: str) -> None:
    assert status({stream: raw}, **{stream: Output(text="done 3\n")}) == expected


def test_a_stream_is_named_in_the_message() -> None:
    finding = judge({"stdout": "x"}, stdout=Output(text="y"))
    assert finding.message == "stdout: value must contain 'x', got 'y'"
    negated = judge({"stdout": {"not": {"contains": "y"}}}, stdout=Output(text="y"))
    assert (negated.status, negated.observed) == ("failed", "y")


def test_json_in_the_output_is_read() -> None:
    raw = {"stdout": {"json_path": {"path": "$.n", "equals": 3}}}
    assert status(raw, stdout=Output(text='{"n": 3}\n')) == "passed"


def test_output_that_was_not_kept_is_undecided() -> None:
    assert judge({"stdout": "x"}).message == "stdout was not kept"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("head", "passed"),
        ("lost", "undecided"),
        ({"contains_all": ["head", "tail"]}, "passed"),
        ({"contains_any": ["lost", "tail"]}, "passed"),
        ({"icontains": "HEAD"}, "passed"),
        ({"starts_with": "head"}, "passed"),
        ({"ends_with": "tail"}, "passed"),
        ({"not_empty": None}, "passed"),
        ({"not": {"contains": "lost"}}, "undecided"),
        ({"not": {"contains": "head"}}, "failed"),
        ({"any_of": [{"contains": "head"}, {"regex": "x"}]}, "passed"),
        ({"all_of": [{"contains": "head"}, {"regex": "head"}]}, "undecided"),
        ({"regex": "head"}, "undecided"),
        ({"equals": "head tail"}, "undecided"),
        ({"length": 9}, "undecided"),
    ],
)
def test_of_cut_output_only_what_a_part_proves_is_decided(raw: Any, expected: str) -> None:
    assert status({"stdout": raw}, stdout=Output(text="head tail", cut_bytes=5)) == expected


def test_the_line_that_tells_of_the_cut_is_no_output() -> None:
    buffer = HeadTail(head_bytes=4, tail_bytes=4)
    buffer.append(b"headlosttail")
    output = Output(text=buffer.text(), cut_bytes=buffer.cut_bytes)
    for part, expected in {"head": "passed", "tail": "passed", "cut": "undecided"}.items():
        assert status({"stdout": part}, stdout=output) == expected


def test_cut_output_says_how_much_is_lost() -> None:
    finding = judge({"stdout": {"length": 9}}, stdout=Output(text="head tail", cut_bytes=5000))
    assert finding.message == (
        "stdout: 5,000 bytes of the output were not kept, so length cannot be decided"
    )


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"stdout": ""}, ()),
        ({"stdout": {}}, ()),
        ({"stdout": 3}, ()),
        ({"stderr": {"regex": "("}}, ("regex",)),
        ({"stderr": {"python": "a:b"}}, ("python",)),
        ({"stderr": {"exit_code": 0}}, ("exit_code",)),
        ({"exit_code": 300}, ()),
        ({"exit_code": "0"}, ()),
        ({"exit_code": "> 0s"}, ()),
        ({"exit_code": True}, ()),
        ({"exit_code": []}, ()),
        ({"exit_code": [0, None]}, (1,)),
    ],
)
def test_bad_parameters_are_refused(raw: Any, path: tuple[Any, ...]) -> None:
    assert problem(raw).path == (next(iter(raw)), *path)
