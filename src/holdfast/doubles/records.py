"""What does a double keep of one execution, or of one call?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["MockExecutionRecord", "MockFunctionCall"]


class MockExecutionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One execution: `result` is what the caller got, `exception` what was raised instead."""

    n: int
    code: str
    timeout_s: float | None = None
    result: Any = None
    exception: Any = None
    context: str = ""


class MockFunctionCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a function: what it returned, or what it raised."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    result: Any = None
    exception: Any = None
