"""How is a Python function called, sync or async, away from holdfast's own process?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from holdfast.model.case import Expect
from holdfast.model.evidence import CaseError, Evidence
from holdfast.ports import CallContext, PythonCall

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

    async def call(self, spec: Mapping[str, Any], context: CallContext) -> Evidence:
        ref = spec.get("ref")
        kwargs = spec.get("with") or {}
        if not isinstance(ref, str) or not isinstance(kwargs, dict):
            return _refused(ref, kwargs)
        return await context.executor.call(
            PythonCall(
                ref=ref,
                kwargs=kwargs,
                lane=context.lanes.get(ref, context.lane),
                timeout_s=context.timeout_s,
                seed=context.seed,
                assessors=context.assessors,
                alone=context.alone,
            )
        )


def _refused(ref: object, kwargs: object) -> Evidence:
    """Templates may have put anything where a name and arguments are due."""
    what, value = ("with", kwargs) if isinstance(ref, str) else ("ref", ref)
    due = "an object of arguments" if what == "with" else "'module:function'"
    message = f"{what!r} must be {due}, got {value!r}"
    return Evidence(
        has_value=False, error=CaseError(kind="setup", type="BadParams", message=message)
    )


TARGET = PythonTarget()
