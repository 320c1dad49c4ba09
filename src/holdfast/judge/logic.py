"""What do several expectations say together? `all_of`, `any_of`, `not`, by Kleene's logic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from holdfast.judge.component import NotApplicable, compile_at
from holdfast.judge.nested import judge_parts
from holdfast.judge.param import take_list
from holdfast.judge.show import brief_text
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, FindingStatus
from holdfast.ports import BadParams, Compiled, CompileOne, JudgeOne, Need

__all__ = ["ALL_OF", "ANY_OF", "CONNECTIVES", "NOT"]

CONNECTIVES = frozenset({"all_of", "any_of", "not"})

# The first of these that some part has is the status of the whole.
_ALL: tuple[FindingStatus, ...] = ("error", "failed", "undecided", "passed")
_ANY: tuple[FindingStatus, ...] = ("passed", "error", "undecided", "failed")
_NOT: dict[FindingStatus, FindingStatus] = {"passed": "failed", "failed": "passed"}
_LIST_FORM = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/expectation"}}


class _Several(msgspec.Struct, frozen=True, kw_only=True):
    """`all_of` and `any_of`: a list of expectations."""

    name: str
    order: tuple[FindingStatus, ...]
    description: str
    requires: frozenset[str] = frozenset()

    def schema(self) -> dict[str, Any]:
        return {**_LIST_FORM, "description": self.description}

    def compile(self, raw: Any, compile_one: CompileOne) -> tuple[Compiled, ...]:
        items = take_list(raw, what=self.name)
        return tuple(compile_at(compile_one, item, (index,)) for index, item in enumerate(items))

    def nested(self, params: tuple[Compiled, ...]) -> Iterable[Compiled]:
        return params

    def needs(self, params: Any) -> Iterable[Need]:
        return ()

    def judge(
        self, params: tuple[Compiled, ...], evidence: Evidence, judge_one: JudgeOne
    ) -> Finding:
        judged = judge_parts(params, evidence, judge_one)
        findings = [finding for finding, _ in judged]
        status = self.order[min(self.order.index(finding.status) for finding in findings)]
        whole = Finding(status=status, message=self.describe(status, findings))
        # One that failed on a value it applies to decides all_of; any_of needs that of each.
        decides = any if self.name == "all_of" else all
        if status == "failed" and not decides(
            applies for finding, applies in judged if finding.status == "failed"
        ):
            raise NotApplicable(whole)
        return whole

    def describe(self, status: FindingStatus, findings: list[Finding]) -> str:
        held = sum(finding.status == "passed" for finding in findings)
        if held == len(findings):
            return f"{held} of {held} held"
        deciding = [finding for finding in findings if finding.status == status]
        parts = "; ".join(f"{each.expectation}: {each.message}" for each in deciding[:5])
        more = f"; and {len(deciding) - 5} more" if len(deciding) > 5 else ""
        return brief_text(f"{held} of {len(findings)} held; {status}: {parts}{more}")


class _Not(msgspec.Struct, frozen=True, kw_only=True):
    """`not`: one expectation that must not hold."""

    requires: frozenset[str] = frozenset()

    def schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/expectation", "description": "this expectation does not hold"}

    def compile(self, raw: Any, compile_one: CompileOne) -> Compiled:
        if raw is None:
            raise BadParams(
                "not must have an expectation, got none", hint="for example {not: {contains: x}}"
            )
        compiled = compile_at(compile_one, raw, ())
        if compiled.name == "completes":
            message = (
                "not must not hold `completes`: a call that goes wrong is asked for by `raises`"
            )
            raise BadParams(message, hint="write {raises: ExceptionName}")
        return compiled

    def nested(self, params: Compiled) -> Iterable[Compiled]:
        return (params,)

    def needs(self, params: Any) -> Iterable[Need]:
        return ()

    def judge(self, params: Compiled, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        try:
            inner = judge_one(params, evidence)
        except NotApplicable as answer:
            return _undeniable(answer.finding)
        status = _NOT.get(inner.status, inner.status)
        note = {"passed": "does not hold, as asked", "failed": "must not hold, but does"}
        prefix = f"{note[status]}: " if status in note else ""
        message = f"{prefix}{inner.expectation}: {inner.message}"
        return Finding(
            expectation=f"not {inner.expectation}",
            status=status,
            message=brief_text(message),
            observed=inner.observed,
        )


def _undeniable(inner: Finding) -> Finding:
    """Say that a value which cannot be asked does not bear a denial out."""
    message = f"cannot be denied of such a value: {inner.expectation}: {inner.message}"
    return Finding(
        expectation=f"not {inner.expectation}",
        status="undecided",
        message=brief_text(message),
        observed=inner.observed,
    )


ALL_OF = _Several(name="all_of", order=_ALL, description="every one of these holds")
ANY_OF = _Several(name="any_of", order=_ANY, description="at least one of these holds")
NOT = _Not()
