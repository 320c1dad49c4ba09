"""How is the value built? `is_json`, `json_path`, `json_schema`, `field_present`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from holdfast.judge.component import (
    NotApplicable,
    ValueExpectation,
    no_value,
    not_applicable,
    take_fields,
)
from holdfast.judge.nested import compile_inside, judge_inside
from holdfast.judge.param import take_flag
from holdfast.judge.path import (
    Found,
    Path,
    compile_dotted,
    compile_path,
    find,
    parse_json,
    read_root,
)
from holdfast.judge.show import brief, quoted, shown
from holdfast.judge.value import plain_of, same
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams, Compiled, CompileOne, JudgeOne, Need

__all__ = [
    "FIELD_PRESENT",
    "IS_JSON",
    "JSON_PATH",
]


def _prepare_is_json(raw: Any) -> None:
    if raw is not None and raw is not True:
        hint = "write `is_json`; for a schema, `json_schema`"
        raise BadParams(f"is_json must stand without parameters, got {raw!r}", hint=hint)


def _judge_is_json(params: None, value: Any) -> Finding:
    if not isinstance(value, str):
        return passed("value is JSON data already")
    try:
        parse_json(value)
    except ValueError as error:
        return failed(f"value must be JSON, got {quoted(value)}: {error}", observed=brief(value))
    return passed("value is JSON")


class _PathCheck(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    inside: tuple[Compiled, ...] = ()


class _JsonPath(msgspec.Struct, frozen=True, kw_only=True):
    """`json_path`: a path and what must be true of what is there."""

    requires: frozenset[str] = frozenset({"value"})

    def schema(self) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "description": "something is there"},
                {
                    "type": "object",
                    "required": ["path"],
                    "properties": {"path": {"type": "string"}},
                    "description": "`path`, and expectations on what is there",
                },
            ],
            "description": "what is at a JSONPath (RFC 9535)",
        }

    def compile(self, raw: Any, compile_one: CompileOne) -> _PathCheck:
        if isinstance(raw, str):
            return _PathCheck(path=compile_path(raw))
        hint = "for example {path: $.n, equals: 3}"
        if not isinstance(raw, dict) or "path" not in raw:
            raise BadParams(f"json_path must have a path, got {raw!r:.100}", hint=hint)
        fields = dict(cast("dict[str, Any]", raw))
        path = compile_path(fields.pop("path"), path=("path",))
        return _PathCheck(path=path, inside=compile_inside(fields, compile_one, inside="json_path"))

    def nested(self, params: _PathCheck) -> Iterable[Compiled]:
        return params.inside

    def needs(self, params: Any) -> Iterable[Need]:
        return ()

    def judge(self, params: _PathCheck, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        name = f"json_path {params.path.text}"
        try:
            finding = self.decide(params, evidence, judge_one)
        except NotApplicable as answer:
            raise NotApplicable(_named(answer.finding, name)) from None
        return _named(finding, name)

    def decide(self, params: _PathCheck, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        found = _look_up(params.path, evidence)
        if found.unknown:
            return undecided(found.unknown)
        if found.missing:
            return _absent(found, found.missing)
        if params.inside:
            return judge_inside(
                params.inside, found.value, judge_one, place=f"at {params.path.text}"
            )
        return passed(f"at {params.path.text}: {shown(found.value)}")


class _Field(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    present: bool = True
    has_expected: bool = False
    expected: Any = None


class _FieldPresent(msgspec.Struct, frozen=True, kw_only=True):
    """`field_present`: a field is there, or is not, or has a value."""

    requires: frozenset[str] = frozenset({"value"})

    def schema(self) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "description": "a dotted name or a JSONPath"},
                {
                    "type": "object",
                    "required": ["field"],
                    "additionalProperties": False,
                    "properties": {
                        "field": {"type": "string"},
                        "present": {"type": "boolean"},
                        "equals": {},
                    },
                },
            ],
            "description": "the field is there (or, with `present: false`, is not)",
        }

    def compile(self, raw: Any, compile_one: CompileOne) -> _Field:
        if isinstance(raw, str):
            return _Field(path=compile_dotted(raw))
        fields = take_fields(raw, ("field", "present", "equals"), what="field_present")
        if "field" not in fields:
            raise BadParams(
                "field_present must have a field, got none", hint="for example {field: a.b}"
            )
        path = compile_dotted(fields["field"], path=("field",))
        present = take_flag(fields.get("present", True), what="present", path=("present",))
        if "equals" not in fields:
            return _Field(path=path, present=present)
        if not present:
            raise BadParams(
                "a field that is absent must not have a value, got equals", path=("equals",)
            )
        return _Field(path=path, has_expected=True, expected=plain_of(fields["equals"]))

    def nested(self, params: Any) -> Iterable[Compiled]:
        return ()

    def needs(self, params: Any) -> Iterable[Need]:
        return ()

    def judge(self, params: _Field, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        name = f"field_present {params.path.text}"
        try:
            finding = self.decide(params, evidence)
        except NotApplicable as answer:
            raise NotApplicable(_named(answer.finding, name)) from None
        return _named(finding, name)

    def decide(self, params: _Field, evidence: Evidence) -> Finding:
        found = _look_up(params.path, evidence)
        if found.unknown:
            return undecided(found.unknown)
        text = params.path.text
        if not params.present:
            if found.missing and not found.applies:
                return undecided(f"field {text!r} cannot be called absent: {found.missing}")
            if found.missing:
                return passed(f"field {text!r} is absent")
            message = f"field {text!r} must be absent, got {shown(found.value)}"
            return failed(message, observed=brief(found.value))
        if found.missing:
            return _absent(found, f"field {text!r} must be present: {found.missing}")
        if params.has_expected and not same(params.expected, found.value):
            message = (
                f"field {text!r} must equal {shown(params.expected)}, got {shown(found.value)}"
            )
            return failed(message, expected=brief(params.expected), observed=brief(found.value))
        return passed(f"field {text!r} is {shown(found.value)}")


def _named(finding: Finding, name: str) -> Finding:
    return msgspec.structs.replace(finding, expectation=name)


def _absent(found: Found, message: str) -> Finding:
    if not found.applies:
        raise not_applicable(message)
    return failed(message)


def _look_up(path: Path, evidence: Evidence) -> Found:
    reason = no_value(evidence)
    if reason:
        return Found(unknown=reason)
    root = read_root(evidence.value)
    return root if root.unknown or root.missing else find(path, root.value)


IS_JSON = ValueExpectation(
    form={"enum": [None, True], "description": "the text is JSON (RFC 8259)"},
    prepare=_prepare_is_json,
    decide=_judge_is_json,
    is_shallow=True,
)
JSON_PATH = _JsonPath()
FIELD_PRESENT = _FieldPresent()
