"""Which case may start now? A state machine without clock or event loop.

Permits of a resource are granted in plan order: nobody takes one while an earlier
ready case waits for that resource. Cases that do not use it go ahead. A worker for
synchronous Python is a permit too, but waiting for one holds back no other resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

import msgspec

from holdfast.model.case import Case
from holdfast.model.plan import CORES, MACHINE, MEMORY, Plan, hundredths, mebibytes

__all__ = ["Doomed", "Scheduler"]

WORKERS = "(workers)"


class Doomed(msgspec.Struct, frozen=True):
    """A waiting case that will not start: the case it needed, or the resource whose breaker opened."""

    index: int
    need: int = -1
    resource: str = ""


class _Pool:
    """The permits of one resource."""

    __slots__ = ("failures", "free", "is_open", "limit", "name", "next_start", "rate_s")

    def __init__(self, name: str, permits: int, rate_s: float, limit: int) -> None:
        self.name = name
        self.free = permits
        self.rate_s = rate_s
        self.next_start = 0.0
        self.limit = limit
        self.failures = 0
        self.is_open = False


class Scheduler:
    """Grants cases of a plan; the caller tells what became of them.

    Every case is in one of: waiting for needs, ready, delayed (until a time),
    running, done. `now` is any monotonic time in seconds. `done` are cases that
    have their result already, with whether they passed; `doomed` are those that
    will not start because of them.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        slots: int,
        workers: int,
        is_sync: Sequence[bool],
        done: Mapping[int, bool] | None = None,
    ) -> None:
        self._plan = plan
        self._free_slots = slots
        self._pools = {
            name: _Pool(name, resource.permits, resource.rate_s, resource.breaker)
            for name, resource in plan.resources.items()
        }
        self._has_machine = MACHINE in self._pools
        self._has_rates = any(pool.rate_s for pool in self._pools.values())
        self._pools[WORKERS] = _Pool(WORKERS, workers, 0.0, 0)
        self._uses = [
            self._uses_of(planned.case, is_sync=sync)
            for planned, sync in zip(plan.cases, is_sync, strict=True)
        ]
        self._open_needs = [len(planned.needs) for planned in plan.cases]
        self._dependents: dict[int, list[int]] = {}
        for planned in plan.cases:
            for need in planned.needs:
                self._dependents.setdefault(need, []).append(planned.index)
        self._groups: dict[tuple[str, ...], list[int]] = {}
        self._delayed: list[tuple[float, int]] = []
        self._is_done = bytearray(len(plan.cases))
        self._waiting_since: dict[int, float] = {}
        self.running = 0
        self.left = len(plan.cases)
        self.is_stopped = False
        self.doomed: list[Doomed] = []
        before = done or {}
        for index in before:
            self._close(index)
        for planned in plan.cases:
            if not planned.needs and not self._is_done[planned.index]:
                self._make_ready(planned.index)
        for index, is_passed in before.items():
            self.doomed += self.finish(index, is_passed=is_passed)

    # --- what starts -----------------------------------------------------------

    def grant(self, now: float) -> list[tuple[int, float]]:
        """Start what may start; return (index, seconds it waited for a permit while a slot was free)."""
        if self.is_stopped:
            return []
        while self._delayed and self._delayed[0][0] <= now:
            self._make_ready(heappop(self._delayed)[1])
        granted: list[tuple[int, float]] = []
        if self._free_slots <= 0:
            return granted
        groups = self._groups
        if len(groups) == 1 and () in groups:
            return self._grant_free(groups[()], now)
        heads = [(indexes[0], names) for names, indexes in groups.items() if indexes]
        if len(heads) > 1:
            heads.sort()
            heads.reverse()
        blocked: set[str] = set()
        while heads and self._free_slots > 0:
            index, names = heads.pop()
            if not self._may_start(index, names, blocked, now):
                continue
            heappop(groups[names])
            self._take(index, now)
            since = self._waiting_since.pop(index, now)
            granted.append((index, now - since))
            if groups[names]:
                _insert(heads, (groups[names][0], names))
        return granted

    def _grant_free(self, ready: list[int], now: float) -> list[tuple[int, float]]:
        """Start cases that use nothing: the common run, in which there is nothing to weigh."""
        granted: list[tuple[int, float]] = []
        while ready and self._free_slots > 0:
            index = heappop(ready)
            self._take(index, now)
            granted.append((index, 0.0))
        return granted

    def _may_start(self, index: int, names: tuple[str, ...], blocked: set[str], now: float) -> bool:
        if not names:
            return True
        short = [
            name for name in names if name in blocked or not self._has_permit(index, name, now)
        ]
        if not short:
            return True
        blocked.update(short)
        named = [name for name in short if name != WORKERS]
        if named:
            # It waits for all of them together: whoever came later may not overtake it on one.
            blocked.update(name for name in names if name != WORKERS)
            self._waiting_since.setdefault(index, now)
        return False

    def _has_permit(self, index: int, name: str, now: float) -> bool:
        pool = self._pools[name]
        return pool.free >= self._uses[index][name] and (not pool.rate_s or now >= pool.next_start)

    def _take(self, index: int, now: float) -> None:
        self._free_slots -= 1
        self.running += 1
        for name, permits in self._uses[index].items():
            pool = self._pools[name]
            pool.free -= permits
            if pool.rate_s:
                pool.next_start = max(pool.next_start + pool.rate_s, now + pool.rate_s)

    def next_wake(self, now: float) -> float | None:
        """Return when `grant` may have something new although nothing ended, or None."""
        if not self._delayed and not self._has_rates:
            return None
        times = [self._delayed[0][0]] if self._delayed else []
        if not self.is_stopped and self._has_rates:
            times += [
                pool.next_start
                for pool in self._pools.values()
                if pool.rate_s and pool.next_start > now
            ]
        return min(times, default=None)

    # --- what ends ---------------------------------------------------------------

    def release(self, index: int) -> None:
        """Take back what a running case held; it is then either finished or delayed."""
        self._free_slots += 1
        self.running -= 1
        for name, permits in self._uses[index].items():
            self._pools[name].free += permits

    def delay(self, index: int, until: float) -> None:
        """Offer a case again from a time on, for its next attempt."""
        heappush(self._delayed, (until, index))

    def finish(self, index: int, *, is_passed: bool) -> list[Doomed]:
        """Close a case; return the cases that will not start because they need it."""
        self._close(index)
        if index not in self._dependents:
            return []
        if is_passed:
            for dependent in self._dependents[index]:
                self._open_needs[dependent] -= 1
                if self._open_needs[dependent] == 0 and not self._is_done[dependent]:
                    self._make_ready(dependent)
            return []
        return self._doom_dependents(index)

    def _doom_dependents(self, index: int) -> list[Doomed]:
        doomed: list[Doomed] = []
        failed = [index]
        while failed:
            need = failed.pop()
            for dependent in self._dependents.get(need, ()):
                if not self._is_done[dependent]:
                    self._close(dependent)
                    doomed.append(Doomed(dependent, need=need))
                    failed.append(dependent)
        return doomed

    def note_health(self, index: int, *, is_down: bool) -> list[Doomed]:
        """Count an attempt for the breakers of what it used; return whom an opened breaker ends."""
        if not self._uses[index]:
            return []
        opened: list[str] = []
        for name in self._uses[index]:
            pool = self._pools[name]
            pool.failures = pool.failures + 1 if is_down else 0
            if pool.limit and pool.failures >= pool.limit and not pool.is_open:
                pool.is_open = True
                opened.append(name)
        return self._end_waiting(opened) if opened else []

    def is_needed(self, index: int) -> bool:
        """Tell whether other cases need this one."""
        return index in self._dependents

    def is_down(self, index: int) -> str:
        """Return the resource of a case whose breaker is open, or ""."""
        for name in self._uses[index]:
            if self._pools[name].is_open:
                return name
        return ""

    def drop_waiting(self) -> list[int]:
        """Stop granting; close and return every case that is not running, in plan order."""
        self.is_stopped = True
        dropped = {index for indexes in self._groups.values() for index in indexes}
        dropped.update(index for _, index in self._delayed)
        dropped.update(
            i for i, count in enumerate(self._open_needs) if count and not self._is_done[i]
        )
        self._groups.clear()
        self._delayed.clear()
        for index in dropped:
            self._close(index)
        return sorted(dropped)

    def _end_waiting(self, opened: list[str]) -> list[Doomed]:
        doomed: list[Doomed] = []
        for names, indexes in self._groups.items():
            down = next((name for name in opened if name in names), "")
            if not down:
                continue
            while indexes:
                index = heappop(indexes)
                doomed.append(Doomed(index, resource=down))
                doomed += self.finish(index, is_passed=False)
        return doomed

    def _close(self, index: int) -> None:
        if not self._is_done[index]:
            self._is_done[index] = 1
            self.left -= 1

    def _make_ready(self, index: int) -> None:
        names = tuple(sorted(self._uses[index]))
        heappush(self._groups.setdefault(names, []), index)

    def _uses_of(self, case: Case, *, is_sync: bool) -> dict[str, int]:
        """Return every permit that a case holds while it runs."""
        requires = case.requires
        if not (is_sync or self._has_machine or requires.memory_bytes or requires.cpus):
            return case.uses
        uses = dict(case.uses)
        if self._has_machine:
            # Whoever asks for all of the machine waits until nobody else is on it.
            uses.setdefault(MACHINE, 1)
        if requires.memory_bytes and MEMORY in self._pools:
            uses[MEMORY] = mebibytes(requires.memory_bytes)
        if requires.cpus and CORES in self._pools:
            uses[CORES] = hundredths(requires.cpus)
        if is_sync:
            uses[WORKERS] = 1
        return uses


def _insert(heads: list[tuple[int, tuple[str, ...]]], head: tuple[int, tuple[str, ...]]) -> None:
    """Insert into a descending list; the newcomer nearly always belongs at its end."""
    place = len(heads)
    while place > 0 and heads[place - 1] < head:
        place -= 1
    heads.insert(place, head)
