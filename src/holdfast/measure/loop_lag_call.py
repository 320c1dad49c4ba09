"""How is a coroutine function called with the lag of its loop measured? In the process of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.measure.loop_lag import LoopLag
from holdfast.process.reference import find

__all__ = ["REF", "call_watched"]

REF = "holdfast.measure.loop_lag_call:call_watched"


async def call_watched(
    ref: str, kwargs: Mapping[str, Any], period_s: float, threshold_s: float
) -> Any:
    """Await the function and return what it returns; the lag goes to the evidence of the call."""
    function = find(ref)
    with LoopLag(period_s=period_s, threshold_s=threshold_s):
        return await function(**kwargs)
