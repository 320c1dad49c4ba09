"""Does every expectation keep the promises of the port? One suite over the registry."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from holdfast.builtin import COMPONENTS
from holdfast.judge.combine import compile_expect, parse_expect
from holdfast.model.case import Surround
from holdfast.model.codec import to_plain
from holdfast.model.evidence import Assessment, Evidence, Output
from holdfast.model.finding import Finding
from holdfast.ports import BadParams, Compiled
from holdfast.registry import Registry
from tests.unit.judge.judging import JUDGE, Opaque, error_of

REGISTRY = Registry(COMPONENTS, entry_points=False)
# A family is held to its promises by one of its names; NAME is none of those that this one has.
FIGURES = {"loop_lag.NAME": "loop_lag.max"}
HEADINGS = {
    FIGURES.get(heading, heading): heading
    for kind, name, _ in COMPONENTS
    if kind == "expectation"
    for heading in [name.replace("*", "NAME")]
}
NAMES = list(HEADINGS)
PRODUCED = frozenset(
    {"value", "status", "headers", "exit_code", "stdout", "stderr", "duration", "error"}
)
RAISED = error_of()
CLEAN = {"status": "clean", "calls": 1200, "channels": []}
GROWN = {"name": "fds", "unit": "file descriptors", "status": "leaks", "per_call": 1.0}
LEAKS = {"status": "leaks", "calls": 300, "channels": [GROWN]}
VALUE = {"n": 1, "text": "abc", "list": [1, 2]}
SERIAL = "holdfast.parallel.assess:same_as_serial {}"
OTHER = 'holdfast.parallel.assess:same_as_other {"other":"a:b"}'
FULL: dict[str, Any] = {
    "call_s": 0.5,
    "facts": {"status": 200, "headers": {"a": "b"}, "exit_code": 0},
    "stdout": Output(text="out"),
    "stderr": Output(text="err"),
    "assessments": (
        Assessment(key="a:yes", answer="passed"),
        Assessment(key="a:no", answer="failed", message="no"),
        Assessment(key=SERIAL, answer="passed"),
        Assessment(key=OTHER, answer="failed", message="differs"),
    ),
}


def of(value: Any) -> Evidence:
    return Evidence(value=to_plain(value).plain, **FULL)


def found(**facts: Any) -> Evidence:
    return Evidence(value=None, **{**FULL, "facts": facts})


def touched(undeclared: list[str]) -> Evidence:
    used = ["read:data/a", *undeclared]
    fact = {"mode": "observe", "declared": ["read:data/**"], "used": used, "undeclared": undeclared}
    return Evidence(facts={"capabilities": fact})


def timed(longest_s: float) -> Evidence:
    return Evidence(value=None, **{**FULL, "measurements": {"timer.NAME.max": longest_s}})


# name: (parameters, evidence that bears them out, parameters, evidence that contradicts them)
def compared(ratio: float) -> dict[str, Any]:
    """Return what three launches leave that agree on a ratio."""
    pair = {"base_first": True, "base_wall_s": 0.01, "base_cpu_s": 0.01}
    pairs = [{**pair, "new_wall_s": 0.01 * ratio, "new_cpu_s": 0.01 * ratio}] * 8
    rules = {"slower": 0.05, "floor": 0.025, "alpha": 0.01, "unit": "auto"}
    return {"status": "fine", "rules": rules, "launches": [{"pairs": pairs, "calls": 1}] * 3}


LAG = Evidence(measurements={"loop_lag.max": 0.2, "loop_lag.count": 30.0})
EXAMPLES: dict[str, tuple[Any, Evidence, Any, Evidence]] = {
    "equals": (VALUE, of(VALUE), 1, of(True)),
    "one_of": ([1, 2], of(2), [1, 2], of(3)),
    "close_to": ({"value": 1, "tolerance": 0.1}, of(1.05), {"value": 1, "percent": 1}, of(2)),
    "between": ([0, 1], of(0.5), [0, 1], of(2)),
    "contains": ("b", of("abc"), 3, of([1, 2])),
    "icontains": ("B", of("abc"), "x", of("abc")),
    "contains_any": (["x", "b"], of("abc"), ["x"], of("abc")),
    "contains_all": (["a", "b"], of("abc"), ["a", "x"], of("abc")),
    "starts_with": ("a", of("abc"), "b", of("abc")),
    "ends_with": ("c", of("abc"), "b", of("abc")),
    "regex": ("b.", of("abc"), {"pattern": "B", "flags": ["m"]}, of("abc")),
    "length": (3, of("abc"), "< 3", of("abc")),
    "type": ("object", of(VALUE), ["null", "str"], of(1)),
    "not_empty": (None, of("a"), None, of("")),
    "is_json": (None, of("{}"), None, of("{")),
    "json_path": ({"path": "$.n", "equals": 1}, of(VALUE), "$.m", of(VALUE)),
    "json_schema": ({"type": "object"}, of(VALUE), {"type": "null"}, of(1)),
    "field_present": ("n", of(VALUE), {"field": "n", "present": False}, of(VALUE)),
    "status": ("2xx", of(None), [201, 202], of(None)),
    "header": ("A", of(None), {"name": "a", "equals": "c"}, of(None)),
    "exit_code": (0, of(None), "> 0", of(None)),
    "stdout": ("out", of(None), {"length": 9}, of(None)),
    "stderr": ({"regex": "^e"}, of(None), "out", of(None)),
    "raises": ("ValueError", RAISED, {"message": "bang"}, RAISED),
    "completes": (None, of(None), None, error_of(name="AssertionError", is_assertion=True)),
    "timer.NAME": ("< 2s", timed(1.0), "< 500ms", timed(1.0)),
    "loop_lag.max": ("< 500ms", LAG, "< 100ms", LAG),
    "no_leak": (None, found(leak=CLEAN), {"iterations": 99}, found(leak=LEAKS)),
    "not_slower": (
        {"than": "main", "by": "5%"},
        found(comparison=compared(1.0)),
        "main",
        found(comparison=compared(1.5)),
    ),
    "duration": ("< 1s", of(None), "< 1ms", of(None)),
    "snapshot": (
        {"file": "a", "stored": 1, "exists": True},
        of(1),
        {"file": "a", "stored": 1, "exists": True},
        of(2),
    ),
    "python": ("a:yes", of(1), "a:no", of(1)),
    "same_as": ("serial", of(1), {"python": "a:b"}, of(1)),
    "all_of": ([{"equals": 1}, "completes"], of(1), [{"equals": 2}], of(1)),
    "any_of": ([{"equals": 2}, {"equals": 1}], of(1), [{"equals": 2}], of(1)),
    "not": ({"equals": 2}, of(1), "not_empty", of(1)),
}
# These are answered where the value lives.
ON_LIVE_VALUES = {"python", "same_as"}
EXAMPLES["touches_only"] = (
    ["read:data/**"],
    touched(undeclared=[]),
    ["read:data/**"],
    touched(undeclared=["read:other"]),
)
WATCHED = {
    "pids": [1],
    "processes": 1,
    "samples": 9,
    "asked_hz": 10.0,
    "achieved_hz": 10.0,
    "cost_share": 0.001,
    "peak_by": "samples",
    "growth_by": "samples",
}


def watched(name: str, value: float) -> Evidence:
    return Evidence(facts={"monitor": WATCHED}, measurements={name: value})


EXAMPLES["peak_rss"] = ("< 5MB", watched("peak_rss", 4e6), "< 3MB", watched("peak_rss", 4e6))
EXAMPLES["rss_growth"] = ("< 1MB", watched("rss_growth", 0), "< 1MB", watched("rss_growth", 4e6))
EXAMPLES["throughput"] = ("> 1 /s", of(1), {"limit": "> 9 /s", "of": "$.list"}, of(VALUE))
# These are about how the call ended, which is always known.
ALWAYS_KNOWN = {"completes", "raises"}


def compiled_of(name: str, params: Any) -> Compiled:
    return compile_expect(REGISTRY, {name: params})


def judge(name: str, params: Any, evidence: Evidence) -> Finding:
    (finding,) = JUDGE([parse_expect({name: params})], evidence)
    return finding


def test_every_registered_expectation_has_an_example() -> None:
    assert sorted(NAMES) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_it_passes_on_evidence_that_bears_it_out(name: str) -> None:
    params, evidence, _, _ = EXAMPLES[name]
    finding = judge(name, params, evidence)
    assert finding.status == "passed", finding.message
    assert finding.message


@pytest.mark.parametrize("name", NAMES)
def test_it_fails_on_evidence_that_contradicts_it_with_a_sentence(name: str) -> None:
    _, _, params, evidence = EXAMPLES[name]
    finding = judge(name, params, evidence)
    assert finding.status == "failed", finding.message
    assert finding.message


@pytest.mark.parametrize("name", sorted(set(NAMES) - ALWAYS_KNOWN))
def test_it_is_undecided_on_evidence_that_says_nothing(name: str) -> None:
    finding = judge(name, EXAMPLES[name][0], Evidence(has_value=False))
    assert finding.status == "undecided", finding
    assert finding.message


# A user's validator saw the value itself, live, and answered.
ON_KEPT_VALUES = [
    name
    for name in NAMES
    if "value" in REGISTRY.load("expectation", name).requires and name not in ON_LIVE_VALUES
]


@pytest.mark.parametrize("name", ON_KEPT_VALUES)
def test_it_never_decides_on_an_opaque_value(name: str) -> None:
    for params in (EXAMPLES[name][0], EXAMPLES[name][2]):
        finding = judge(name, params, Evidence(value=to_plain(Opaque()).plain))
        assert finding.status == "undecided"
        assert "value not kept: opaque" in finding.message


@pytest.mark.parametrize("name", NAMES)
def test_its_finding_carries_its_name(name: str) -> None:
    params, evidence, _, _ = EXAMPLES[name]
    assert judge(name, params, evidence).expectation.split()[0] == name


@pytest.mark.parametrize("name", NAMES)
def test_it_requires_what_a_target_can_produce(name: str) -> None:
    component = REGISTRY.load("expectation", name)
    assert isinstance(component.requires, frozenset)
    assert component.requires <= PRODUCED


@pytest.mark.parametrize("name", NAMES)
def test_its_schema_is_one_and_accepts_its_examples(name: str) -> None:
    schema = REGISTRY.load("expectation", name).schema()
    Draft202012Validator.check_schema(schema)
    assert schema["description"]
    whole = {**schema, "$defs": {"expectation": {"type": ["string", "object"]}}}
    for params in (EXAMPLES[name][0], EXAMPLES[name][2]):
        Draft202012Validator(whole).validate(params)


@pytest.mark.parametrize("name", NAMES)
def test_compiled_parameters_name_what_is_inside_and_what_to_call(name: str) -> None:
    compiled = compiled_of(name, EXAMPLES[name][0])
    component = compiled.component
    for nested in component.nested(compiled.params):
        assert nested.name in NAMES
    for call in component.needs(compiled.params):
        if isinstance(call, Surround):
            assert REGISTRY.load(call.kind, call.name).check(call.params) is not None
            continue
        assert call.key
        assert call.ref


@pytest.mark.parametrize("name", NAMES)
def test_compiling_leaves_the_authored_parameters_alone(name: str) -> None:
    params = EXAMPLES[name][0]
    before = copy.deepcopy(params)
    compiled_of(name, params)
    assert params == before


@pytest.mark.parametrize("name", NAMES)
def test_judging_is_deterministic_and_leaves_the_evidence_alone(name: str) -> None:
    params, evidence, _, _ = EXAMPLES[name]
    before = msgspec.msgpack.encode(evidence)
    assert judge(name, params, evidence) == judge(name, params, evidence)
    assert msgspec.msgpack.encode(evidence) == before


@pytest.mark.parametrize("name", NAMES)
def test_its_finding_can_be_kept(name: str) -> None:
    for params, evidence in (EXAMPLES[name][:2], EXAMPLES[name][2:]):
        finding = judge(name, params, evidence)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(finding), type=Finding) == finding


# Anything is a value to compare with, or a template's place: these refuse nothing of it.
TAKES_ANYTHING = {"equals", "contains"}


@pytest.mark.parametrize("name", sorted(set(NAMES) - TAKES_ANYTHING))
def test_parameters_of_no_meaning_are_refused_by_a_sentence(name: str) -> None:
    with pytest.raises(BadParams) as caught:
        compiled_of(name, {"no such key": object})
    assert caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.path[0] == name


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "expectations.md"
SECTION = re.compile(r"^### (?P<name>[\w.]+)\n(?P<text>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = {found["name"]: found["text"] for found in SECTION.finditer(PAGE.read_text("utf-8"))}


def test_the_reference_has_one_heading_for_every_expectation() -> None:
    assert sorted(SECTIONS) == sorted(HEADINGS.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_the_reference_means_something(name: str) -> None:
    heading = HEADINGS[name]
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", SECTIONS[heading], re.MULTILINE | re.DOTALL)
    expects = yaml.safe_load(block)["expect"]
    family = heading.removesuffix("NAME")
    assert any(parse_expect(raw).name.startswith(family) for raw in expects)
    for raw in expects:
        compile_expect(REGISTRY, raw)
