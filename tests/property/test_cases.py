"""Which laws hold for loading and selecting cases, whatever is authored?"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.cases.document import Source
from holdfast.cases.foreach import fill
from holdfast.cases.positions import locate
from holdfast.cases.read import open_document
from holdfast.cases.read_json import blank, decode_json
from holdfast.cases.select import Selection, select
from holdfast.errors import ProblemsError
from holdfast.model.case import Case, Target
from tests.unit.cases.loading import load_text

WORDS = st.text("abcxyz-_.:", min_size=1, max_size=8).filter(lambda text: text.strip() == text)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(
    lambda text: "{" not in text
)
SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    SCALARS | FLOATS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
CASES = st.fixed_dictionaries(
    {"python": st.just("m:f"), "with": st.dictionaries(WORDS, PLAIN, max_size=3)},
    optional={
        "tags": st.lists(WORDS, max_size=3),
        "priority": st.integers(-5, 5),
        "timeout": st.sampled_from(["1s", "200ms", 3]),
        "retries": st.integers(0, 3),
        "expect": st.lists(st.sampled_from(["completes", {"equals": [1, "x"]}, {"regex": "a"}])),
    },
)
SUITES = st.lists(CASES, min_size=1, max_size=4).map(
    lambda cases: {"cases": [{"id": f"c{n}", **case} for n, case in enumerate(cases)]}
)


def to_toml(value: Any) -> str:
    """Write plain data as a TOML value, on one line."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(
                f"{json.dumps(key, ensure_ascii=False)} = {to_toml(item)}"
                for key, item in value.items()
            )
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return json.dumps(value, ensure_ascii=False)


def cases_of(text: str, name: str) -> list[tuple[Any, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        cases = load_text(Path(folder), text, name).cases
    return [(each.full_id, each.target, each.expect, each.tags, each.priority) for each in cases]


@given(SUITES)
@settings(max_examples=40, deadline=None)
def test_every_format_gives_the_same_cases(suite: dict[str, Any]) -> None:
    as_json = cases_of(json.dumps(suite), "s.json")
    assert cases_of(json.dumps(suite, indent=1, ensure_ascii=False), "s.json5") == as_json
    assert cases_of(yaml.safe_dump(suite, allow_unicode=True), "s.yaml") == as_json
    assert cases_of(f"cases = {to_toml(suite['cases'])}", "s.toml") == as_json


def paths_of(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the way to every object inside plain data."""
    found = [place] if isinstance(value, dict) else []
    items: Any = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        found += paths_of(item, (*place, key))
    return found


@given(st.data(), st.dictionaries(WORDS, PLAIN, max_size=4), st.sampled_from([None, 1, 3]))
@settings(max_examples=80, deadline=None)
def test_the_place_of_a_key_is_exact(
    data: st.DataObject, tree: dict[str, Any], indent: int | None
) -> None:
    place = data.draw(st.sampled_from(paths_of(tree)))
    inside: Any = tree
    for step in place:
        inside = inside[step]
    inside["planted!"] = 1
    texts: list[tuple[str, Any]] = [
        (json.dumps(tree, indent=indent, ensure_ascii=False), "json"),
        (yaml.safe_dump(tree, allow_unicode=True, default_flow_style=indent is None), "yaml"),
        (
            "\n".join(
                f"{json.dumps(key, ensure_ascii=False)} = {to_toml(item)}"
                for key, item in tree.items()
            ),
            "toml",
        ),
    ]
    for text, kind in texts:
        wanted = (*place, "planted!")
        line, column = locate(Source(path="f", text=text, format=kind), [wanted]).marks[wanted]
        # TOML and JSON split lines at line feeds alone.
        shown = text.split("\n")[line - 1][column - 1 :]
        assert shown.lstrip("\"'? ").startswith("planted!")


@given(PLAIN)
@settings(max_examples=60, deadline=None)
def test_comments_and_trailing_commas_change_nothing(value: Any) -> None:
    plain = json.dumps(value, ensure_ascii=False, indent=1)
    lines = [f'{line} // , ] }} "' for line in plain.split("\n")]
    text = (
        "/* [ */" + "\n".join(lines).replace("\n]", ",\n]")
        if "[]" not in plain
        else "\n".join(lines)
    )
    assert decode_json(Source(path="f", text=text, format="json")) == value
    assert len(blank(text)) == len(text)


@given(st.text('[]{}",:1a/*#\\\n ', max_size=30), st.sampled_from(["json", "yaml", "toml"]))
@settings(max_examples=300, deadline=None)
def test_no_text_brings_a_reader_down(text: str, kind: Any) -> None:
    source = Source(path="f", text=text, format=kind)
    try:
        cases = list(open_document(source).cases())
    except ProblemsError:
        return
    found = locate(source, [("cases", n) for n in range(len(cases))])
    assert all(line > 0 and column > 0 for line, column in found.marks.values())


@given(PLAIN, st.dictionaries(st.sampled_from(["n", "k"]), PLAIN))
def test_filling_in_leaves_what_it_does_not_know(value: Any, values: dict[str, Any]) -> None:
    assert fill(value, values) == value
    assert fill("{other} {{n}} {env.X} {file:n}", values) == "{other} {{n}} {env.X} {file:n}"


TAGS = st.sets(st.sampled_from(["slow", "stress", "e2e"]))


@st.composite
def graphs(draw: st.DrawFn) -> list[Case]:
    """Cases whose needs lie before them."""
    count = draw(st.integers(1, 8))
    cases: list[Case] = []
    for index in range(count):
        needs = draw(st.sets(st.integers(0, index - 1), max_size=3)) if index else set[int]()
        cases.append(
            Case(
                suite=draw(st.sampled_from("ab")),
                id=f"c{index}",
                target=Target(kind="python", spec={}),
                tags=tuple(sorted(draw(TAGS))),
                enabled=draw(st.integers(0, 5)) > 0,
                after=tuple(cases[need].full_id for need in sorted(needs)),
            )
        )
    return cases


SELECTIONS = st.builds(
    Selection,
    tags=st.sampled_from(["", "e2e", "not slow", "e2e or slow"]),
    text=st.sampled_from(["", "c1", "not c2"]),
    per_suite=st.integers(0, 2),
    exclude_slow=st.booleans(),
    include_stress=st.booleans(),
)


@given(graphs(), SELECTIONS)
def test_a_selection_is_closed_under_needs_and_loses_no_case(
    cases: list[Case], selection: Selection
) -> None:
    found = select(cases, selection)
    ids = {case.full_id for case in found.cases}
    others = {f"{each.suite}/{each.id}" for each in found.deselected}
    assert all(need in ids for case in found.cases for need in case.after)
    assert ids | others == {case.full_id for case in cases}
    assert not ids & others
    assert all(each.reason for each in found.deselected)
    assert all(case.enabled for case in found.cases)
    assert selection.include_stress or not any("stress" in case.tags for case in found.cases)
    assert list(found.cases) == [case for case in cases if case.full_id in ids]


@given(SUITES, st.sampled_from(["json", "yaml"]))
@settings(max_examples=30, deadline=None)
def test_an_unknown_key_is_found_where_it_was_planted(suite: dict[str, Any], kind: str) -> None:
    suite["cases"][-1]["planted"] = 1
    text = json.dumps(suite, indent=2) if kind == "json" else yaml.safe_dump(suite)
    with tempfile.TemporaryDirectory() as folder, pytest.raises(ProblemsError) as caught:
        load_text(Path(folder), text, f"s.{kind}")
    (problem,) = caught.value.problems
    shown = text.split("\n")[problem.line - 1][problem.column - 1 :]
    assert shown.strip('"').startswith("planted")
