"""How is a Python function called, sync or async, away from holdfast's own process?"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, cast

import msgspec

from holdfast.model.case import Expect
from holdfast.model.evidence import Evidence
from holdfast.ports import AssessorCall, BadParams, CallContext, PythonCall
from holdfast.targets.spec import refuse

__all__ = ["TARGET", "PythonForm", "PythonTarget"]


class PythonForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The authored fields: `ref` is `module:function` or `path.py:function`, `with` its arguments."""

    ref: str
    with_: dict[str, Any] = msgspec.field(name="with", default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        module, colon, name = self.ref.rpartition(":")
        if not (module and colon and name) and "{" not in self.ref:
            raise ValueError(f"a Python target must be 'module:function', got {self.ref!r}")


class PythonTarget:
    """Hands the call to the executor, which answers with what it left."""

    produces = frozenset({"value", "stdout", "stderr", "duration", "error"})
    implied: tuple[Expect, ...] = ()
    form = PythonForm
    shorthand = "ref"

    def call(self, spec: Mapping[str, Any], context: CallContext) -> Awaitable[Evidence]:
        ref: Any = spec.get("ref")
        kwargs: Any = spec.get("with") or {}
        # By hand, not by the form: this is the path of every small case.
        if type(ref) is not str or type(kwargs) is not dict:
            return _refused(ref, kwargs)
        return context.executor.call(
            PythonCall(
                ref=ref,
                kwargs=cast("dict[str, Any]", kwargs),
                lane=context.lanes.get(ref, context.lane),
                timeout_s=context.timeout_s,
                seed=context.seed,
                assessors=context.assessors
                and _given(context.assessors, cast("dict[str, Any]", kwargs)),
                alone=context.alone,
                worker=context.worker,
            )
        )


def _given(calls: tuple[AssessorCall, ...], kwargs: dict[str, Any]) -> tuple[AssessorCall, ...]:
    """Hand the arguments on to those who ask for them: a copy, which the call cannot change."""
    if not any(call.takes_arguments for call in calls):
        return calls
    return tuple(
        msgspec.structs.replace(call, params={**(call.params or {}), "arguments": kwargs})
        if call.takes_arguments
        else call
        for call in calls
    )


async def _refused(ref: object, kwargs: object) -> Evidence:
    """Templates may have put anything where a name and arguments are due."""
    if isinstance(ref, str):
        return refuse(BadParams(f"'with' must be an object of arguments, got {kwargs!r}"))
    return refuse(BadParams(f"'ref' must be 'module:function', got {ref!r}"))


TARGET = PythonTarget()
