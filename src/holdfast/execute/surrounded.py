"""How is a target called when a driver, conditions or probes surround the call?"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from holdfast.errors import CannotTell, HoldfastError, InternalError
from holdfast.execute.record import AttemptRecorder
from holdfast.model.case import Surround
from holdfast.model.evidence import CaseError, Evidence
from holdfast.ports import CallContext, Target, Work

__all__ = ["call_surrounded"]


async def call_surrounded(
    target: Target, spec: Mapping[str, Any], context: CallContext
) -> Evidence:
    """Call the target by its driver, inside its conditions and probes; the first one is outermost.

    What cannot be set up or undone is an error of the case (`setup`), and so is a
    component that fails itself (`internal`); what the call left is kept. What this
    machine cannot establish (`CannotTell`) leaves the case undecided.
    """
    recorder = AttemptRecorder(context.clock)
    context.recorder = recorder
    around = context.case.surround
    evidence = Evidence(has_value=False)
    try:
        async with AsyncExitStack() as stack:
            for each in around:
                if each.kind != "driver":
                    await stack.enter_async_context(_enter(each, context))
            # Its fields are those that the conditions left: an executor or a `spawn` of theirs.
            evidence = await _drive(target, spec, context)
    except InternalError:
        raise
    except HoldfastError as error:
        tags = ("undecided",) if isinstance(error, CannotTell) else ()
        failure = CaseError(kind="setup", message=str(error), tags=tags)
        evidence = msgspec.structs.replace(evidence, error=failure)
    except Exception as error:  # noqa: BLE001 - a plug-in's fault ends its case, not the run
        evidence = msgspec.structs.replace(evidence, error=_own_fault(error, context))
    return recorder.added_to(evidence)


def _own_fault(error: Exception, context: CallContext) -> CaseError:
    names = ", ".join(each.name for each in context.case.surround)
    return CaseError(
        kind="internal",
        type=type(error).__name__,
        message=f"what surrounds the call ({names}) failed: {error}",
        traceback="".join(traceback.format_exception(error)),
    )


def _enter(each: Surround, context: CallContext) -> Any:
    component = context.load(each.kind, each.name)
    open_: Callable[..., Any] = component.apply if each.kind == "condition" else component.watch
    return open_(each.params, context)


def _drive(target: Target, spec: Mapping[str, Any], context: CallContext) -> Awaitable[Evidence]:
    case = context.case
    driver = next((each for each in case.surround if each.kind == "driver"), None)
    if driver is None:
        return target.call(spec, context)
    work = Work(
        kind=case.target.kind,
        spec=spec,
        context=context,
        call=lambda: target.call(spec, context),
        params=driver.params,
    )
    driven: Awaitable[Evidence] = context.load("driver", driver.name).drive(work)
    return driven
