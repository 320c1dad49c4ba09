"""Is a call made by its driver, inside its conditions and probes, and is all of it undone?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from holdfast.clock import SystemClock
from holdfast.errors import CannotTell, UsageError
from holdfast.execute.surrounded import call_surrounded
from holdfast.model.case import Case, Surround, Target
from holdfast.model.evidence import Evidence
from holdfast.ports import CallContext, Work


class Around:
    """A driver, condition and probe that writes down what happens to it."""

    targets: frozenset[str] = frozenset()
    exclusive = False

    def __init__(self, log: list[str], *, trouble: Exception | None = None) -> None:
        self.log = log
        self.trouble = trouble

    @asynccontextmanager
    async def apply(self, params: Any, context: CallContext) -> AsyncIterator[None]:
        self.log.append(f"apply {params}")
        if self.trouble:
            raise self.trouble
        context.root = "changed"
        try:
            yield
        finally:
            self.log.append(f"undo {params}")

    watch = apply

    async def drive(self, work: Work) -> Evidence:
        self.log.append(f"drive {work.params} {work.kind}")
        await work.call()
        evidence = await work.call()
        work.context.recorder.value("times", 2)
        return evidence


class Called:
    """A target that says in which root it was called."""

    def __init__(self, log: list[str], trouble: BaseException | None = None) -> None:
        self.log = log
        self.trouble = trouble

    async def call(self, spec: Any, context: CallContext) -> Evidence:
        self.log.append(f"call in {context.root!r}")
        if self.trouble:
            raise self.trouble
        return Evidence(value=spec["x"])


def carry_out(
    *surround: Surround,
    log: list[str],
    target: Called | None = None,
    load: Callable[[str, str], Any] | None = None,
) -> Evidence:
    case = Case(suite="s", id="c", target=Target(kind="python", spec={}), surround=surround)
    context = CallContext(
        case=case,
        executor=cast("Any", None),
        clock=SystemClock(),
        judge=cast("Any", None),
        recorder=cast("Any", None),
        expand=cast("Any", None),
        load=load or (lambda kind, name: Around(log)),
        variables={},
    )
    return asyncio.run(call_surrounded(cast("Any", target or Called(log)), {"x": 3}, context))


CONDITION = Surround(kind="condition", name="dark", params="dark")
PROBE = Surround(kind="probe", name="watch", params="watch")
DRIVER = Surround(kind="driver", name="twice", params="twice")


def test_conditions_and_probes_are_undone_in_reverse() -> None:
    log: list[str] = []
    assert carry_out(CONDITION, PROBE, log=log).value == 3
    assert log == ["apply dark", "apply watch", "call in 'changed'", "undo watch", "undo dark"]


def test_the_driver_calls_the_target_inside_them() -> None:
    log: list[str] = []
    evidence = carry_out(DRIVER, CONDITION, log=log)
    called = "call in 'changed'"
    assert log == ["apply dark", "drive twice python", called, called, "undo dark"]
    assert evidence.facts == {"times": 2}


def test_a_condition_that_cannot_be_set_up_is_an_error_of_the_case() -> None:
    log: list[str] = []
    broken = Around(log, trouble=UsageError("there is no such link"))
    error = carry_out(CONDITION, log=log, load=lambda kind, name: broken).error
    assert error is not None
    assert (error.kind, error.message) == ("setup", "there is no such link")
    assert log == ["apply dark"]


def test_what_this_machine_cannot_establish_leaves_the_case_undecided() -> None:
    log: list[str] = []
    unable = Around(log, trouble=CannotTell("this kernel has no Landlock"))
    error = carry_out(CONDITION, log=log, load=lambda kind, name: unable).error
    assert error is not None
    assert (error.kind, error.tags) == ("setup", ("undecided",))


def test_a_component_that_fails_ends_its_case_and_is_named() -> None:
    log: list[str] = []
    broken = Around(log, trouble=KeyError("oh"))
    error = carry_out(PROBE, log=log, load=lambda kind, name: broken).error
    assert error is not None
    assert (error.kind, error.type) == ("internal", "KeyError")
    assert "what surrounds the call (watch) failed" in error.message
    assert "KeyError" in error.traceback


def test_what_was_applied_is_undone_when_a_call_is_cancelled() -> None:
    log: list[str] = []
    try:
        carry_out(CONDITION, log=log, target=Called(log, asyncio.CancelledError()))
    except asyncio.CancelledError:
        log.append("cancelled")
    assert log[-2:] == ["undo dark", "cancelled"]
