"""What did the user's own validator answer on the live value? `python`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from holdfast.judge.component import no_value, take_fields
from holdfast.judge.param import take_text
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, undecided
from holdfast.ports import AssessorCall, BadParams, Compiled, CompileOne, JudgeOne, Need

__all__ = ["PYTHON"]

REF = re.compile(r"[^:\s]+(?:\.py)?:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
HINT = "for example 'checks:is_sorted' or {function: 'checks:at_least', with: {low: 1}}"
FORM: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "description": "module:function"},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "function": {"type": "string"},
                "ref": {"type": "string"},
                "with": {"type": "object"},
            },
            "oneOf": [{"required": ["function"]}, {"required": ["ref"]}],
        },
    ],
    "description": "a function of yours, called with the value, answers True, False, a Finding or raises AssertionError",
}


class _Python(msgspec.Struct, frozen=True, kw_only=True):
    requires: frozenset[str] = frozenset({"value"})

    def schema(self) -> dict[str, Any]:
        return FORM

    def compile(self, raw: Any, compile_one: CompileOne) -> AssessorCall:
        if isinstance(raw, str):
            return _call_of(raw, None, ())
        fields = take_fields(raw, ("function", "ref", "with"), what="python")
        given = [key for key in ("function", "ref") if key in fields]
        if len(given) != 1:
            raise BadParams("python must name one function", hint=HINT)
        params = fields.get("with")
        if params is not None and not isinstance(params, dict):
            raise BadParams(f"with must be an object, got {params!r}", path=("with",), hint=HINT)
        return _call_of(fields[given[0]], cast("Any", params) or None, (given[0],))

    def nested(self, params: Any) -> Iterable[Compiled]:
        return ()

    def needs(self, params: AssessorCall) -> Iterable[Need]:
        return (params,)

    def judge(self, params: AssessorCall, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        name = f"python {params.ref}"
        for found in evidence.assessments:
            if found.key == params.key:
                return Finding(
                    expectation=name,
                    status=found.answer,
                    message=found.message or f"{params.ref} answered {found.answer}",
                    expected=found.expected,
                    observed=found.observed,
                    score=found.score,
                )
        reason = no_value(evidence) or f"not assessed: {params.ref} was not called on the value"
        return msgspec.structs.replace(undecided(reason), expectation=name)


def _call_of(raw: Any, params: dict[str, Any] | None, path: tuple[str, ...]) -> AssessorCall:
    ref = take_text(raw, what="a function", path=path)
    if REF.fullmatch(ref) is None:
        raise BadParams(f"a function must be 'module:function', got {ref!r}", path=path, hint=HINT)
    # Sorted keys: the same parameters are the same call, however they were written.
    suffix = b"" if params is None else msgspec.json.encode(params, order="deterministic")
    return AssessorCall(key=f"{ref} {suffix.decode()}".rstrip(), ref=ref, params=params)


PYTHON = _Python()
