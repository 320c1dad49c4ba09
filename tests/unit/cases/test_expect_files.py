"""Do expectations hold what their files, variables and escapes say?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.text.templates import Resolver, expand
from tests.unit.cases.loading import load_text, problem_of

SCHEMA = '{// a comment\n"type": "object", "required": ["id"],}'
INLINE = {"type": "object", "required": ["id"]}


def expect_of(folder: Path, expect: str, **more: Any) -> Any:
    text = f"cases: [{{id: a, command: [x], expect: [{expect}]}}]"
    (case,) = load_text(folder, text, **more).cases
    found = case.expect[-1]
    return {found.name: found.params}


@pytest.mark.parametrize(
    ("name", "text"),
    [("sch.json", SCHEMA), ("sch.yaml", "type: object\nrequired: [id]\n")],
)
def test_a_schema_file_is_read_when_the_cases_are_loaded(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    plain = {"json_schema": INLINE}
    assert expect_of(tmp_path, f"json_schema: {{file: {name}}}") == plain
    assert expect_of(tmp_path, f"json_schema: '{{file:{name}}}'") == plain
    nested = expect_of(tmp_path, f"not: {{all_of: [{{json_schema: {{file: {name}}}}}]}}")
    assert nested == {"not": {"all_of": [plain]}}
    data = {"equals": {"json_schema": {"file": name}}}
    assert expect_of(tmp_path, f"equals: {{json_schema: {{file: {name}}}}}") == data


def test_a_schema_file_is_read_for_steps_and_defaults(tmp_path: Path) -> None:
    (tmp_path / "sch.json").write_text(SCHEMA)
    text = """
        defaults: {expect: [{json_schema: {file: sch.json}}]}
        cases:
          - id: a
            command: [x]
          - id: b
            steps: [{command: [x], expect: [{json_schema: {file: sch.json}}]}]
            expect: [completes]
    """
    first, second = load_text(tmp_path, text).cases
    assert first.expect[-1].params == INLINE
    assert second.steps[0].expect[-1].params == INLINE


def test_a_changed_schema_file_changes_the_fingerprint(tmp_path: Path) -> None:
    text = "cases: [{id: a, command: [x], expect: [{json_schema: {file: sch.json}}]}]"
    (tmp_path / "sch.json").write_text(SCHEMA)
    (before,) = load_text(tmp_path, text).cases
    (tmp_path / "sch.json").write_text(SCHEMA.replace("id", "no"))
    (after,) = load_text(tmp_path, text).cases
    assert before.fingerprint
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "cases.yaml:1:55: a schema's file must be one that can be read, got 'sch.json'"),
        ("{", "cases.yaml:1:55: a schema's file must be one that can be read, got 'sch.json'"),
        ('{"requird": []}', "a JSON Schema must assert something, got requird"),
    ],
)
def test_a_schema_file_that_says_nothing_is_a_problem_with_its_place(
    tmp_path: Path, text: str | None, expected: str
) -> None:
    if text is not None:
        (tmp_path / "sch.json").write_text(text)
    cases = "cases: [{id: a, command: [x], expect: [{json_schema: {file: sch.json}}]}]"
    assert expected in problem_of(tmp_path, cases)


def test_a_missing_schema_template_is_one_problem(tmp_path: Path) -> None:
    cases = "cases: [{id: a, command: [x], expect: [{json_schema: '{file:sch.json}'}]}]"
    assert "'sch.json'" in problem_of(tmp_path, cases)


def test_an_escaped_template_becomes_its_text_for_a_case_alone(tmp_path: Path) -> None:
    assert expect_of(tmp_path, "stdout: '{{x}}'") == {"stdout": "{x}"}
    assert expect_of(tmp_path, "not: {contains: '{{x}}'}") == {"not": {"contains": "{x}"}}
    assert expect_of(tmp_path, "equals: 'a {{x}}'") == {"equals": "a {{x}}"}
    text = """
        cases:
          - id: a
            steps:
              - {command: [x], save: {x: stdout}}
              - command: [x]
                expect: [{equals: '{{x}}'}, {equals: '{x}'}]
                until: {expect: [{equals: '{{x}}'}]}
    """
    (case,) = load_text(tmp_path, text).cases
    step = case.steps[1]
    assert "{{x}}" in [each.params for each in step.expect]
    assert step.until is not None
    assert "{{x}}" in [each.params for each in step.until.expect]


def test_an_unescaped_text_is_checked_as_it_is(tmp_path: Path) -> None:
    text = "cases: [{id: a, command: [x], expect: [{regex: '{{x}}'}, {type: '{{x}}'}]}]"
    assert "no such type '{x}'" in problem_of(tmp_path, text)


def test_a_variable_or_a_file_is_filled_in_when_the_cases_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("hello")
    assert expect_of(tmp_path, "not: {stdout: '{env.X}'}", env={"X": "bad"}) == {
        "not": {"stdout": "bad"}
    }
    assert expect_of(tmp_path, "equals: '{file:out.txt}'") == {"equals": "hello"}


def test_what_only_a_step_knows_is_refused_in_a_case(tmp_path: Path) -> None:
    text = "cases: [{id: a, command: [x], expect: [{not: {contains: '{api}'}}]}]"
    expected = "an expectation of a case must not name what only a step knows, got {api}"
    assert expected in problem_of(tmp_path, text)


CONSTS = '{"enum": ["{name}", "{env.HOME}", "{{name}}", "{file:x.json}", "a {name}"]}'
ENUM = {"enum": ["{name}", "{env.HOME}", "{{name}}", "{file:x.json}", "a {name}"]}


def test_text_of_a_schema_file_is_never_a_template(tmp_path: Path) -> None:
    (tmp_path / "sch.json").write_text(CONSTS)
    plain = {"json_schema": ENUM}
    assert expect_of(tmp_path, "json_schema: {file: sch.json}") == plain
    filled = expect_of(
        tmp_path, "all_of: [{equals: '{env.X}'}, {json_schema: {file: sch.json}}]", env={"X": "1"}
    )
    assert filled == {"all_of": [{"equals": "1"}, plain]}


def test_text_of_a_schema_file_comes_through_the_templates_of_a_step(tmp_path: Path) -> None:
    (tmp_path / "sch.json").write_text(CONSTS)
    text = """
        cases:
          - id: a
            steps: [{command: [x], expect: [{json_schema: {file: sch.json}}]}]
            expect: [completes]
    """
    (case,) = load_text(tmp_path, text).cases
    params = case.steps[0].expect[-1].params
    assert expand(params, Resolver(), whole_only=True) == ENUM
