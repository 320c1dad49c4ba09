"""What may report.json hold? Its JSON Schema, which `holdfast schema report` prints.

Keys that the schema does not name may be added; a key that it requires stays.
"""

from __future__ import annotations

from typing import Any

from holdfast.report.record import FORMAT

__all__ = ["report_schema"]

STATUSES = ["passed", "failed", "undecided", "error", "skipped"]

_text: dict[str, Any] = {"type": "string"}
_flag: dict[str, Any] = {"type": "boolean"}
_number: dict[str, Any] = {"type": "number"}
_seconds: dict[str, Any] = {"type": "number", "minimum": 0}
_share: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_count: dict[str, Any] = {"type": "integer", "minimum": 0}
_free: dict[str, Any] = {"type": "object"}
_anything: dict[str, Any] = {}


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of report.json.

    >>> report_schema()["properties"]["format"]
    {'const': 'holdfast-report/1'}
    """
    properties = {
        "format": {"const": FORMAT},
        "exit_code": {"enum": [0, 1, 3, 4, 5, 130]},
        "verdict": {"enum": ["passed", "failed", "undecided", "incomplete"]},
        "run": _run(),
        "counts": _object(
            dict.fromkeys(
                ("planned", "recorded", *STATUSES[:4], "skipped", "flaky", "cached", "assumed"),
                _count,
            )
        ),
        "success_rate": _share,
        "suites": _list(_suite()),
        "gate": _list(
            _object(
                {
                    "name": _text,
                    "held": _flag,
                    "threshold": _anything,
                    "observed": _anything,
                    "message": _text,
                }
            )
        ),
        "schedule": _schedule(),
        "memory": _memory(),
        "unusual": _unusual(),
        "results": _list(_result()),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "holdfast report",
        **_object(properties),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _or_null(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"type": "null"}, kind]}


def _run() -> dict[str, Any]:
    return _object(
        {
            "id": _text,
            "seed": {"type": "integer"},
            "started": _text,
            "finished": _text,
            "duration_s": _seconds,
            "commit": _text,
            "dirty": _flag,
            "environment": _free,
            "settings": _free,
        }
    )


def _suite() -> dict[str, Any]:
    return _object(
        {
            "name": _text,
            "planned": _count,
            **dict.fromkeys(STATUSES, _count),
            "success_rate": _share,
            "duration_s": _seconds,
            "errors": _list(_object({"id": _text, "message": _text})),
        }
    )


def _schedule() -> dict[str, Any]:
    worker = {"name": _text, "cases": _count, "busy_share": _share}
    return _object(
        {
            "makespan_s": _seconds,
            "lower_bound_s": _seconds,
            "slots": _count,
            "workers": _count,
            "idle_share": _share,
            "permit_wait_s": _seconds,
            "critical_path": _list(_text),
            "sequential_s": _seconds,
            "speedup": _seconds,
            "efficiency": _seconds,
            "per_worker": _list(_object(worker)),
        }
    )


def _memory() -> dict[str, Any]:
    process = {
        "name": _text,
        "first_bytes": _or_null(_count),
        "peak_bytes": _count,
        "last_bytes": _or_null(_count),
        "growth_bytes": _or_null({"type": "integer"}),
        "cpu_s": _or_null(_seconds),
    }
    return _object(
        {
            "asked_hz": _seconds,
            "achieved_hz": _seconds,
            "share": _seconds,
            "reason": _text,
            "missing": {"type": "object", "additionalProperties": _text},
            "processes": _list(_object(process)),
        }
    )


def _unusual() -> dict[str, Any]:
    case = {
        "case": _text,
        "duration_s": _seconds,
        "usual_s": _seconds,
        "runs": _count,
        "score": _number,
        "is_over": _flag,
    }
    counts = {"count": _count, "judged": _count, "is_machine": _flag}
    return _object({**counts, "cases": _list(_object(case))})


def _result() -> dict[str, Any]:
    error = {
        "kind": {"enum": ["exception", "timeout", "crash", "setup", "internal"]},
        "type": _text,
        "message": _text,
        "traceback": _text,
    }
    attempt = {
        "n": {"type": "integer", "minimum": 1},
        "status": {"enum": ["passed", "failed", "undecided", "error", "lost"]},
        "error": _or_null(_object(error)),
        "started_s": _number,
        "duration_s": _seconds,
        "worker": _text,
    }
    finding = {
        "expectation": _text,
        "status": {"enum": STATUSES[:4]},
        "message": _text,
        "expected": _anything,
        "observed": _anything,
        "score": {"type": ["number", "null"]},
    }
    return _object(
        {
            "id": _text,
            "suite": _text,
            "status": {"enum": STATUSES},
            "reason": _text,
            "flaky": _flag,
            "tags": _list(_text),
            "source": _text,
            "started_s": _number,
            "duration_s": _seconds,
            "attempts": _list(_object(attempt)),
            "findings": _list(_object(finding)),
            # A measurement that is no finite number is written as null.
            "measurements": {
                "type": "object",
                "additionalProperties": {"type": ["number", "null"]},
            },
        }
    )
