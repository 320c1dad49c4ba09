"""Does anything stay after the call? `no_leak`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from holdfast.errors import UsageError
from holdfast.judge.component import FactExpectation
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.model.leak import CHANNELS, ChannelGrowth, LeakReport, LeakSite
from holdfast.ports import BadParams, Need
from holdfast.registry import load_place
from holdfast.text.format import format_number

__all__ = ["NO_LEAK"]

# Loaded by name where the expectation is used: nobody else needs what counts.
MEASURE = "holdfast.measure.leak_check:MEASURE"


def _prepare(raw: Any) -> dict[str, Any]:
    if raw is None or raw is True:
        return {}
    if not isinstance(raw, dict):
        raise BadParams(
            f"no_leak must be an object or stand alone, got {raw!r:.60}",
            hint="for example {no_leak: {iterations: 600, channels: [blocks, fds]}}",
        )
    params = cast("dict[str, Any]", raw)
    try:
        load_place(MEASURE).check(params)
    except UsageError as error:
        raise BadParams(error.message, hint=error.hint) from error
    return params


def _wants(params: dict[str, Any]) -> Iterable[Need]:
    return (Surround(kind="driver", name="leak", params=params),)


def _judge(params: dict[str, Any], evidence: Evidence) -> Finding:
    del params
    fact: Any = evidence.facts.get("leak")
    if fact is None:
        return undecided("leaks were not looked for: the case has another driver")
    report = msgspec.convert(fact, LeakReport)
    observed = {each.name: each.per_call for each in report.channels if each.status != "absent"}
    if report.status == "leaks":
        return failed(_leaking(report))
    if report.status == "undecided":
        growing = [each for each in report.channels if each.status == "growing"]
        return undecided(
            f"growing, but not proven over {report.calls:,} calls: {_told(growing)}{_where(report)}"
            "; more iterations would decide",
            observed=observed,
        )
    absent = [each.name for each in report.channels if each.status == "absent"]
    without = f"; not looked at: {', '.join(absent)}" if absent else ""
    return passed(
        f"nothing stays over {report.calls:,} calls; what could hide per call: {_hidden(report)}{without}",
        observed=observed,
    )


def _hidden(report: LeakReport) -> str:
    """Say how much each channel could hide."""
    return ", ".join(
        f"{format_number(each.high, digits=2)} {each.unit} ({each.name})"
        for each in report.channels
        if each.status != "absent"
    )


def _leaking(report: LeakReport) -> str:
    leaking = [each for each in report.channels if each.status == "leaks"]
    return f"{_told(leaking)} stay, over {report.calls:,} calls{_where(report)}"


def _told(channels: list[ChannelGrowth]) -> str:
    return ", ".join(
        f"{format_number(each.per_call)} {each.unit} ({each.name}) per call" for each in channels
    )


def _where(report: LeakReport) -> str:
    """Name the line that allocates most of what stays, and say what is not known."""
    told = [_site(report.sites[0])] if report.sites else []
    return "".join(f"; {each}" for each in [*told, *report.notes])


def _site(site: LeakSite) -> str:
    what = "allocations of C code" if site.native else "objects"
    by = f" ({site.native})" if site.native else ""
    return f"{site.objects_per_call:.2f} {what} per iteration at {site.place}{by}"


NO_LEAK = FactExpectation(
    form={
        "anyOf": [
            {"type": "null"},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "iterations": {"type": "integer", "minimum": 12},
                    "checkpoints": {"type": "integer", "minimum": 12},
                    "channels": {
                        "anyOf": [
                            {"const": "all"},
                            {"type": "array", "items": {"enum": list(CHANNELS)}},
                        ]
                    },
                    "confirm": {"type": "boolean"},
                },
            },
        ],
        "description": "nothing stays after the call: no objects, memory, files, threads, children, tasks",
    },
    prepare=_prepare,
    decide=_judge,
    requires=frozenset(),
    wants=_wants,
)
