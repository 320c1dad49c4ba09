"""Did the call touch anything that was not declared? `touches_only`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from holdfast.judge.component import FactExpectation
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams, Need
from holdfast.registry import load_place

__all__ = ["TOUCHES_ONLY"]

# Loaded by name where the expectation is used: it alone knows what a capability is.
CONDITION = "holdfast.capabilities.condition:CONDITION"


def _prepare(raw: Any) -> list[str]:
    if not isinstance(raw, list):
        message = f"touches_only must be a list of capabilities, got {raw!r:.100}"
        raise BadParams(message, hint="for example [read:data/**]; [] for nothing at all")
    params: dict[str, Any] = load_place(CONDITION).check(raw)
    return params["allow"]


def _wants(allow: list[str]) -> Iterable[Need]:
    params = {"allow": allow, "mode": "observe"}
    return (Surround(kind="condition", name="capabilities", params=params),)


def _judge(allow: list[str], evidence: Evidence) -> Finding:
    fact = cast("dict[str, Any] | None", evidence.facts.get("capabilities"))
    if fact is None:
        return undecided("what the call touched is not known: it was not watched", expected=allow)
    if fact["mode"] == "none":
        return undecided(f"what the call touched is not known: {fact['reason']}", expected=allow)
    if "used" not in fact:
        reason = "a program was confined, not watched"
        return undecided(f"what the call touched is not known: {reason}", expected=allow)
    if fact["declared"] != allow:
        message = "the case has `capabilities` of its own, by which its uses were told apart"
        return undecided(f"{message}; name the same ones here", expected=allow)
    undeclared, used = fact["undeclared"], fact["used"]
    if undeclared:
        return failed(
            f"the call touched {_some(undeclared)}, which was not declared",
            expected=allow,
            observed=used,
        )
    message = f"the call touched {_some(used) or 'nothing'}{_blind(fact)}{_unused(fact)}"
    return passed(message, expected=allow, observed=used)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(sorted(names)[:5]) + more


def _blind(fact: dict[str, Any]) -> str:
    """Say what was used that an audit hook cannot look into."""
    blind: list[str] = fact.get("blind", [])
    return f"; not seen into: {_some(blind)}" if blind else ""


def _unused(fact: dict[str, Any]) -> str:
    unused: list[str] = fact.get("unused", [])
    return f"; declared but not used: {_some(unused)}" if unused else ""


TOUCHES_ONLY = FactExpectation(
    form={
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "the call uses no other capabilities than these, such as read:data/**",
    },
    prepare=_prepare,
    decide=_judge,
    requires=frozenset(),
    wants=_wants,
)
