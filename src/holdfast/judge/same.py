"""Is the value what a serial loop, or another function, gives? `same_as`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from holdfast.judge.component import no_value, take_fields
from holdfast.judge.param import take_number, take_text
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, undecided
from holdfast.ports import AssessorCall, BadParams, Compiled, CompileOne, JudgeOne, Need
from holdfast.text.suggest import did_you_mean

__all__ = ["SAME_AS"]

REF = re.compile(r"[^:\s]+(?:\.py)?:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
HINT = "for example 'serial', or {python: 'module:function', with: {rows: 100}}"
# Where the value lives, these compare it; the names keep the judge free of what they need.
SERIAL = "holdfast.parallel.assess:same_as_serial"
OTHER = "holdfast.parallel.assess:same_as_other"
FORM: dict[str, Any] = {
    "anyOf": [
        {"const": "serial"},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "serial": {"enum": [True, "sample"]},
                "python": {"type": "string", "description": "module:function"},
                "with": {"type": "object"},
                "tolerance": {"type": "number", "exclusiveMinimum": 0},
            },
            "oneOf": [{"required": ["serial"]}, {"required": ["python"]}],
        },
    ],
    "description": "the value is what the serial loop over the same items, or another function, gives",
}


class _SameAs(msgspec.Struct, frozen=True, kw_only=True):
    requires: frozenset[str] = frozenset({"value"})

    def schema(self) -> dict[str, Any]:
        return FORM

    def compile(self, raw: Any, compile_one: CompileOne) -> AssessorCall:
        if isinstance(raw, str):
            if raw != "serial":
                near = did_you_mean(raw, ("serial",))
                message = f"same_as must be 'serial' or an object with python, got {raw!r}{near}"
                raise BadParams(message, hint=HINT)
            return _call(SERIAL, {})
        fields = take_fields(raw, ("serial", "python", "with", "tolerance"), what="same_as")
        if ("serial" in fields) == ("python" in fields):
            raise BadParams("same_as must have one of serial and python", hint=HINT)
        more = _tolerance(fields)
        if "python" in fields:
            return _call(OTHER, {**_other(fields), **more}, takes_arguments="with" not in fields)
        if "with" in fields:
            raise BadParams("with must stand beside python", path=("with",), hint=HINT)
        if fields["serial"] == "sample":
            return _call(SERIAL, {"mode": "sample", **more})
        if fields["serial"] is not True:
            message = f"serial must be true or 'sample', got {fields['serial']!r}"
            raise BadParams(message, path=("serial",), hint=HINT)
        return _call(SERIAL, more)

    def nested(self, params: Any) -> Iterable[Compiled]:
        return ()

    def needs(self, params: AssessorCall) -> Iterable[Need]:
        return (params,)

    def judge(self, params: AssessorCall, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        for found in evidence.assessments:
            if found.key == params.key:
                return Finding(
                    expectation="same_as",
                    status=found.answer,
                    message=found.message or f"the comparison answered {found.answer}",
                    expected=found.expected,
                    observed=found.observed,
                    score=found.score,
                )
        reason = no_value(evidence) or "not compared: the other was not run beside the value"
        return msgspec.structs.replace(undecided(reason), expectation="same_as")


def _other(fields: dict[str, Any]) -> dict[str, Any]:
    ref = take_text(fields["python"], what="a function", path=("python",))
    if REF.fullmatch(ref) is None:
        message = f"a function must be 'module:function', got {ref!r}"
        raise BadParams(message, path=("python",), hint=HINT)
    if "with" not in fields:
        return {"other": ref}
    arguments = fields["with"]
    if not isinstance(arguments, dict):
        raise BadParams(f"with must be an object, got {arguments!r}", path=("with",), hint=HINT)
    return {"other": ref, "arguments": cast("dict[str, Any]", arguments)}


def _tolerance(fields: dict[str, Any]) -> dict[str, Any]:
    """Return how far numbers may differ, where that was asked for."""
    if "tolerance" not in fields:
        return {}
    tolerance = take_number(fields["tolerance"], what="tolerance", path=("tolerance",))
    if not 0 < tolerance < math.inf:
        message = f"tolerance must be above 0, got {tolerance!r}"
        raise BadParams(message, path=("tolerance",), hint="leave it out for exact equality")
    return {"tolerance": float(tolerance)}


def _call(ref: str, params: dict[str, Any], *, takes_arguments: bool = False) -> AssessorCall:
    suffix = msgspec.json.encode(params, order="deterministic").decode()
    return AssessorCall(
        key=f"{ref} {suffix}", ref=ref, params=params, takes_arguments=takes_arguments
    )


SAME_AS = _SameAs()
