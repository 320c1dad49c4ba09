"""Does the call keep to its memory and its pace? `peak_rss`, `rss_growth`, `throughput`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from holdfast.judge.component import FactExpectation, take_fields
from holdfast.judge.param import parse_bound
from holdfast.judge.path import Path, compile_path, find, read_root
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams, Need
from holdfast.text.format import format_bytes, format_duration, format_number, format_quantity
from holdfast.text.units import Limit

__all__ = ["PEAK_RSS", "RSS_GROWTH", "THROUGHPUT"]

# Fewer looks, or a monitor that came to less than half of them, prove no absence.
LEAST_SAMPLES = 3
LEAST_RATE = 0.5


def _bytes_limit(name: str, example: str) -> Any:
    def prepare(raw: Any) -> Limit:
        return parse_bound(
            raw, what=name, unit="bytes", hint=f"for example {{{name}: '{example}'}}"
        )

    return prepare


def _wants(params: Any) -> Iterable[Need]:
    del params
    return (Surround(kind="probe", name="monitor"),)


def _judge_peak(limit: Limit, evidence: Evidence) -> Finding:
    return _judge_bytes("peak_rss", limit, evidence, by="peak_by")


def _judge_growth(limit: Limit, evidence: Evidence) -> Finding:
    return _judge_bytes("rss_growth", limit, evidence, by="growth_by")


def _judge_bytes(name: str, limit: Limit, evidence: Evidence, *, by: str) -> Finding:
    fact: Any = evidence.facts.get("monitor")
    if fact is None:
        return undecided(f"{name} was not measured: nothing watched the call", expected=limit.text)
    value = evidence.measurements.get(name)
    if value is None:
        return undecided(f"{name} was not measured: {_unseen(fact)}", expected=limit.text)
    how = _how(fact, fact[by])
    message = f"{name} was {_size(value)} (limit {limit.text}): {how}"
    is_high = _exceeds(limit, value)
    if limit.holds(value) or not is_high:
        weak = "" if fact[by] != "samples" else _too_little(fact)
        if weak:
            return undecided(f"{message}; {weak}", expected=limit.text, observed=value)
    if limit.holds(value):
        return passed(message, expected=limit.text, observed=value)
    return failed(message, expected=limit.text, observed=value)


def _exceeds(limit: Limit, value: float) -> bool:
    """Tell whether more looks could only have found still more: that needs no further proof."""
    return limit.op in {"<", "<="} and not limit.holds(value)


def _size(value: float) -> str:
    return f"-{format_bytes(-value)}" if value < 0 else format_bytes(value)


def _unseen(fact: dict[str, Any]) -> str:
    if not fact["pids"]:
        return "the call started no process that could be watched"
    if fact["cost_share"] is None:
        return "the monitor was ended before the call was over"
    rate = f"{fact['asked_hz']:g} samples a second"
    return f"it ended before it was seen at {rate}; raise hz, as in {{monitor: {{hz: 200}}}}"


def _too_little(fact: dict[str, Any]) -> str:
    """Say why samples prove nothing here, or ""."""
    if fact["cost_share"] is None:
        return "the monitor was ended before the call was over"
    if fact["achieved_hz"] < LEAST_RATE * fact["asked_hz"]:
        return "less than half of the samples that were due were taken"
    if fact["samples"] < LEAST_SAMPLES:
        return "too few samples to say what was between them; raise hz, as in {monitor: {hz: 200}}"
    return ""


def _how(fact: dict[str, Any], by: str) -> str:
    """Say what was measured, and how closely."""
    count = fact["processes"]
    who = "the process" if by in {"samples", "ended"} else "the process of the call"
    more = f" and {count - 1} that it started" if count > 1 else ""
    if by == "ended":
        return f"{who}, by the kernel's own count; what it started was too short-lived to be seen, or nothing"
    if by != "samples":
        return f"{who}{more}, by the kernel's own count"
    rate = format_number(fact["achieved_hz"])
    samples = f"{fact['samples']} samples at {rate} /s"
    return f"{who}{more}, over {samples}; what lay between the last one and its end was not seen"


class _Pace(msgspec.Struct, frozen=True, kw_only=True):
    limit: Limit
    of: Path | float | None = None


def _prepare_pace(raw: Any) -> _Pace:
    hint = "for example {throughput: '> 100 /s'} or {throughput: {limit: '> 100 /s', of: $.files}}"
    fields: dict[str, Any] = {"limit": raw}
    if isinstance(raw, dict):
        fields = take_fields(cast("Any", raw), ("limit", "of"), what="throughput")
    limit = parse_bound(fields.get("limit"), what="throughput", unit="rate", hint=hint)
    of = fields.get("of")
    if of is None:
        return _Pace(limit=limit)
    if isinstance(of, int | float) and not isinstance(of, bool) and of > 0:
        return _Pace(limit=limit, of=float(of))
    if not isinstance(of, str):
        raise BadParams(
            f"of must be a number or a JSONPath, got {of!r:.60}", path=("of",), hint=hint
        )
    return _Pace(limit=limit, of=compile_path(of, path=("of",)))


def _judge_pace(params: _Pace, evidence: Evidence) -> Finding:
    expected = params.limit.text
    if evidence.error is not None:
        return undecided("throughput is that of a call that ended well", expected=expected)
    measured = evidence.measurements.get("throughput")
    if measured is not None and params.of is None:
        return _paced(params.limit, measured, "as measured")
    if not evidence.call_s:
        return undecided("the duration of the call was not measured", expected=expected)
    count, reason = _count(params.of, evidence)
    if reason:
        return undecided(reason, expected=expected)
    noun = "call" if params.of is None else "items"
    how = f"{format_number(count)} {noun} in {format_duration(evidence.call_s)}"
    return _paced(params.limit, count / evidence.call_s, how)


def _paced(limit: Limit, value: float, how: str) -> Finding:
    shown = format_quantity(value, "rate")
    message = f"throughput was {shown} (limit {limit.text}): {how}"
    judge = passed if limit.holds(value) else failed
    return judge(message, expected=limit.text, observed=value)


def _count(of: Path | float | None, evidence: Evidence) -> tuple[float, str]:
    """Return how many items the call dealt with, and why that is not known, or ""."""
    if of is None:
        return 1.0, ""
    if isinstance(of, int | float):
        return float(of), ""
    root = read_root(evidence.value)
    found = root if root.unknown or root.missing else find(of, root.value)
    if found.unknown or found.missing:
        return 0.0, f"how many items there were is not known: {found.unknown or found.missing}"
    value = found.value
    if isinstance(value, list):
        return float(len(cast("list[Any]", value))), ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), ""
    return 0.0, f"{of.text} must be a number or a list, got {value!r:.60}"


_BYTES_FORM = {"type": "string", "description": "a limit in bytes, such as '< 500 MB'"}

PEAK_RSS = FactExpectation(
    form=_BYTES_FORM,
    prepare=_bytes_limit("peak_rss", "< 500MB"),
    decide=_judge_peak,
    requires=frozenset(),
    wants=_wants,
)
RSS_GROWTH = FactExpectation(
    form=_BYTES_FORM,
    prepare=_bytes_limit("rss_growth", "< 10MB"),
    decide=_judge_growth,
    requires=frozenset(),
    wants=_wants,
)
THROUGHPUT = FactExpectation(
    form={
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["limit"],
                "properties": {
                    "limit": {"type": "string"},
                    "of": {"type": ["number", "string"]},
                },
            },
        ],
        "description": "a limit on items a second, such as '> 100 /s'",
    },
    prepare=_prepare_pace,
    decide=_judge_pace,
    requires=frozenset({"duration"}),
)
