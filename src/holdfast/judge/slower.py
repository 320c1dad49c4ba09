"""Is the target slower than another version of it, or than its stored baseline? `not_slower`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from holdfast.errors import UsageError
from holdfast.judge.baseline import judge_baseline
from holdfast.judge.component import FactExpectation
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams, Need
from holdfast.registry import load_place
from holdfast.text.format import format_share

__all__ = ["NOT_SLOWER"]

# Loaded by name where the expectation is used: nobody else needs what compares.
COMPARE = "holdfast.measure.compare_case:COMPARE"


def _prepare(raw: Any) -> dict[str, Any]:
    if raw is None or raw is True:
        return {}
    given: Any = {"than": raw} if isinstance(raw, str) else raw
    if not isinstance(given, dict):
        raise BadParams(
            f"not_slower must be an object or a version, got {raw!r:.60}",
            hint="for example {not_slower: {than: main, by: 5%}}",
        )
    params = cast("dict[str, Any]", given)
    try:
        # The driver's own parameters may name the other version; it says so where they do not.
        load_place(COMPARE).check({"than": "the other version", **params})
    except UsageError as error:
        raise BadParams(error.message, hint=error.hint) from error
    return params


def _wants(params: dict[str, Any]) -> Iterable[Need]:
    return (Surround(kind="driver", name="paired", params=params),)


def _judge(params: dict[str, Any], evidence: Evidence) -> Finding:
    stored: Any = evidence.facts.get("baseline")
    if stored is not None:
        return judge_baseline(load_place(COMPARE), stored, _rules(params, stored))
    fact: Any = evidence.facts.get("comparison")
    if fact is None:
        return undecided("nothing was compared: the case has another driver, or ended before")
    compare = load_place(COMPARE)
    rules = _rules(params, fact)
    found = compare.conclude(fact, rules)
    expected = {"by": rules.slower, "floor": rules.floor}
    observed = {"ratio": found.ratio, "low": found.low, "high": found.high, "pairs": found.pairs}
    told = (
        f"over {found.pairs} pairs in {len(found.launches)} launches"
        f" ({'CPU' if found.clock == 'cpu' else 'wall'} time)"
    )
    if found.status == "undecided":
        return undecided(f"{found.reason}; {told}", expected=expected, observed=observed)
    took = f"took {found.ratio:.3f} times as long as {_than(params)}"
    if found.status == "slower":
        message = (
            f"{took}, at least {found.low:.3f} times is proven"
            f" (more than {format_share(rules.floor)} is slower) {told}"
        )
        return failed(message, expected=expected, observed=observed)
    message = (
        f"{took}, at most {found.high:.3f} times is left open"
        f" (limit {format_share(rules.slower)}) {told}"
    )
    return passed(message, expected=expected, observed=observed)


def _rules(params: dict[str, Any], fact: Mapping[str, Any]) -> Any:
    """Return the author's limits, filled in by those of the driver."""
    return load_place(COMPARE).rules(params if "by" in params else {**_limits(fact), **params})


def _limits(fact: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits by which the driver measured, which hold where the author names none."""
    rules = fact["rules"]
    return {"by": rules["slower"], **{key: rules[key] for key in ("floor", "alpha", "unit")}}


def _than(params: Mapping[str, Any]) -> str:
    than: Any = params.get("than", "the other version")
    if isinstance(than, Mapping):
        given = cast("Mapping[str, Any]", than)
        return ", ".join(f"{key} {value}" for key, value in sorted(given.items()))
    return str(than)


NOT_SLOWER = FactExpectation(
    form={
        "anyOf": [
            {"type": "null"},
            {"type": "string"},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "than": {"anyOf": [{"type": "string"}, {"type": "object"}]},
                    "by": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                    "floor": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                    "alpha": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                    "unit": {"enum": ["auto", "cpu", "wall"]},
                    "budget": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                    "launches": {"type": "integer", "minimum": 2},
                    "concurrency": {"type": "integer", "minimum": 1},
                },
            },
        ],
        "description": "the target is not slower than another version of it, or than its stored"
        " baseline, by more than a share",
    },
    prepare=_prepare,
    decide=_judge,
    requires=frozenset(),
    wants=_wants,
)
