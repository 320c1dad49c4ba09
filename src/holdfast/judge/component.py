"""What do all expectations share? Their shape, and the guard in front of the value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import msgspec

from holdfast.judge.value import find_unknown, unknown
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Finding, failed, undecided
from holdfast.ports import BadParams, Compiled, CompileOne, JudgeOne, Need
from holdfast.text.suggest import did_you_mean

__all__ = [
    "FactExpectation",
    "NotApplicable",
    "ValueExpectation",
    "compile_at",
    "error_text",
    "no_value",
    "not_applicable",
    "take_fields",
]

VALUE = frozenset({"value"})


class NotApplicable(Exception):
    """The value has the wrong kind to be asked: `failed` when asked, `undecided` when denied.

    That a number does not match a pattern says nothing of the texts that must not match it.
    `finding` is the one for a positive question.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class ValueExpectation(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation on the value: `prepare` reads the parameters, `decide` compares.

    With `is_shallow`, only the outermost layer must be known: a list of opaque
    items still has a length.
    """

    form: dict[str, Any]
    prepare: Callable[[Any], Any]
    decide: Callable[[Any, Any], Finding]
    is_shallow: bool = False
    requires: frozenset[str] = VALUE

    def schema(self) -> dict[str, Any]:
        return self.form

    def compile(self, raw: Any, compile_one: CompileOne) -> Any:
        return self.prepare(raw)

    def nested(self, params: Any) -> Iterable[Compiled]:
        return ()

    def needs(self, params: Any) -> Iterable[Need]:
        return ()

    def judge(self, params: Any, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        value = evidence.value
        if value is None or type(value) in {dict, list}:
            reason = no_value(evidence) or (
                unknown(value) if self.is_shallow else find_unknown(value)
            )
            if reason:
                return undecided(reason)
        return self.decide(params, value)


class FactExpectation(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation on something else than the value: `decide` gets the evidence.

    `wants` tells from the parameters what it takes to have that evidence.
    """

    form: dict[str, Any]
    prepare: Callable[[Any], Any]
    decide: Callable[[Any, Evidence], Finding]
    requires: frozenset[str]
    wants: Callable[[Any], Iterable[Need]] | None = None

    def schema(self) -> dict[str, Any]:
        return self.form

    def compile(self, raw: Any, compile_one: CompileOne) -> Any:
        return self.prepare(raw)

    def nested(self, params: Any) -> Iterable[Compiled]:
        return ()

    def needs(self, params: Any) -> Iterable[Need]:
        return () if self.wants is None else self.wants(params)

    def judge(self, params: Any, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        return self.decide(params, evidence)


def not_applicable(message: str, *, expected: Any = None, observed: Any = None) -> NotApplicable:
    """Return what to raise where the value has the wrong kind to be asked."""
    return NotApplicable(failed(message, expected=expected, observed=observed))


def no_value(evidence: Evidence) -> str:
    """Say why there is no value to judge, or ""."""
    if evidence.has_value:
        return (
            ""
            if evidence.error is None
            else f"no value: the call ended with {error_text(evidence.error)}"
        )
    if evidence.error is not None:
        return f"no value: the call ended with {error_text(evidence.error)}"
    return "no value: the target left none"


def error_text(error: CaseError) -> str:
    """Show an error in one line: its type and the first line of its message."""
    line = error.message.strip().partition("\n")[0]
    kind = error.type or error.kind
    text = f"{kind}: {line}" if line else kind
    return text if len(text) <= 300 else f"{text[:300]}..."


def compile_at(compile_one: CompileOne, raw: Any, path: Sequence[str | int]) -> Compiled:
    """Compile a nested expectation; a problem in it gets the place `path` in front."""
    try:
        return compile_one(raw)
    except BadParams as error:
        raise BadParams(error.message, path=(*path, *error.path), hint=error.hint) from error


def take_fields(raw: Any, known: Sequence[str], *, what: str) -> dict[str, Any]:
    """Return authored parameters as an object that has known fields only.

    Raises:
        BadParams: it is no object, or a field is not known.
    """
    if not isinstance(raw, dict):
        raise BadParams(f"{what} must be an object with {', '.join(known)}, got {raw!r:.100}")
    fields = cast("dict[Any, Any]", raw)
    for key in fields:
        if key not in known:
            message = f"no such key {key!r} in {what}{did_you_mean(str(key), known)}"
            raise BadParams(message, path=(str(key),), hint=f"known: {', '.join(known)}")
    return fields
