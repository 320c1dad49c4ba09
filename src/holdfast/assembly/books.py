"""When is a run new, when does it go on, and what of it is kept?"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from holdfast.assembly.environment import GitState, describe_environment
from holdfast.assembly.ground import describe_ground
from holdfast.assembly.request import Request, Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.clock import fresh_seed
from holdfast.errors import UsageError
from holdfast.execute.retry import skipped
from holdfast.model.case import Suite
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow
from holdfast.ports import Store
from holdfast.process.limits import disk_free_bytes, memory_bytes, usable_cores
from holdfast.services.plan import find_needs, services_of
from holdfast.settings import ServiceSettings

__all__ = ["Books", "Kept", "open_books"]

# What a stop left undone is done when the run goes on.
UNDONE = frozenset({"need", "interrupt", "budget", "fail-fast", "stop", "requires"})


class Kept(msgspec.Struct, kw_only=True):
    """Results that need no attempt now.

    `earlier` are from an earlier stretch of this run; `fresh` are decided without
    an attempt: skipped by their author, not possible on this machine, or cached.
    `attempts` are what an earlier stretch left of cases that run (again) now; one
    without an end is `lost`.
    """

    earlier: dict[int, Result] = {}
    fresh: dict[int, Result] = {}
    attempts: dict[int, list[Attempt]] = {}

    def all(self) -> dict[int, Result]:
        """Return both."""
        return {**self.earlier, **self.fresh}


class Books:
    """The identity of a run: its id, its seed, and whether it goes on from an earlier stretch."""

    def __init__(
        self, run_id: str, seed: int, row: RunRow | None, root: Path, *, output: str = ""
    ) -> None:
        self.run_id = run_id
        self.seed = seed
        self.earlier = row
        self._git = GitState(root)
        self._ground = describe_ground(root, besides=output)

    @property
    def is_finished(self) -> bool:
        """Whether the run to go on with has nothing left to do."""
        return self.earlier is not None and bool(self.earlier.finished) and not self.earlier.stopped

    def close(self) -> None:
        """Let go of what was asked in the background."""
        self._git.close()

    def open(
        self, request: Request, plan: Plan, store: Store, *, place: Workplace, secrecy: Secrecy
    ) -> tuple[RunRow, str]:
        """Commit the run and its plan; return the row and a note on what changed since an earlier stretch."""
        commit, dirty = self._git.answer()
        row = RunRow(
            id=self.run_id,
            seed=self.seed,
            started=place.clock.wall().isoformat(),
            commit=commit,
            dirty=dirty,
            planned=len(plan.cases),
            environment={**describe_environment(place.root), "ground": self._ground},
            settings=secrecy.plain(_shown_settings(request)),
            deselected=tuple((each.suite, each.id, each.reason) for each in plan.deselected),
        )
        before = self.earlier
        if before is None:
            store.open_run(row, secrecy.plan(plan))
            return (
                row,
                "there was no run to go on with; this is a new one" if request.resume else "",
            )
        note = _changes(before, row)
        store.open_segment(self.run_id, secrecy.plan(plan), note)
        row = msgspec.structs.replace(
            row, started=before.started, segments=before.segments + 1, duration_s=before.duration_s
        )
        return row, note

    def keep(self, request: Request, plan: Plan, store: Store, place: Workplace) -> Kept:
        """Return the results that need no attempt."""
        kept = Kept(earlier={}, fresh={}, attempts={})
        if self.earlier is not None:
            _take_earlier(self.run_id, plan, store, kept=kept, services=_own_services(request))
        machine = (memory_bytes(), disk_free_bytes(place.root), usable_cores())
        for planned in plan.cases:
            if planned.index in kept.earlier:
                continue
            result = _without_attempt(planned, machine)
            if result is not None:
                kept.fresh[planned.index] = result
        if request.settings.cached:
            _take_cached(plan, store, kept, self._ground)
        return kept


def open_books(request: Request, store: Store, place: Workplace) -> Books:
    """Decide whether a run starts or goes on.

    Raises:
        UsageError: the run to go on with does not exist.
    """
    output = request.settings.output
    seed = request.settings.seed if request.settings.seed is not None else fresh_seed()
    if request.resume and not (request.resume == "last" and not store.runs(1)):
        row = store.run(request.resume)
        if request.settings.seed is not None and request.settings.seed != row.seed:
            raise UsageError(
                f"--seed must be {row.seed} to go on with run {row.id}, got {request.settings.seed}",
                hint="leave --seed out: a run keeps its seed",
            )
        return Books(row.id, row.seed, row, place.root, output=output)
    return Books(_new_id(place), seed, None, place.root, output=output)


def _new_id(place: Workplace) -> str:
    """Return an id that sorts by time and is told apart at a glance."""
    return f"{place.clock.wall():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def _take_earlier(
    run_id: str,
    plan: Plan,
    store: Store,
    *,
    kept: Kept,
    services: Mapping[str, ServiceSettings],
) -> None:
    """Take over what an earlier stretch left of cases whose content is the same.

    Results that a stop caused are not kept, nor are those of needs that act on a
    service which is a new one now; their attempts are, so that none is hidden.
    """
    known = {planned.case.full_id: planned for planned in plan.cases}
    for row, result in store.results(run_id):
        planned = known.get(f"{row.suite}/{row.id}")
        if planned is None or planned.key != row.key:
            continue
        if result.skip_kind in UNDONE:
            kept.attempts[planned.index] = list(result.attempts)
        else:
            kept.earlier[planned.index] = result
    for row, attempts in store.unfinished(run_id):
        planned = known.get(f"{row.suite}/{row.id}")
        if planned is not None and planned.key == row.key:
            kept.attempts[planned.index] = list(attempts)
    for index in _lost_grounds(plan, kept, services):
        again = kept.earlier.pop(index).attempts
        kept.attempts[index] = [msgspec.structs.replace(each, counts=False) for each in again]


def _lost_grounds(
    plan: Plan, kept: Kept, services: Mapping[str, ServiceSettings]
) -> tuple[int, ...]:
    """Return the needs of unfinished cases that act on a service which is started anew."""
    if not services:
        return ()
    needs = find_needs(services)
    lost: set[int] = set()
    fresh = [planned.index for planned in plan.cases if planned.index not in kept.earlier]
    while fresh:
        for need in plan.cases[fresh.pop()].needs:
            case = plan.cases[need].case
            suite = plan.suites.get(case.suite) or Suite(name=case.suite)
            if need in kept.earlier and need not in lost and services_of(case, suite, needs):
                lost.add(need)
                fresh.append(need)
    return tuple(sorted(lost))


def _own_services(request: Request) -> Mapping[str, ServiceSettings]:
    """Return the services, if holdfast starts any of them; one that runs already knows what was done to it."""
    services = request.settings.services
    return services if any(service.command for service in services.values()) else {}


def _without_attempt(planned: PlannedCase, machine: tuple[int, int, int]) -> Result | None:
    case = planned.case
    if case.skip is not None:
        return skipped(case, "author", case.skip.reason, [])
    needs = case.requires
    memory, disk, cores = machine
    for name, wanted, there in (
        ("memory", needs.memory_bytes, memory),
        ("disk", needs.disk_bytes, disk),
        ("cpus", needs.cpus, cores),
    ):
        if wanted > there:
            return skipped(
                case, "requires", f"requires {name} {wanted:,}, this machine has {there:,}", []
            )
    return None


def _take_cached(plan: Plan, store: Store, kept: Kept, ground: str) -> None:
    """Take over results that stand on the same ground.

    Only Python code without templates is known well enough: what a server, a
    command or a variable answers today is not in any digest.
    """
    if not ground:
        return
    open_keys = {
        planned.key: planned
        for planned in plan.cases
        if planned.index not in kept.earlier
        and planned.index not in kept.fresh
        and planned.case.target.kind == "python"
        and not planned.has_templates
        and not _is_surrounded(plan.suites.get(planned.case.suite))
    }
    grounds: dict[str, str] = {}
    for key, (run_id, result) in store.cached_many(open_keys).items():
        if run_id not in grounds:
            grounds[run_id] = str(store.run(run_id).environment.get("ground", ""))
        if grounds[run_id] != ground:
            continue
        planned = open_keys[key]
        kept.fresh[planned.index] = msgspec.structs.replace(
            result,
            cached_from=run_id,
            reason=f"passed in run {run_id}; its case, its files and its environment are as they were",
        )


def _is_surrounded(suite: Suite | None) -> bool:
    """Tell whether steps or services of the suite act on what its cases see."""
    return suite is not None and bool(
        suite.services or suite.before or suite.before_each or suite.after_each
    )


def _shown_settings(request: Request) -> Mapping[str, object]:
    return {
        "selection": {
            "paths": list(request.paths),
            "marks": request.marks,
            "keyword": request.keyword,
            "suites": list(request.suites),
        },
        **msgspec.to_builtins(request.settings),
    }


def _changes(before: RunRow, now: RunRow) -> str:
    """Say what of the code changed since the earlier stretch, "" when nothing is known to have."""
    if before.commit != now.commit:
        return f"the commit changed from {before.commit[:12] or 'none'} to {now.commit[:12] or 'none'} since this run began"
    if now.dirty:
        return "the tree has changes that are in no commit"
    return ""
