"""What do the parts of holdfast promise one another? The protocols, on one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

import msgspec

from holdfast.clock import Clock
from holdfast.model.call import AssessorCall, PythonCall
from holdfast.model.case import Case, Expect, Suite
from holdfast.model.evidence import Assessment, Evidence
from holdfast.model.finding import Finding
from holdfast.model.plan import Plan, PlannedRow
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow

__all__ = [
    "AssessorCall",
    "BadParams",
    "CallContext",
    "Clock",
    "CompileOne",
    "Compiled",
    "Condition",
    "Driver",
    "Executor",
    "Expectation",
    "Judge",
    "JudgeOne",
    "PlannedRow",
    "Probe",
    "PythonCall",
    "Recorder",
    "Reporter",
    "Service",
    "Services",
    "Store",
    "Target",
]


# --- expectations -------------------------------------------------------------


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation whose parameters were checked and made ready (patterns compiled, limits parsed)."""

    name: str
    component: Any
    params: Any = None


class BadParams(ValueError):
    """Parameters of an expectation or a target that cannot mean anything.

    `path` leads from the parameters to the offending value; `hint` is the cure.
    """

    def __init__(self, message: str, *, path: Sequence[str | int] = (), hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)
        self.hint = hint


# Compile an authored expectation, `name` or `{name: parameters}`, nested in another one.
CompileOne = Callable[[Any], Compiled]
JudgeOne = Callable[[Compiled, Evidence], Finding]


class Expectation(Protocol):
    """What must be true of the value or of what was measured; pure.

    `requires` is the evidence that the target must produce: some of `value`,
    `status`, `headers`, `exit_code`, `stdout`, `stderr`, `duration`, `error`.
    """

    requires: frozenset[str]

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the authored parameters."""
        ...

    def compile(self, raw: Any, compile_one: CompileOne) -> Any:
        """Check authored parameters and return them ready for `judge`.

        Raises:
            BadParams: they cannot mean anything.
        """
        ...

    def nested(self, params: Any) -> Iterable[Compiled]:
        """Return the expectations inside compiled parameters."""
        ...

    def assessors(self, params: Any) -> Iterable[AssessorCall]:
        """Return the user's validators that must be called on the live value."""
        ...

    def judge(self, params: Any, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        """Judge the evidence; what it cannot decide is `undecided` with the reason."""
        ...


# Judge a finished attempt or step: one finding per expectation, in their order.
Judge = Callable[[Sequence[Expect], Evidence], tuple[Finding, ...]]


# --- targets and what surrounds them -------------------------------------------


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

    async def close(self) -> None:
        """End every host and worker."""
        ...


class CallContext(msgspec.Struct, kw_only=True):
    """What a target may use while it is called; one per attempt.

    `variables` are what templates name, `timeout_s` what is left of the attempt's time.
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


class Recorder(Protocol):
    """The append-only log of one attempt."""

    def event(self, name: str, **facts: Any) -> None:
        """Note that something happened."""
        ...

    def sample(self, name: str, value: float) -> None:
        """Add one number to a measurement."""
        ...

    def series(self, name: str, at_s: float, value: float) -> None:
        """Add one point to a series."""
        ...


class Driver(Protocol):
    """How the target is called: once, repeatedly, under load."""

    def drive(
        self, call: Callable[[], Awaitable[Evidence]], recorder: Recorder
    ) -> Awaitable[Evidence]:
        """Call the target as often as it takes and return the evidence of the whole."""
        ...


class Condition(Protocol):
    """What the target is put under meanwhile; undone on every way out."""

    def apply(self, params: Any, recorder: Recorder) -> AbstractAsyncContextManager[None]:
        """Hold the condition while the context is open."""
        ...


class Probe(Protocol):
    """What is watched meanwhile."""

    def watch(self, params: Any, recorder: Recorder) -> AbstractAsyncContextManager[None]:
        """Record while the context is open."""
        ...


class Service(Protocol):
    """A process under test that holdfast starts, or the address of one that already runs."""

    name: str
    url: str

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            holdfast.errors.HoldfastError: it did not become ready; the message has the last lines of its log.
        """
        ...

    async def stop(self) -> None:
        """Stop it with everything that it started."""
        ...

    def ended(self) -> str:
        """Return how it ended on its own (`exit 137`), or "" while it lives."""
        ...


class Services(Protocol):
    """All services of a run, started before their first user and stopped after their last."""

    async def enter(self, case: Case, suite: Suite) -> Mapping[str, Any]:
        """Start what a case needs; return the variables that templates name.

        Raises:
            holdfast.errors.HoldfastError: a service did not become ready.
        """
        ...

    async def leave(self, case: Case, suite: Suite) -> None:
        """Stop what was started for this case alone."""
        ...

    async def end_suite(self, name: str) -> None:
        """Stop what was started for a suite whose last case has ended."""
        ...

    async def lost(self, case: Case, suite: Suite) -> str:
        """Say which service of the case died on its own (`service api, exit 137`), or ""."""
        ...

    async def close(self) -> None:
        """Stop everything."""
        ...


# --- store and reports ----------------------------------------------------------


class Store(Protocol):
    """Keeps evidence. Writes are buffered until `flush`, which makes them durable."""

    def open_run(self, row: RunRow, plan: Plan) -> None:
        """Commit the run and its plan before the first case starts."""
        ...

    def open_segment(self, run_id: str, plan: Plan, note: str) -> None:
        """Note that a run goes on; the plan's cases keep their rows, new ones are added."""
        ...

    def start_attempt(  # noqa: PLR0917 - on the hot path, where keywords are measured along
        self, run_id: str, index: int, n: int, started_s: float, worker: str
    ) -> None:
        """Note that an attempt starts."""
        ...

    def end_attempt(self, run_id: str, index: int, attempt: Attempt, evidence: bytes) -> None:
        """Keep what an attempt left (`evidence` is an encoded `Evidence`) and how it was judged."""
        ...

    def end_case(self, run_id: str, index: int, result: Result) -> None:
        """Keep a case's final result."""
        ...

    def pending(self) -> int:
        """Return how many rows are not yet durable."""
        ...

    def flush(self) -> None:
        """Make everything handed in so far durable."""
        ...

    def close_run(self, row: RunRow) -> None:
        """Close the books of a run."""
        ...

    def run(self, ref: str) -> RunRow:
        """Return a run by its id (or an unambiguous prefix), `last` or `last~N`.

        Raises:
            holdfast.errors.UsageError: there is no such run.
        """
        ...

    def runs(self, limit: int = 50) -> tuple[RunRow, ...]:
        """Return the newest runs, newest first."""
        ...

    def planned(self, run_id: str, *, with_case: bool = False) -> Iterator[PlannedRow]:
        """Return the planned cases in plan order."""
        ...

    def count(self, run_id: str) -> tuple[int, int]:
        """Return how many cases are planned and how many of them have a result."""
        ...

    def results(self, run_id: str) -> Iterator[tuple[PlannedRow, Result]]:
        """Return the final results in plan order, without holding them all."""
        ...

    def started(self, run_id: str) -> Iterator[tuple[int, int, float, str]]:
        """Return (index, n, started_s, worker) of attempts that have no end."""
        ...

    def unfinished(self, run_id: str) -> Iterator[tuple[PlannedRow, tuple[Attempt, ...]]]:
        """Return the attempts of cases without a result; one without an end is `lost`."""
        ...

    def evidence(self, run_id: str, index: int, n: int) -> Evidence | None:
        """Return what an attempt left, or None where nothing was kept."""
        ...

    def replace_findings(self, run_id: str, index: int, result: Result) -> None:
        """Put newly judged findings and status in the place of a case's last ones."""
        ...

    def durations(self, keys: Iterable[str]) -> Mapping[str, float]:
        """Return the expected seconds of cases (`suite/id`) that ran before."""
        ...

    def cached_many(self, keys: Iterable[str]) -> Mapping[str, tuple[str, Result]]:
        """Return (run id, result) of cases with the same keys whose newest result is a passed one."""
        ...

    def close(self) -> None:
        """Flush and close."""
        ...


class Reporter(Protocol):
    """Is told what happens; what it raises becomes an event and never ends the run."""

    def run_started(self, row: RunRow, plan: Plan) -> None:
        """The plan is durable; the first case is about to start."""
        ...

    def case_started(self, case: Case, worker: str) -> None:
        """An attempt of a case starts."""
        ...

    def case_finished(self, case: Case, result: Result) -> None:
        """A case has its final result, which is durable."""
        ...

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Something else happened: a breaker opened, a host was lost, the run is stopping."""
        ...

    def run_finished(self, row: RunRow) -> None:
        """The books are closed."""
        ...
