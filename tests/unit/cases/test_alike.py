"""Is every one of many cases that are alike built as if it were the only one?"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from holdfast.errors import ProblemsError
from tests.unit.cases.loading import load_text

CASES = (
    "python: m:f, expect: [{equals: 1}]",
    "python: m:f, expect: [{equals: true}]",
    "python: m:f, expect: [{equals: 1.0}]",
    "python: m:f, with: {n: 1}, tags: [a], uses: {llm: 1}, priority: 2, expect: [completes]",
    "python: m:f, after: [c0], expect: [completes]",
    "command: [echo], expect: [completes]",
    "steps: [{command: [echo]}], expect: []",
    "python: m:f",
)


def test_cases_that_differ_in_their_ids_alone_are_built_alike(tmp_path: Path) -> None:
    twice = [text for text in CASES for _ in range(3)]
    lines = "".join(f"- {{id: c{n}, {text}}}\n" for n, text in enumerate(twice))
    cases = load_text(tmp_path, f"suite: s\ncases:\n{lines}").cases
    assert [case.id for case in cases] == [f"c{n}" for n in range(len(twice))]
    for n in range(0, len(twice), 3):
        first, *others = [msgspec.json.encode(_without_place(case)) for case in cases[n : n + 3]]
        assert others == [first, first]
    shapes = {msgspec.json.encode(_without_place(case)) for case in cases}
    assert len(shapes) == len(CASES)
    assert [case.source.rpartition(":")[2] for case in cases[:3]] == ["3", "4", "5"]


def test_what_is_wrong_with_a_case_is_told_for_each_that_is_alike(tmp_path: Path) -> None:
    text = "cases:\n" + "".join(f"- {{id: c{n}, python: m:f, tag: [a]}}\n" for n in range(3))
    with pytest.raises(ProblemsError) as caught:
        load_text(tmp_path, text)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


def test_an_id_is_checked_also_where_the_rest_is_known(tmp_path: Path) -> None:
    ids = ["a", "a", "' b'", "''", "1"]
    text = "cases:\n" + "".join(f"- {{id: {each}, python: m:f}}\n" for each in ids)
    with pytest.raises(ProblemsError) as caught:
        load_text(tmp_path, text)
    assert [problem.line for problem in caught.value.problems] == [3, 4, 5, 6]


def test_an_expired_waiver_is_told_of_each_case(tmp_path: Path) -> None:
    waiver = "xfail: {reason: known, until: 2020-01-01}"
    text = "cases:\n" + "".join(f"- {{id: c{n}, python: m:f, {waiver}}}\n" for n in range(2))
    assert [note.split(":")[1].strip() for note in load_text(tmp_path, text).notes] == ["c0", "c1"]


def test_a_template_is_looked_at_in_each_case(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    target = 'python: m:f, with: {text: "{file:x.txt}"}'
    text = "cases:\n" + "".join(f"- {{id: c{n}, {target}}}\n" for n in range(2))
    first, second = load_text(tmp_path, text).cases
    assert first.fingerprint == second.fingerprint != ""


def _without_place(case: msgspec.Struct) -> msgspec.Struct:
    return msgspec.structs.replace(case, id="", source="")
