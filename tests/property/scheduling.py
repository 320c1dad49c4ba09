"""How does a scheduler behave over a whole run? A simulation in virtual time that checks every step."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

from holdfast.execute.scheduler import Doomed, Scheduler
from holdfast.model.case import Case, Target
from holdfast.model.plan import Plan, PlannedCase, Resource

TARGET = Target(kind="python", spec={})


def case(
    index: int, *, uses: dict[str, int] | None = None, needs: Sequence[int] = ()
) -> PlannedCase:
    return PlannedCase(
        index=index,
        case=Case(suite="s", id=str(index), target=TARGET, uses=uses or {}),
        key="",
        needs=tuple(needs),
    )


def plan(cases: Sequence[PlannedCase], *resources: Resource) -> Plan:
    return Plan(cases=tuple(cases), suites={}, resources={each.name: each for each in resources})


class Simulation:
    """Runs a plan to its end. `fails` are cases that end without passing; `tries` attempts of each."""

    def __init__(
        self,
        plan: Plan,
        durations: Sequence[float],
        *,
        slots: int = 4,
        workers: int = 4,
        is_sync: Sequence[bool] = (),
        fails: frozenset[int] = frozenset(),
        tries: Sequence[int] = (),
        stop_after: int = -1,
        done: dict[int, bool] | None = None,
    ) -> None:
        self.plan, self.durations, self.fails = plan, durations, fails
        self.slots, self.workers = slots, workers
        self.is_sync = list(is_sync) or [False] * len(plan.cases)
        self.tries = list(tries) or [1] * len(plan.cases)
        self.stop_after = stop_after
        self.scheduler = Scheduler(
            plan, slots=slots, workers=workers, is_sync=self.is_sync, done=done
        )
        self.now = self.finished = 0.0
        self.running: list[tuple[float, int]] = []
        self.started: list[tuple[float, int]] = []
        self.ended: dict[int, str] = dict.fromkeys(done or {}, "before")
        self.passed = {index for index, is_passed in (done or {}).items() if is_passed}
        self.delayed: dict[int, float] = {}
        self.last_start: dict[str, float] = {}

    def run(self) -> float:
        """Return the makespan."""
        self._doom(self.scheduler.doomed)
        self._grant()
        while self.running or self._wake() is not None:
            wake = self._wake()
            if self.running and (wake is None or self.running[0][0] <= wake):
                self.now, index = heapq.heappop(self.running)
                self._end(index)
            else:
                assert wake is not None
                assert wake >= self.now
                self.now = wake
            self._grant()
        return self.finished

    def _wake(self) -> float | None:
        return self.scheduler.next_wake(self.now)

    def _grant(self) -> None:
        for index, waited_s in self.scheduler.grant(self.now):
            assert waited_s >= 0
            self._start(index)
        self._check_nothing_is_idle()
        if len(self.started) == self.stop_after:
            self.stop_after = -1
            for index in self.scheduler.drop_waiting():
                self._record(index, "dropped")
            assert self.scheduler.grant(self.now) == []

    def _start(self, index: int) -> None:
        planned = self.plan.cases[index]
        assert index not in self.ended
        assert all(index != other for _, other in self.running)
        assert all(need in self.passed for need in planned.needs)
        assert self.delayed.pop(index, 0.0) <= self.now
        for earlier in self._ready():
            if earlier < index:
                self._check_not_overtaken(earlier, index)
        heapq.heappush(self.running, (self.now + self.durations[index], index))
        self.started.append((self.now, index))
        assert len(self.running) <= self.slots
        assert sum(self.is_sync[other] for _, other in self.running) <= self.workers
        for name in planned.case.uses:
            resource = self.plan.resources[name]
            assert self._held(name) <= resource.permits
            assert self.now - self.last_start.get(name, -1e9) >= resource.rate_s - 1e-9
            self.last_start[name] = self.now

    def _check_not_overtaken(self, earlier: int, index: int) -> None:
        """Nobody takes a permit of R while an earlier ready case waits for R."""
        mine, theirs = self.plan.cases[index].case.uses, self.plan.cases[earlier].case.uses
        if set(mine) & set(theirs):
            # One that waits for a worker reserves nothing else.
            assert self._lacks_worker(earlier), f"{index} overtook {earlier} at {self.now}"

    def _check_nothing_is_idle(self) -> None:
        if self.scheduler.is_stopped or len(self.running) >= self.slots:
            return
        spoken_for: set[str] = set()
        for index in sorted(self._ready()):
            uses = self.plan.cases[index].case.uses
            if set(uses) & spoken_for or not all(self._has_room(index, name) for name in uses):
                # It waits for all that it uses together.
                spoken_for |= set(uses)
            elif not self._lacks_worker(index):
                raise AssertionError(f"{index} could have started at {self.now}")

    def _ready(self) -> list[int]:
        busy = {index for _, index in self.running}
        return [
            planned.index
            for planned in self.plan.cases
            if planned.index not in self.ended
            and planned.index not in busy
            and self.delayed.get(planned.index, 0.0) <= self.now
            and all(need in self.passed for need in planned.needs)
        ]

    def _held(self, name: str) -> int:
        return sum(self.plan.cases[other].case.uses.get(name, 0) for _, other in self.running)

    def _has_room(self, index: int, name: str) -> bool:
        resource = self.plan.resources[name]
        wanted = self.plan.cases[index].case.uses[name]
        is_due = self.now >= self.last_start.get(name, -1e9) + resource.rate_s
        return self._held(name) + wanted <= resource.permits and is_due

    def _lacks_worker(self, index: int) -> bool:
        return (
            self.is_sync[index]
            and sum(self.is_sync[other] for _, other in self.running) >= self.workers
        )

    def _end(self, index: int) -> None:
        self.finished = self.now
        self.scheduler.release(index)
        self.tries[index] -= 1
        if self.tries[index] and not self.scheduler.is_stopped:
            self.delayed[index] = self.now + 1.5
            self.scheduler.delay(index, self.now + 1.5)
            return
        is_passed = index not in self.fails
        if is_passed:
            self.passed.add(index)
        self._record(index, "passed" if is_passed else "failed")
        self._doom(self.scheduler.finish(index, is_passed=is_passed))

    def _doom(self, doomed: Sequence[Doomed]) -> None:
        for each in doomed:
            assert each.need in self.plan.cases[each.index].needs
            assert each.need in self.ended
            assert each.need not in self.passed
            self._record(each.index, "doomed")

    def _record(self, index: int, how: str) -> None:
        assert index not in self.ended, f"{index} ended twice"
        self.ended[index] = how


def order(simulation: Simulation) -> list[Any]:
    return [index for _, index in simulation.started]
