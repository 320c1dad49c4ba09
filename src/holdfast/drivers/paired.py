"""How is a target compared with another version of itself? In lock-step, by a child of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from holdfast.drivers.ask import ask_child, without_value
from holdfast.errors import UsageError
from holdfast.model.evidence import CaseError, Evidence, Output
from holdfast.ports import BadParams, CallContext, Work
from holdfast.registry import load_place

__all__ = ["DRIVER", "PairedDriver"]

# Loaded by name when a case is driven: nobody else needs what compares.
COMPARE = "holdfast.measure.compare_case:COMPARE"
SHARE = {"anyOf": [{"type": "number"}, {"type": "string"}]}


class PairedDriver:
    """The verdict and every pair are a fact, `comparison`; `self_test` for identical versions.

    Beside a `baseline`, the fact of that name holds what was measured and what was stored.
    """

    targets = frozenset({"command", "python"})
    exclusive = True

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "description": "compare the target with another version of it, or with a stored baseline",
            "additionalProperties": False,
            "properties": {
                "than": {"anyOf": [{"type": "string"}, {"type": "object"}]},
                "by": SHARE,
                "floor": SHARE,
                "alpha": SHARE,
                "unit": {"enum": ["auto", "cpu", "wall"]},
                "budget": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                "launches": {"type": "integer", "minimum": 2},
                "concurrency": {"type": "integer", "minimum": 1},
                "aa": {"type": "integer", "minimum": 0},
            },
        }

    def check(self, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            raise BadParams(
                f"paired must be an object, got {raw!r:.60}",
                hint="for example paired: {than: main, by: 5%}",
            )
        try:
            return load_place(COMPARE).check(cast("Mapping[str, Any]", raw))
        except UsageError as error:
            raise BadParams(error.message, hint=error.hint) from error

    async def drive(self, work: Work) -> Evidence:
        compare, context = load_place(COMPARE), work.context
        try:
            data = compare.encode(_version(work), work.params, root=context.root, seed=context.seed)
        except UsageError as error:
            return without_value("setup", error.message)
        answer = await _ask(compare, data, context)
        if isinstance(answer, Evidence):
            return answer
        # A command that ends otherwise is not measured.
        facts: dict[str, Any] = {"exit_code": 0} if work.kind == "command" else {}
        if answer["sitting"] is not None:
            return _beside_baseline(compare, answer["sitting"], work.params, facts)
        return _evidence(answer, facts)


def _version(work: Work) -> dict[str, Any]:
    """Return the fields of the version that the case names."""
    spec = work.spec
    if work.kind == "python":
        return {"target": spec["ref"], "kwargs": spec.get("with") or {}}
    shell: str = spec.get("shell") or ""
    argv: list[Any] = spec.get("argv") or []
    env: Mapping[str, Any] = spec.get("env") or {}
    return {
        "command": ["/bin/sh", "-c", shell] if shell else [_word(each) for each in argv],
        "env": {name: _word(value) for name, value in env.items()},
        "folder": str(Path(work.context.case.base or Path.cwd(), spec.get("cwd") or "")),
    }


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def _ask(compare: Any, data: bytes, context: CallContext) -> Mapping[str, Any] | Evidence:
    """Return what the child found, or the evidence of one that gave no answer."""
    answered = await ask_child(context, compare.argv, data=data, env={})
    if answered is None:
        limit = f"{context.timeout_s:g} s"
        message = f"the comparison must end within {limit}; give it a longer timeout or less budget"
        return without_value("timeout", message)
    answer = compare.read(answered.stdout)
    if answer is None:
        crash = CaseError(kind="crash", message="the comparison ended without an answer")
        return Evidence(has_value=False, error=crash, stderr=Output(text=answered.stderr))
    return answer


def _beside_baseline(
    compare: Any, sitting: Mapping[str, Any], params: Mapping[str, Any], facts: dict[str, Any]
) -> Evidence:
    rules = compare.rules(params)
    fact = {**compare.stored(params), "now": sitting, "rules": msgspec.to_builtins(rules)}
    held = compare.hold(fact, rules)
    named = {"ratio": held.ratio, "low": held.low, "high": held.high, "margin": held.margin}
    return Evidence(
        has_value=False,
        facts={**facts, "baseline": fact},
        measurements={
            f"compare.{name}": value for name, value in named.items() if value is not None
        },
    )


def _evidence(answer: Mapping[str, Any], facts: dict[str, Any]) -> Evidence:
    test, found = answer["self_test"], answer["comparison"]
    if test is not None:
        if test["detectable"] is None:
            return without_value("setup", f"could not be measured: {test['reason']}")
        numbers = {"compare.detectable": test["detectable"], "compare.launch_sd": test["launch_sd"]}
        facts["self_test"] = test
        return Evidence(has_value=False, facts=facts, measurements=numbers)
    if found["status"] == "error":
        return without_value("setup", f"could not be measured: {found['reason']}")
    facts["comparison"] = found
    named = {f"compare.{name}": found[name] for name in ("ratio", "low", "high", "pairs")}
    numbers = {name: float(value) for name, value in named.items() if value is not None}
    return Evidence(has_value=False, facts=facts, measurements=numbers)


DRIVER = PairedDriver()
