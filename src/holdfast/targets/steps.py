"""How are the steps of a case carried out, one after the other, and its teardown always?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.model.case import Expect, Step
from holdfast.model.codec import to_plain
from holdfast.model.evidence import Evidence, StepEvidence
from holdfast.model.steps import first_error, step_label
from holdfast.ports import CallContext
from holdfast.targets.step import carry_out

__all__ = ["TARGET", "StepsForm", "StepsTarget"]

# Teardown has time of its own: a case that used up all of its time still cleans up behind it.
_TEARDOWN_S = 30.0
# Every step of these lists is carried out, whatever became of the one before.
_ALWAYS = frozenset({"teardown", "after_each", "after_all"})


class StepsForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The authored field: the list of steps, each checked against the form of its own target."""

    steps: list[Any] = []


class StepsTarget:
    """Calls the targets of the case's steps in order, up to the first that does not pass.

    The value is what the steps saved.
    """

    produces = frozenset({"value", "duration", "error"})
    implied: tuple[Expect, ...] = ()
    form = StepsForm
    shorthand = "steps"

    async def call(self, spec: Mapping[str, Any], context: CallContext) -> Evidence:
        del spec  # the steps are in the case, their templates filled in one by one
        case = context.case
        context = _with_session(context)
        started = monotonic()
        done: tuple[StepEvidence, ...] = ()
        try:
            done = await self.run_list(case.steps, "step", context)
            call_s = monotonic() - started
            error = first_error(done, context.judge)
        finally:
            undone = await _to_the_end(self.run_list(case.teardown, "teardown", context))
        names = [name for step in case.steps[: len(done)] for name in step.save]
        saved = {name: context.variables[name] for name in names if name in context.variables}
        encoded = to_plain(saved)
        return Evidence(
            value=encoded.plain,
            error=error,
            has_value=error is None,
            round_trips=encoded.is_exact,
            call_s=call_s,
            steps=(*done, *undone),
        )

    async def run_list(
        self, steps: Sequence[Step], phase: str, context: CallContext
    ) -> tuple[StepEvidence, ...]:
        """Carry out a list of steps and return what each left.

        `teardown`, `after_each` and `after_all` go on after a step that does not pass
        and have time of their own; the others stop there, and at `context.timeout_s`.
        What steps save goes into `context.variables`.
        """
        context = _with_session(context)
        limit = _TEARDOWN_S if phase in _ALWAYS else context.timeout_s
        deadline = None if limit is None else context.clock.now() + limit
        kept: list[StepEvidence] = []
        for number, step in enumerate(steps, 1):
            name = step_label(phase, number, step)
            context.recorder.event("step", step=name, phase=phase)
            done = await carry_out(step, name=name, phase=phase, context=context, deadline=deadline)
            kept.append(done.kept)
            if not done.did_pass and phase not in _ALWAYS:
                break
        return tuple(kept)


def _with_session(context: CallContext) -> CallContext:
    """Let all steps share one jar of cookies."""
    if context.http is None:
        return context
    return msgspec.structs.replace(context, http=context.http.session())


async def _to_the_end(work: Any) -> tuple[StepEvidence, ...]:
    """Carry out teardown even while the case is being cancelled; then let the cancelling go on."""
    task: asyncio.Task[tuple[StepEvidence, ...]] = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()  # only whoever cancels twice does not wait for it
        raise


TARGET = StepsTarget()
