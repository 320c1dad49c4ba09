"""How is a target called again and again to see what stays? In a child of its own, counted on every channel."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from holdfast.drivers.ask import ask_child, without_value
from holdfast.errors import UsageError
from holdfast.model.evidence import CaseError, Evidence, Output
from holdfast.model.leak import CHANNELS, LeakReport
from holdfast.ports import BadParams, CallContext, Work
from holdfast.registry import load_place

__all__ = ["DRIVER", "LeakDriver"]

# Loaded by name when a case is driven: nobody else needs what counts.
MEASURE = "holdfast.measure.leak_check:MEASURE"


class LeakDriver:
    """The verdict is a fact, `leak`; what each channel gained per call is a measurement."""

    targets = frozenset({"python"})
    exclusive = True

    def schema(self) -> dict[str, Any]:
        names = {"enum": list(CHANNELS)}
        return {
            "type": "object",
            "description": "call the target again and again and count what stays",
            "additionalProperties": False,
            "properties": {
                "iterations": {"type": "integer", "minimum": 12},
                "checkpoints": {"type": "integer", "minimum": 12},
                "channels": {"anyOf": [{"const": "all"}, {"type": "array", "items": names}]},
                "confirm": {"type": "boolean"},
            },
        }

    def check(self, raw: Any) -> Any:
        if raw is not None and not isinstance(raw, Mapping):
            raise BadParams(f"leak must be an object, got {raw!r:.60}")
        try:
            return load_place(MEASURE).check(cast("Mapping[str, Any]", raw or {}))
        except UsageError as error:
            raise BadParams(error.message, hint=error.hint) from error

    async def drive(self, work: Work) -> Evidence:
        measure = load_place(MEASURE)
        started = work.context.clock.now()
        with tempfile.TemporaryDirectory(prefix="holdfast-leak-") as folder:
            steps = measure.begin(
                work.spec["ref"],
                work.spec.get("with") or {},
                root=work.context.root,
                folder=folder,
                options=work.params,
            )
            answer: Any = None
            while True:
                try:
                    request = steps.send(answer)
                except StopIteration as end:
                    return _evidence(end.value)
                except measure.failure as error:
                    return _failed(error)
                context = _with_what_is_left(work.context, started)
                answer = await _ask(measure, request, context)
                if isinstance(answer, Evidence):
                    if request.phase == "count":
                        return answer
                    # What was counted stands, whatever becomes of the search for lines.
                    answer = measure.lost(_why(answer, work.context))


def _with_what_is_left(context: CallContext, started: float) -> CallContext:
    """Return the context with the time that is left: all that is asked shares the attempt's limit."""
    if context.timeout_s is None:
        return context
    left_s = max(context.timeout_s - (context.clock.now() - started), 0.0)
    return msgspec.structs.replace(context, timeout_s=left_s)


def _why(evidence: Evidence, context: CallContext) -> str:
    error = evidence.error
    if error is None or error.kind == "timeout":
        return f"the limit of {context.timeout_s:g} s came first"
    return error.message


async def _ask(measure: Any, request: Any, context: CallContext) -> Any:
    """Return the child's answer, or the evidence of one that gave none."""
    data = measure.encode(request)
    answered = await ask_child(context, measure.argv, data=data, env=measure.environment)
    if answered is None:
        limit = f"{context.case.timeout_s or context.timeout_s:g} s"
        message = (
            f"the leak check must end within {limit}; give it a longer timeout or fewer iterations"
        )
        return without_value("timeout", message)
    try:
        return measure.read(answered.stdout, status=answered.status, stderr=answered.stderr)
    except UsageError as error:
        crash = CaseError(kind="crash", message=error.message)
        return Evidence(has_value=False, error=crash, stderr=Output(text=answered.stderr))


def _evidence(report: LeakReport) -> Evidence:
    per_call = {
        f"leak.{each.name}": each.per_call for each in report.channels if each.status != "absent"
    }
    return Evidence(
        has_value=False,
        facts={"leak": msgspec.to_builtins(report)},
        measurements={"leak.calls": float(report.calls), **per_call},
    )


def _failed(error: Any) -> Evidence:
    answer = error.answer
    return Evidence(
        has_value=False,
        error=CaseError(
            kind="exception" if answer.is_set_up else "setup",
            type=answer.error_type,
            message=error.message,
            traceback=answer.trace,
            is_assertion=answer.error_type == "AssertionError",
        ),
    )


DRIVER = LeakDriver()
