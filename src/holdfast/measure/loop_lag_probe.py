"""How long does the event loop of a call keep its tasks waiting? The probe `loop_lag`."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

from holdfast.errors import UsageError
from holdfast.measure.monitor_call import own_process_calls
from holdfast.measure.monitor_child import LagRequest
from holdfast.ports import BadParams, CallContext
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import parse_duration

__all__ = ["PROBE", "LoopLagProbe"]

DEFAULTS: Mapping[str, str] = {"period": "10ms", "threshold": "50ms"}
_HINT = "for example {loop_lag: {threshold: 100ms}}"


class LoopLagProbe:
    """Calls a coroutine function in a process of its own, whose loop is nobody else's, and measures that."""

    targets = frozenset({"python"})
    exclusive = True

    def schema(self) -> dict[str, Any]:
        return {
            "type": ["object", "null"],
            "description": "measure how late the event loop of a coroutine function is, and what blocks it",
            "additionalProperties": False,
            "properties": {name: {"type": "string"} for name in DEFAULTS},
        }

    def check(self, raw: Any) -> dict[str, str]:
        if raw is not None and not isinstance(raw, Mapping):
            raise BadParams(f"loop_lag must be an object, got {raw!r:.60}", hint=_HINT)
        fields = cast("Mapping[Any, Any]", raw or {})
        for name in fields:
            if name not in DEFAULTS:
                message = f"no such key {name!r} in loop_lag{did_you_mean(str(name), DEFAULTS)}"
                raise BadParams(message, path=(str(name),), hint=f"known: {', '.join(DEFAULTS)}")
        return {name: _duration(name, fields.get(name, text)) for name, text in DEFAULTS.items()}

    @contextlib.asynccontextmanager
    async def watch(self, params: Any, context: CallContext) -> AsyncGenerator[None]:
        """Have every call of a Python function measured."""
        confined = [each.name for each in context.case.surround if each.kind == "condition"]
        if confined:
            # It has an executor of its own, which starts the process itself.
            message = f"loop_lag must make the call itself, got {confined[0]!r} that makes it"
            raise UsageError(message, hint="use holdfast.measure.LoopLag in the function instead")
        calls = own_process_calls(context)
        calls.lag = LagRequest(
            period_s=parse_duration(params["period"]),
            threshold_s=parse_duration(params["threshold"]),
        )
        yield


def _duration(name: str, raw: Any) -> str:
    try:
        is_positive = isinstance(raw, str) and parse_duration(raw) > 0
    except ValueError as error:
        raise BadParams(str(error), path=(name,), hint=_HINT) from error
    if not is_positive:
        message = f"{name} must be a duration above 0, got {raw!r:.60}"
        raise BadParams(message, path=(name,), hint=_HINT)
    return raw


PROBE = LoopLagProbe()
