"""How is what a case exercises called, and what surrounds the call?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

import msgspec

from holdfast.clock import Clock
from holdfast.model.call import AssessorCall, PythonCall
from holdfast.model.case import Case, Expect
from holdfast.model.evidence import Assessment, Evidence
from holdfast.ports.judging import Judge

__all__ = [
    "Around",
    "CallContext",
    "Condition",
    "Driver",
    "Executor",
    "Probe",
    "Recorder",
    "Target",
    "Work",
]


class Recorder(Protocol):
    """The append-only log of one attempt."""

    def event(self, name: str, **facts: Any) -> None:
        """Note that something happened."""
        ...

    def sample(self, name: str, value: float) -> None:
        """Add one number to a measurement."""
        ...

    def series(self, name: str, at_s: float, value: float) -> None:
        """Add one point to a series; `at_s` counts from the start of the attempt."""
        ...

    def value(self, name: str, value: Any) -> None:
        """Keep plain data as a fact of the evidence, in the place of an earlier one."""
        ...


class Executor(Protocol):
    """Carries out Python code away from holdfast's own process."""

    async def resolve(self, refs: Sequence[str]) -> Mapping[str, Literal["async", "sync"]]:
        """Tell for each reference which lane it needs; what cannot be imported is `sync`."""
        ...

    def call(self, call: PythonCall) -> Awaitable[Evidence]:
        """Call the function; what goes wrong with it is in the evidence, never raised."""
        ...

    async def assess(
        self, calls: Sequence[AssessorCall], value: Any, timeout_s: float
    ) -> tuple[Assessment, ...]:
        """Call validators on a plain value."""
        ...

    def doing(self) -> Mapping[str, str]:
        """Tell what each worker is busy with, for the live view."""
        ...

    def pids(self) -> Mapping[str, int]:
        """Return the process id of each host and worker that lives, by its name."""
        ...

    def tasks(self) -> int:
        """Return how many asyncio tasks the hosts last said that they have."""
        ...

    async def close(self) -> None:
        """End every host and worker."""
        ...


class CallContext(msgspec.Struct, kw_only=True):
    """What a target may use while it is called; one per attempt.

    `variables` are what templates name, `timeout_s` what is left of the attempt's time,
    `root` the folder that comes first on the path of Python code. A condition may put
    an executor or a `spawn` of its own in the place of the run's.
    """

    case: Case
    executor: Executor
    clock: Clock
    judge: Judge
    recorder: Recorder
    expand: Callable[[Any, Mapping[str, Any]], Any]
    load: Callable[[str, str], Any]
    variables: dict[str, Any]
    http: Any = None
    spawn: Any = None
    seed: int = 0
    timeout_s: float | None = None
    lane: Literal["async", "sync"] = "sync"
    lanes: Mapping[str, Literal["async", "sync"]] = {}
    assessors: tuple[AssessorCall, ...] = ()
    alone: bool = False
    worker: str = ""
    options: Mapping[str, Any] = {}
    root: str = ""


class Target(Protocol):
    """What a case exercises. One file per target; stateless.

    `produces` is the evidence that a call leaves; `implied` the expectations that
    hold unless one of the same purpose is named; `form` the authored fields, a
    msgspec Struct type; `shorthand` the field that a bare string fills.
    """

    produces: frozenset[str]
    implied: tuple[Expect, ...]
    form: Any
    shorthand: str

    def call(self, spec: Mapping[str, Any], context: CallContext) -> Awaitable[Evidence]:
        """Call the target once, templates filled in; what goes wrong with it is in the evidence."""
        ...


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt as its driver sees it.

    `kind` is the target's name and `spec` its fields, templates filled in; `call`
    calls it once. `params` are the driver's own, as its `check` returned them.
    """

    kind: str
    spec: Mapping[str, Any]
    context: CallContext
    call: Callable[[], Awaitable[Evidence]]
    params: Any = None


class Around(Protocol):
    """What drivers, conditions and probes have in common.

    `targets` are the kinds of target that it can surround, empty for any. With
    `exclusive`, the case takes all of the machine unless it says `share: true`.
    """

    targets: frozenset[str]
    exclusive: bool

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the authored parameters."""
        ...

    def check(self, raw: Any) -> Any:
        """Return authored parameters as plain data with every default filled in.

        Raises:
            BadParams: they cannot mean anything.
        """
        ...


class Driver(Around, Protocol):
    """How the target is called: once, repeatedly, under load."""

    def drive(self, work: Work) -> Awaitable[Evidence]:
        """Call the target as often as it takes and return the evidence of the whole."""
        ...


class Condition(Around, Protocol):
    """What the target is put under meanwhile; undone on every way out."""

    def apply(self, params: Any, context: CallContext) -> AbstractAsyncContextManager[None]:
        """Hold the condition while the context is open; what it saw goes to `context.recorder`."""
        ...


class Probe(Around, Protocol):
    """What is watched meanwhile."""

    def watch(self, params: Any, context: CallContext) -> AbstractAsyncContextManager[None]:
        """Record to `context.recorder` while the context is open."""
        ...
