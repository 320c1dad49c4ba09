"""Which expectations may stand inside another one, and how are they judged together?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.judge.component import NotApplicable, compile_at
from holdfast.model.evidence import Evidence
from holdfast.model.finding import ORDER, Finding
from holdfast.ports import BadParams, Compiled, CompileOne, JudgeOne

__all__ = ["compile_inside", "judge_inside", "judge_parts", "walk"]


def compile_inside(
    fields: Mapping[str, Any], compile_one: CompileOne, *, inside: str
) -> tuple[Compiled, ...]:
    """Compile the expectations of an object, each key being one, that look at a part of the value.

    Raises:
        BadParams: one of them does not look at a value, or is a user's validator,
            which is called on the whole live value alone.
    """
    found = tuple(compile_at(compile_one, {name: raw}, ()) for name, raw in fields.items())
    for top in found:
        for each in walk(top):
            if tuple(each.component.needs(each.params)):
                message = f"{each.name} must not stand inside {inside}: it is about the whole call"
                raise BadParams(
                    message, path=(top.name,), hint=f"write {each.name} beside {inside}"
                )
            if each.component.requires - {"value"} or each.name in {"completes", "snapshot"}:
                message = f"{each.name} must not stand inside {inside}: it does not look at a part of the value"
                raise BadParams(
                    message, path=(top.name,), hint=f"write {each.name} beside {inside}"
                )
    return found


def walk(compiled: Compiled) -> Iterator[Compiled]:
    """Yield an expectation and all that are inside it."""
    yield compiled
    for nested in compiled.component.nested(compiled.params):
        yield from walk(nested)


def judge_inside(
    compiled: Sequence[Compiled], value: Any, judge_one: JudgeOne, *, place: str
) -> Finding:
    """Judge a part of the value; the worst finding stands for all, with its place in front.

    Raises:
        NotApplicable: nothing speaks against the part but that it has the wrong kind.
    """
    judged = judge_parts(compiled, Evidence(value=value), judge_one)
    # Of two that did not hold, the one that applies.
    worst, applies = max(judged, key=lambda each: (ORDER[each[0].status], each[1]))
    finding = Finding(
        status=worst.status,
        message=f"{place}: {worst.message}",
        expected=worst.expected,
        observed=worst.observed,
    )
    if not applies:
        raise NotApplicable(finding)
    return finding


def judge_parts(
    compiled: Sequence[Compiled], evidence: Evidence, judge_one: JudgeOne
) -> list[tuple[Finding, bool]]:
    """Judge several expectations; tell of each finding whether the value could be asked at all."""
    judged: list[tuple[Finding, bool]] = []
    for each in compiled:
        try:
            judged.append((judge_one(each, evidence), True))
        except NotApplicable as answer:
            judged.append((answer.finding, False))
    return judged
