"""What do tests of the runner stand on? Fakes of the ports around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from holdfast.execute.attempt import Surroundings
from holdfast.execute.journal import Journal
from holdfast.execute.nothing import NoRecorder, NoServices
from holdfast.execute.outlook import StopRules
from holdfast.execute.runner import Runner
from holdfast.model.case import Case, Expect, Step, Suite, Target
from holdfast.model.evidence import CaseError, Evidence, StepEvidence
from holdfast.model.finding import Finding
from holdfast.model.plan import Plan, PlannedCase, Resource
from holdfast.model.result import Result

COMPLETES = (Expect("completes"),)


class Store:
    """Writes down what it is told; `fails` names a method that cannot write."""

    def __init__(self, fails: str = "") -> None:
        self.log: list[tuple[Any, ...]] = []
        self.durable: list[tuple[Any, ...]] = []
        self.fails = fails

    def _note(self, name: str, *facts: Any) -> None:
        if name == self.fails:
            raise OSError("no space left")
        self.log.append((name, *facts))

    def start_attempt(self, run_id: str, index: int, n: int, started_s: float, worker: str) -> None:
        self._note("start", index, n)

    def end_attempt(self, run_id: str, index: int, attempt: Any, evidence: bytes) -> None:
        self._note("attempt", index, attempt.n)

    def end_case(self, run_id: str, index: int, result: Result) -> None:
        self._note("case", index, result.status)

    def pending(self) -> int:
        return len(self.log)

    def flush(self) -> None:
        self._note("flush")
        self.durable += [entry for entry in self.log if entry != ("flush",)]
        self.log.clear()


class Reporter:
    """Writes down what it is told."""

    def __init__(self, store: Store | None = None) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.store = store

    def run_started(self, row: Any, plan: Plan) -> None:
        self.told.append(("run_started",))

    def case_started(self, case: Case, worker: str) -> None:
        self.told.append(("case_started", case.id))

    def case_finished(self, case: Case, result: Result) -> None:
        if self.store is not None:
            assert any(entry[0] == "case" for entry in self.store.durable)
        self.told.append(("case_finished", case.id, result.status))

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        self.told.append(("event", name))

    def run_finished(self, row: Any) -> None:
        self.told.append(("run_finished",))


class Clock:
    """The loop's own time, which `Loop` makes virtual."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer when there is nothing to do."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0

    def time(self) -> float:
        return self._virtual

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self._virtual = max(self._virtual, self._scheduled[0]._when)
        super()._run_once()


Act = Callable[[PlannedCase, int], Any]


class TestTarget:
    """Answers as the test's function says; it may return evidence or await something first."""

    __test__ = False

    def __init__(self, act: Callable[..., Any]) -> None:
        self.act = act
        self.calls: dict[str, int] = {}

    async def call(self, spec: Mapping[str, Any], context: Any) -> Evidence:
        name = context.case.id
        self.calls[name] = self.calls.get(name, 0) + 1
        answer = self.act(name, self.calls[name], context)
        return await answer if asyncio.iscoroutine(answer) else answer

    async def run_list(
        self, steps: Sequence[Step], phase: str, context: Any
    ) -> tuple[StepEvidence, ...]:
        """Carry out steps as the cases `(phase)`; one that breaks is the last."""
        done: list[StepEvidence] = []
        for step in steps:
            self.calls[phase] = self.calls.get(phase, 0) + 1
            answer = self.act(f"({phase})", self.calls[phase], context)
            left = await answer if asyncio.iscoroutine(answer) else answer
            if left is None:
                break
            done.append(StepEvidence(name=step.name, phase=phase, evidence=left))  # type: ignore[arg-type]
        return tuple(done)


def judge(expects: Sequence[Expect], evidence: Evidence) -> tuple[Finding, ...]:
    status = "passed"
    if evidence.error is not None:
        status = "failed" if evidence.error.is_assertion else "error"
        # As the real judge: an error needs no expectation to be told.
        expects = expects or COMPLETES
    return tuple(Finding(expectation=each.name, status=status) for each in expects)  # type: ignore[arg-type]


def fine() -> Evidence:
    return Evidence(value=1)


def broken(kind: str = "exception", *tags: str, is_assertion: bool = False) -> Evidence:
    error = CaseError(kind=kind, message="broken", tags=tags, is_assertion=is_assertion)  # type: ignore[arg-type]
    return Evidence(has_value=False, error=error)


def case(name: str, **options: Any) -> Case:
    return Case(
        **{
            "suite": "s",
            "id": name,
            "target": Target(kind="test", spec={}),
            "expect": COMPLETES,
            **options,
        }
    )


def plan(*cases: Case, resources: Sequence[Resource] = (), suite: Suite | None = None) -> Plan:
    places = {each.id: index for index, each in enumerate(cases)}
    planned = tuple(
        PlannedCase(
            index=index, case=each, key="", needs=tuple(places[need] for need in each.after)
        )
        for index, each in enumerate(cases)
    )
    found = suite or Suite(name="s")
    return Plan(
        cases=planned, suites={"s": found}, resources={each.name: each for each in resources}
    )


class Run:
    """One run over fakes in virtual time."""

    def __init__(self, plan: Plan, act: Callable[..., Any], **options: Any) -> None:
        self.plan = plan
        self.target = TestTarget(act)
        self.store: Store = options.pop("store", None) or Store()
        self.reporter = Reporter(self.store)
        self.rules: StopRules = options.pop("rules", StopRules())
        self.services: Any = options.pop("services", NoServices())
        self.during: Callable[[Runner], Any] | None = options.pop("during", None)
        self.around: dict[str, Any] = options.pop("around", {})
        self.options = {"slots": 4, "workers": 2, "done": {}, **options}
        self.results: dict[str, Result] = {}
        self.runner: Runner
        self.took_s = 0.0

    def go(self) -> Run:
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(self._main())
        return self

    async def _main(self) -> None:
        ports: dict[str, Any] = {
            "executor": None,  # type: ignore[arg-type]
            "services": self.services,
            "clock": Clock(),  # type: ignore[arg-type]
            "judge": judge,
            "judge_case": lambda case, evidence: judge(case.expect, evidence),
            "assessors_of": lambda expects: (),
            "expand": lambda value, names: value,
            "load": lambda kind, name: self.target,
            "recorder": NoRecorder(),
            "suites": self.plan.suites,
            "lanes": {},
            "variables": {},
            "timeout_s": 30.0,
            "started": 0.0,
        }
        around = Surroundings(**{**ports, **self.around})
        journal = Journal(self.store, "run", [self.reporter])  # type: ignore[arg-type, list-item]
        self.runner = Runner(
            self.plan, around, journal, rules=self.rules, on_result=self._on_result, **self.options
        )
        if self.during is not None:
            asyncio.get_running_loop().call_later(0.5, self.during, self.runner)
        async with asyncio.timeout(10_000):
            await self.runner.run()
        self.took_s = asyncio.get_running_loop().time()

    def _on_result(self, planned: PlannedCase, result: Result) -> None:
        assert planned.case.id not in self.results, "ended twice"
        self.results[planned.case.id] = result

    @property
    def statuses(self) -> dict[str, str]:
        return {name: result.skip_kind or result.status for name, result in self.results.items()}
