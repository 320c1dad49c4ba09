"""How do the tests of the judge judge? Through the registry, as a run does."""

from __future__ import annotations

from typing import Any

from holdfast.builtin import COMPONENTS
from holdfast.judge.combine import compile_expect, make_judge, parse_expect
from holdfast.model.codec import to_plain
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Finding
from holdfast.ports import BadParams
from holdfast.registry import Registry

REGISTRY = Registry(COMPONENTS, entry_points=False)
JUDGE = make_judge(REGISTRY)


def evidence_of(value: Any = None, **fields: Any) -> Evidence:
    return Evidence(value=to_plain(value).plain, **fields)


def judge_on(evidence: Evidence, *raws: Any) -> tuple[Finding, ...]:
    return JUDGE([parse_expect(raw) for raw in raws], evidence)


def judge(raw: Any, value: Any = None, **fields: Any) -> Finding:
    (finding,) = judge_on(evidence_of(value, **fields), raw)
    return finding


def status(raw: Any, value: Any = None, **fields: Any) -> str:
    return judge(raw, value, **fields).status


def problem(raw: Any) -> BadParams:
    try:
        compile_expect(REGISTRY, raw)
    except BadParams as error:
        return error
    raise AssertionError(f"{raw!r} was accepted")


def error_of(
    kind: Any = "exception", name: str = "ValueError", message: str = "boom", **fields: Any
) -> Evidence:
    error = CaseError(kind=kind, type=name, message=message, **fields)
    return Evidence(error=error, has_value=False)


class Opaque:
    """A class of which holdfast knows nothing."""
