"""Which files are read, and what is said of one that cannot be?"""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import ProblemsError
from tests.unit.cases.loading import load_paths, load_text, problem_of

CASE = "cases: [{id: a, python: 'm:f'}]\n"


def refused(folder: Path, *paths: Path | str) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        load_paths(folder, *paths)
    return [str(problem) for problem in caught.value.problems]


def test_the_suite_is_named_after_the_file(tmp_path: Path) -> None:
    assert list(load_text(tmp_path, CASE, "login.yaml").suites) == ["login"]


def test_a_list_may_stand_on_top(tmp_path: Path) -> None:
    for name, text in {
        "a.yaml": "- {id: a, python: 'm:f'}",
        "b.json": '[{"id": "a", "python": "m:f"}]',
    }.items():
        (case,) = load_text(tmp_path, text, name).cases
        assert (case.id, case.source) == ("a", f"{name}:1")


@pytest.mark.parametrize("name", ["a.yaml", "b.json"])
def test_problems_of_a_list_have_their_places(name: str, tmp_path: Path) -> None:
    text = '[{"id": "a", "python": "m:f"},\n {"id": "b", "pythn": "m:f"}]'
    expected = f"{name}:2:14: no such key 'pythn'; did you mean 'python'?"
    assert problem_of(tmp_path, text, name) == expected


def test_a_schema_may_be_named(tmp_path: Path) -> None:
    text = '{"$schema": "cases.schema.json", "cases": [{"id": "a", "python": "m:f"}]}'
    assert len(load_text(tmp_path, text, "a.json").cases) == 1


def test_every_case_knows_its_line(tmp_path: Path) -> None:
    texts = {
        "a.json": '{"cases": [\n{"id": "a", "python": "m:f"},\n\n{"id": "b", "python": "m:f"}]}',
        "b.yaml": "cases:\n- {id: a, python: 'm:f'}\n\n- {id: b, python: 'm:f'}",
        "c.toml": '\n[[cases]]\nid = "a"\n[[cases]]\nid = "b"\npython = "m:f"\n',
    }
    texts["c.toml"] = '\n[[cases]]\nid="a"\npython="m:f"\n[[cases]]\nid="b"\npython="m:f"'
    lines = {"a.json": [2, 4], "b.yaml": [2, 4], "c.toml": [2, 5]}
    for name, text in texts.items():
        found = [case.source for case in load_text(tmp_path, text, name).cases]
        assert found == [f"{name}:{line}" for line in lines[name]]


def test_a_folder_gives_its_case_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "sub" / "b.json").write_text('{\n  "cases": [{"id": "b", "python": "m:f"}]}')
    (tmp_path / "a.yaml").write_text(CASE)
    (tmp_path / "c.toml").write_text('[[cases]]\nid = "c"\npython = "m:f"\n')
    (tmp_path / ".hidden" / "d.yaml").write_text("cases: [nonsense]")
    (tmp_path / "data.json").write_text('{"rows": [1]}')
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    (tmp_path / "notes.txt").write_text("cases: no")
    loaded = load_paths(tmp_path, ".")
    assert list(loaded.suites) == ["a", "c", "b"]


def test_a_broken_case_file_of_a_folder_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cases: [\n")
    (tmp_path / "b.yaml").write_bytes(b"cases: [\xe9]")
    (tmp_path / "c.yaml").write_text("suite: c")
    assert [each.split(": ")[0] for each in refused(tmp_path, tmp_path)] == [
        "a.yaml:2:1",
        "b.yaml:1:9",
        "c.yaml:1:1",
    ]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CASE)
    assert len(load_paths(tmp_path, "a.yaml", tmp_path / "a.yaml", tmp_path).cases) == 1


def test_needs_may_lie_in_another_suite(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CASE)
    (tmp_path / "b.yaml").write_text("cases: [{id: b, python: 'm:f', after: [a/a]}]")
    assert load_paths(tmp_path, "a.yaml", "b.yaml").cases[1].after == ("a/a",)


def test_a_suite_has_one_source(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CASE)
    (tmp_path / "b.yaml").write_text(f"suite: a\n{CASE}")
    assert refused(tmp_path, "a.yaml", "b.yaml") == [
        "b.yaml:1:1: a suite's name must be unique in the run, got 'a' also in a.yaml\n"
        "hint: give one of them another name: `suite: ...`"
    ]


def test_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cases: [")
    (tmp_path / "b.yaml").write_text("cases: [{id: a}]")
    assert len(refused(tmp_path, "a.yaml", "b.yaml", "c.yaml")) == 3


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "x.yaml: a case file must hold cases, got an empty file"),
        (b" \n", "x.yaml: a case file must hold cases, got an empty file"),
        (b"a\nb\0c", "x.yaml:2: the file must be text, got binary data"),
        (b"a\nb\xff", "x.yaml:2:2: the file must be UTF-8, got the byte 0xff\nhint: save it as UTF-8"),
        ("a".encode("utf-16"), "x.yaml: the file must be UTF-8, got UTF-16\nhint: save it as UTF-8"),
        (b"# nothing", "x.yaml:1:1: a case file must be an object or a list, got an empty file\n"
         "hint: write `cases:` and a list below it"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_cases_gives_one_error(
    data: bytes, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "x.yaml").write_bytes(data)
    assert refused(tmp_path, "x.yaml") == [expected]


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "login.yaml").write_text(CASE)
    expected = "logn.yaml: no such file or folder; did you mean 'login.yaml'?"
    assert refused(tmp_path, "logn.yaml") == [expected]
    assert refused(tmp_path, "nowhere/a.yaml") == ["nowhere/a.yaml: no such file or folder"]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CASE)
    (found,) = refused(tmp_path, "a.txt")
    assert found.startswith("a.txt: a case file must end in .yaml, .yml, .json")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (found,) = refused(tmp_path, "sub")
    assert found.startswith("sub: the folder must hold case files")


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfcases:\r\n- id: a\r\n  python: m:f\r\n")
    assert load_paths(tmp_path, "a.yaml").cases[0].source == "a.yaml:2"


def test_a_suite_without_cases_is_noted(tmp_path: Path) -> None:
    assert load_text(tmp_path, "cases: []").notes == ("cases.yaml: it holds no case",)


def test_a_parsed_template_file_must_be_parsable(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    found = problem_of(tmp_path, "cases: [{id: a, python: 'm:f', with: {x: '{file:x.json}'}}]")
    assert "got 'x.json'" not in found
    assert "must name a file that can be read, got x.json:1:2" in found


def test_a_path_outside_the_root_is_shown_whole(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "a.yaml").write_text(CASE)
    (case,) = load_paths(tmp_path / "root", tmp_path / "a.yaml").cases
    assert case.source == f"{tmp_path / 'a.yaml'}:1"
