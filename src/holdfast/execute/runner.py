"""How are all cases of a plan carried out? A loop around the scheduler, one future per attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from heapq import heappop, heappush
from typing import Any

import msgspec

from holdfast.execute.attempt import Surroundings, collect_evidence, conclude, holds_worker
from holdfast.execute.journal import Journal
from holdfast.execute.loss import suspected
from holdfast.execute.outlook import Stop, StopRules
from holdfast.execute.retry import (
    backoff_s,
    endpoint_down,
    final_result,
    is_down,
    may_retry,
    skipped,
)
from holdfast.execute.scheduler import Doomed, Scheduler
from holdfast.execute.suites import SuiteSteps
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Attempt, Result, SkipKind
from holdfast.model.span import SpanLog
from holdfast.process.reaper_client import ReaperGone

__all__ = ["Runner"]


class _Begun(msgspec.Struct, frozen=True, gc=False):
    """An attempt that runs: when it started on the clock, and how long it had waited for permits."""

    planned: PlannedCase
    n: int
    started: float
    waited_s: float


class Runner:
    """Carries out a plan. `done` are results that an earlier stretch of the run has already."""

    def __init__(
        self,
        plan: Plan,
        around: Surroundings,
        journal: Journal,
        *,
        slots: int,
        workers: int,
        rules: StopRules,
        on_result: Callable[[PlannedCase, Result], None],
        done: Mapping[int, Result],
        before: Mapping[int, list[Attempt]] | None = None,
    ) -> None:
        self.slots = slots
        self.workers = workers
        self._plan = plan
        self._around = around
        self._journal = journal
        self._rules = rules
        self._on_result = on_result
        self._is_sync = [holds_worker(planned.case, around.lanes) for planned in plan.cases]
        passed = {index: result.status == "passed" for index, result in done.items()}
        self._scheduler = Scheduler(
            plan, slots=slots, workers=workers, is_sync=self._is_sync, done=passed
        )
        self._suites = SuiteSteps(plan, around, done)
        # What an earlier stretch of the run left of cases that run (again) now.
        self._attempts: dict[int, list[Attempt]] = {
            i: list(left) for i, left in (before or {}).items() if left
        }
        self._free_workers = list(range(1, workers + 1))
        self._worker_of: dict[int, str] = {}
        self._alone: set[int] = set()
        self._tasks: dict[int, asyncio.Future[Any]] = {}
        self._wake: asyncio.TimerHandle | None = None
        self._will_pump = False
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Future[None]
        self.spans = SpanLog()
        self.stop = Stop()

    async def run(self) -> None:
        """Run every case that has no result yet; return when all have one, or when the run was stopped."""
        loop = self._loop = asyncio.get_running_loop()
        self._over = loop.create_future()
        self._journal.on_failure = self._fail
        self._doom(self._scheduler.doomed)
        budget = self._rules.budget_s
        timer = (
            loop.call_later(budget, self.stop_granting, "budget", "the time budget was spent")
            if budget
            else None
        )
        self._timed_pump()
        try:
            await self._over
        finally:
            for handle in (timer, self._wake):
                if handle is not None:
                    handle.cancel()
            await self._end_tasks()
            await self._suites.close()
            self._journal.flush()

    def stop_granting(self, kind: SkipKind, reason: str) -> None:
        """Start nothing more; what runs may end."""
        if self.stop.kind:
            return
        self.stop = Stop(kind, reason)
        self._journal.event("stopping", {"kind": kind, "reason": reason})
        for index in self._scheduler.drop_waiting():
            self._close_unstarted(index)
        self._check_over()

    def stop_now(self) -> None:
        """End what runs as well; it is recorded as lost."""
        self.stop_granting("interrupt", "interrupted")
        self.stop = Stop("interrupt", "interrupted")
        if not self._over.done():
            self._over.set_result(None)

    def broken_suites(self) -> Mapping[str, str]:
        """Return what went wrong after the last case of a suite."""
        return self._suites.broken

    @property
    def started(self) -> float:
        """When the run began, on the run's clock."""
        return self._around.started

    @property
    def running(self) -> tuple[str, ...]:
        """The ids of the cases that run now."""
        return tuple(self._plan.cases[index].case.full_id for index in self._tasks)

    # --- starting ------------------------------------------------------------------

    def _pump(self) -> None:
        now = self._around.clock.now()
        for index, waited_s in self._scheduler.grant(now):
            self._start(index, waited_s)
        self._arm(now)
        self._check_over()

    def _pump_soon(self) -> None:
        """Start what may start at the end of this turn of the loop: one look for all that ended in it."""
        if not self._will_pump:
            self._will_pump = True
            self._loop.call_soon(self._timed_pump)

    def _timed_pump(self) -> None:
        self._will_pump = False
        if self._over.done():
            return
        try:
            self._pump()
        except Exception as error:  # noqa: BLE001 - nobody awaits a timer: `run` tells
            self._fail(error)

    def _start(self, index: int, waited_s: float) -> None:
        planned = self._plan.cases[index]
        if self.stop.kind:
            # Granted together with a case whose end stopped the run.
            self._scheduler.release(index)
            self._scheduler.finish(index, is_passed=False)
            self._close_unstarted(index)
            return
        resource = self._scheduler.is_down(index)
        if resource:
            self._scheduler.release(index)
            self._end_with(
                index,
                endpoint_down(planned.case, resource, self._attempts.get(index, []), self._now_s()),
            )
            return
        attempts = self._attempts.get(index)
        n = attempts[-1].n + 1 if attempts else 1
        where = self._take_place(planned)
        begun = _Begun(planned, n, self._around.clock.now(), waited_s)
        self._journal.start(planned, n, begun.started - self._around.started, where)
        self._tasks[index] = self._begin(begun)

    def _now_s(self) -> float:
        return self._around.clock.now() - self._around.started

    def _take_place(self, planned: PlannedCase) -> str:
        """Tell where an attempt runs; one that holds a worker gets the lowest that is free."""
        if self._is_sync[planned.index]:
            worker = self._worker_of[planned.index] = f"worker-{heappop(self._free_workers)}"
            return worker
        return "host" if planned.case.target.kind == "python" else "loop"

    def _release(self, index: int) -> None:
        worker = self._worker_of.pop(index, "")
        if worker:
            heappush(self._free_workers, int(worker.removeprefix("worker-")))
        self._scheduler.release(index)

    def _arm(self, now: float) -> None:
        at = self._scheduler.next_wake(now)
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if at is not None:
            self._wake = self._loop.call_later(max(at - now, 0.0), self._timed_pump)

    def _begin(self, begun: _Begun) -> asyncio.Future[Any]:
        """Begin an attempt; it becomes a task only where its suite or its target needs one."""
        if self._suites.is_needed:
            return self._loop.create_task(self._attempt_in_suite(begun))
        left = asyncio.ensure_future(self._collect(begun.planned))
        left.add_done_callback(partial(self._left, begun))
        return left

    def _collect(self, planned: PlannedCase) -> Awaitable[Evidence]:
        index = planned.index
        worker = self._worker_of.get(index, "")
        return collect_evidence(planned, self._around, alone=index in self._alone, worker=worker)

    async def _attempt_in_suite(self, begun: _Begun) -> None:
        try:
            broken = await self._suites.ready(begun.planned.case)
            if broken:
                self._give_back(begun.planned.index)
                self._keep(begun, *self._suite_broken(begun.n, broken))
                self._pump_soon()
                return
            begun = msgspec.structs.replace(begun, started=self._around.clock.now())
            self._end_attempt(begun, await self._collect(begun.planned))
        except Exception as error:  # noqa: BLE001 - a fault of holdfast ends the run with exit 4, told by `run`
            self._fail(error)

    # --- ending --------------------------------------------------------------------

    def _left(self, begun: _Begun, left: asyncio.Future[Evidence]) -> None:
        if left.cancelled():
            return
        try:
            self._end_attempt(begun, left.result())
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error)

    def _end_attempt(self, begun: _Begun, left: Evidence) -> None:
        planned = begun.planned
        ended = self._around.clock.now()
        worker = self._give_back(planned.index)
        is_passed_on = worker != "" and left.error is None and self._decides_nothing(planned)
        if is_passed_on:
            # Its worker idles until its next call is sent: that goes before all that is done here.
            self._timed_pump()
        attempt, evidence = conclude(
            planned, begun.n, self._around, left, when=(begun.started, ended), worker=worker
        )
        self._keep(begun, attempt, evidence)
        if is_passed_on:
            self._check_over()
        else:
            self._pump_soon()

    def _give_back(self, index: int) -> str:
        """Take back what an attempt held; return the worker whose place that was, or ""."""
        del self._tasks[index]
        worker = self._worker_of.get(index, "")
        self._release(index)
        return worker

    def _decides_nothing(self, planned: PlannedCase) -> bool:
        """Tell whether what starts next is the same however this case, whose call ended, is judged."""
        return not (
            self.stop.kind
            or self._rules.may_stop
            or planned.case.retries.times
            or self._scheduler.is_needed(planned.index)
        )

    def _keep(self, begun: _Begun, attempt: Attempt, evidence: Evidence) -> None:
        planned = begun.planned
        index = planned.index
        self._journal.end_attempt(planned, attempt, evidence)
        self.spans.note(
            index,
            attempt.worker,
            attempt.started_s,
            attempt.started_s + attempt.duration_s,
            is_sync=self._is_sync[index],
            permit_wait_s=begun.waited_s,
        )
        attempts = self._attempts.setdefault(index, [])
        attempts.append(attempt)
        doomed = self._scheduler.note_health(index, is_down=is_down(attempt, evidence))
        if doomed:
            opened = sorted({each.resource for each in doomed if each.resource})
            self._journal.event("breaker", {"open": ", ".join(opened), "ended": len(doomed)})
        if not attempt.counts and self.stop.kind:
            self._scheduler.finish(index, is_passed=False)
            self._close_unstarted(index)
        elif not attempt.counts:
            # Nothing is known of it: its process died under it, so it runs again, by itself.
            self._alone.add(index)
            self._scheduler.delay(index, self._around.clock.now())
        elif not self.stop.kind and may_retry(planned.case, attempts, evidence):
            wait_s = backoff_s(planned.case.retries, attempts)
            self._scheduler.delay(index, self._around.clock.now() + wait_s)
        else:
            result = final_result(planned.case, attempts, self._rules.today, evidence)
            self._end_with(index, result)
        self._doom(doomed)

    def _end_with(self, index: int, result: Result) -> None:
        """Close a case with its final result, and whatever needed it."""
        planned = self._plan.cases[index]
        self._attempts.pop(index, None)
        self._record(planned, result)
        self._doom(self._scheduler.finish(index, is_passed=result.status == "passed"))
        rule = self._rules.broken_by(result)
        if rule:
            self.stop_granting("fail-fast", rule)

    def _record(self, planned: PlannedCase, result: Result) -> None:
        self._journal.end_case(planned, result)
        self._on_result(planned, result)
        self._suites.ended(planned.case)

    def _doom(self, doomed: list[Doomed]) -> None:
        for each in doomed:
            planned = self._plan.cases[each.index]
            if each.resource:
                result = endpoint_down(
                    planned.case,
                    each.resource,
                    self._attempts.pop(each.index, []),
                    self._now_s(),
                )
            else:
                need = self._plan.cases[each.need].case.full_id
                result = skipped(planned.case, "need", f"{need} did not pass", [])
            self._record(planned, result)

    def _close_unstarted(self, index: int) -> None:
        planned = self._plan.cases[index]
        attempts = self._attempts.pop(index, [])
        counted = [attempt for attempt in attempts if attempt.counts]
        if counted:
            result = final_result(planned.case, attempts, self._rules.today)
        else:
            result = skipped(planned.case, self.stop.kind, self.stop.reason, attempts)
        self._record(planned, result)

    def _suite_broken(self, n: int, message: str) -> tuple[Attempt, Evidence]:
        error = CaseError(kind="setup", message=message)
        evidence = Evidence(has_value=False, error=error)
        return Attempt(
            n=n, status="error", started_s=self._now_s(), duration_s=0.0, worker="loop", error=error
        ), evidence

    # --- the end of the run -----------------------------------------------------------

    def _check_over(self) -> None:
        is_idle = not self._tasks and self._scheduler.running == 0
        if (
            is_idle
            and (self._scheduler.left == 0 or self._scheduler.is_stopped)
            and not self._over.done()
        ):
            self._over.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self._over.done():
            if isinstance(error, ReaperGone):
                cases = self._plan.cases
                made = {cases[i].case.full_id: attempts for i, attempts in self._attempts.items()}
                error = suspected(error, self.running, made)
            self._over.set_exception(error)

    async def _end_tasks(self) -> None:
        tasks = dict(self._tasks)
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        if self.stop.kind != "interrupt":
            return
        for index, task in tasks.items():
            if task.cancelled():
                case, attempts = self._plan.cases[index].case, self._attempts.get(index, [])
                self._release(index)
                self._end_with(
                    index, skipped(case, "interrupt", "interrupted while it ran", attempts)
                )
