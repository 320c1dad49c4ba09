"""What stands in for the real thing, says when it does not know, and is held to the same contract?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.doubles.call_log import CallLog
    from holdfast.doubles.contract import Contract, ContractBroken
    from holdfast.doubles.executor import MockAsyncExecutor
    from holdfast.doubles.generated import answers, calls, count_calls, double_of, forget
    from holdfast.doubles.helper import IntegrationTestHelper
    from holdfast.doubles.http_stub import HttpAnswer, HttpStub, StubProblems
    from holdfast.doubles.manager import MockCapabilityManager
    from holdfast.doubles.records import MockExecutionRecord, MockFunctionCall
    from holdfast.doubles.script import Answer, Script, Unscripted
    from holdfast.doubles.session import MockREPLSession
    from holdfast.doubles.standing import Verification
    from holdfast.model.turn import ExecutionResult as MockExecutionResult

    MockCapabilityViolation: Any

__all__ = [
    "Answer",
    "CallLog",
    "Contract",
    "ContractBroken",
    "HttpAnswer",
    "HttpStub",
    "IntegrationTestHelper",
    "MockAsyncExecutor",
    "MockCapabilityManager",
    "MockCapabilityViolation",
    "MockExecutionRecord",
    "MockExecutionResult",
    "MockFunctionCall",
    "MockREPLSession",
    "Script",
    "StubProblems",
    "Unscripted",
    "Verification",
    "answers",
    "calls",
    "count_calls",
    "double_of",
    "forget",
]

# Resolved on first use; the last two are the real types, so that they cannot drift.
_PLACES = {
    "Answer": "holdfast.doubles.script:Answer",
    "CallLog": "holdfast.doubles.call_log:CallLog",
    "Contract": "holdfast.doubles.contract:Contract",
    "ContractBroken": "holdfast.doubles.contract:ContractBroken",
    "HttpAnswer": "holdfast.doubles.http_stub:HttpAnswer",
    "HttpStub": "holdfast.doubles.http_stub:HttpStub",
    "IntegrationTestHelper": "holdfast.doubles.helper:IntegrationTestHelper",
    "MockAsyncExecutor": "holdfast.doubles.executor:MockAsyncExecutor",
    "MockCapabilityManager": "holdfast.doubles.manager:MockCapabilityManager",
    "MockExecutionRecord": "holdfast.doubles.records:MockExecutionRecord",
    "MockFunctionCall": "holdfast.doubles.records:MockFunctionCall",
    "MockREPLSession": "holdfast.doubles.session:MockREPLSession",
    "Script": "holdfast.doubles.script:Script",
    "Unscripted": "holdfast.doubles.script:Unscripted",
    "StubProblems": "holdfast.doubles.http_stub:StubProblems",
    "Verification": "holdfast.doubles.standing:Verification",
    **{
        name: f"holdfast.doubles.generated:{name}"
        for name in ("answers", "calls", "count_calls", "double_of", "forget")
    },
    "MockCapabilityViolation": "holdfast.capabilities:Violation",
    "MockExecutionResult": "holdfast.model.turn:ExecutionResult",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'holdfast.doubles' has no attribute {name!r}")
    module, _, attribute = place.partition(":")
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
