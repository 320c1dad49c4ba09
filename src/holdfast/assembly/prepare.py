"""From sources to a plan: which cases run, in which order?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from holdfast.assembly.again import not_passed
from holdfast.assembly.baselines import fill_baselines
from holdfast.assembly.given import add_given
from holdfast.assembly.request import Request, Workplace
from holdfast.assembly.snapshots import fill_snapshots
from holdfast.assembly.sources import Sources, find_sources
from holdfast.cases.case_file import Loaded, load
from holdfast.cases.python_file import PythonSource
from holdfast.cases.select import Selection, select
from holdfast.errors import UsageError
from holdfast.execute.wire import Collected
from holdfast.model.case import Case
from holdfast.model.plan import (
    CORES,
    MACHINE,
    MEMORY,
    Plan,
    Resource,
    hundredths,
    mebibytes,
)
from holdfast.plan.order import build_plan
from holdfast.ports import Store
from holdfast.process.limits import memory_bytes, usable_cores
from holdfast.settings import Settings, resource_of
from holdfast.text.suggest import did_you_mean

__all__ = ["Collect", "Prepared", "prepare"]

# Import a Python file elsewhere and describe its marked functions.
Collect = Callable[[str], Awaitable[Collected]]


class Prepared(msgspec.Struct, kw_only=True):
    """A plan, with the notes for the author that its making left."""

    plan: Plan
    notes: tuple[str, ...] = ()


async def prepare(
    request: Request,
    place: Workplace,
    store: Store,
    *,
    seed: int,
    slots: int,
    collect: Collect,
) -> Prepared:
    """Read, check, select and order the cases; `collect` is called for Python files alone.

    Raises:
        ProblemsError: everything that is wrong with the sources.
        NothingSelected: there is no source.
    """
    sources, loaded = await _load(request, place, collect)
    if not request.paths:
        _check_gate(request.settings, loaded)
    chosen = select(loaded.cases, _selection(request, store, sources, loaded.cases))
    cases = fill_snapshots(chosen.cases, update=request.update)
    cases = fill_baselines(cases, update=request.update)
    suites = {case.suite for case in cases}
    plan = build_plan(
        cases,
        suites={name: suite for name, suite in loaded.suites.items() if name in suites},
        resources=_resources(request.settings, chosen.cases, slots),
        durations=store.durations([case.full_id for case in chosen.cases]),
        seed=seed,
        key=place.key,
        deselected=chosen.deselected,
        needed=chosen.needed,
    )
    return Prepared(plan=plan, notes=loaded.notes)


async def _load(request: Request, place: Workplace, collect: Collect) -> tuple[Sources, Loaded]:
    given = request.given
    sources = Sources()
    if request.paths or given is None:
        sources = find_sources(request.paths, request.settings, place.root, Path.cwd())
    found = await asyncio.gather(*(collect(path) for path, _ in sources.python_files))
    python = [
        PythonSource(path=path, functions=one.functions, error=one.error, suite=suite)
        for (path, suite), one in zip(sources.python_files, found, strict=True)
    ]
    loaded = load(
        sources.case_files,
        registry=place.registry,
        settings=request.settings,
        env=place.env,
        root=place.root,
        python=[*python, *given.python] if given else python,
        clock=place.clock,
    )
    return sources, add_given(loaded, given, request.settings, place) if given else loaded


def _check_gate(settings: Settings, loaded: Loaded) -> None:
    """Refuse a rule for a suite that does not exist: it would never be applied, and nobody would know.

    Raises:
        UsageError: there is no such suite.
    """
    known = {*loaded.suites, *settings.suites}
    for name in settings.gate.suite:
        if name not in known:
            raise UsageError(
                f"gate.suite.{name}: there is no such suite{did_you_mean(name, known)}",
                hint=f"known: {', '.join(sorted(known)[:5])}",
            )


def _selection(
    request: Request, store: Store, sources: Sources, cases: Iterable[Case]
) -> Selection:
    settings = request.settings
    only: frozenset[str] | None = None
    reason = ""
    if request.rerun_failed or request.only_errors:
        only, reason = not_passed(store, errors_only=request.only_errors)
    return Selection(
        tags=_both(request.marks, settings.select),
        text=request.keyword,
        ids=sources.ids,
        suites=_suites(request.suites, sources, cases),
        per_suite=settings.per_suite,
        exclude_slow=settings.exclude_slow,
        include_stress=settings.include_stress,
        security=settings.security,
        only=only,
        only_reason=reason,
    )


def _both(marks: str, setting: str) -> str:
    return f"({setting}) and ({marks})" if marks and setting else marks or setting


def _suites(names: Iterable[str], sources: Sources, cases: Iterable[Case]) -> tuple[str, ...]:
    """Turn suites of the settings into the suites that their files hold."""
    wanted: list[str] = []
    for name in names:
        files = sources.suite_files.get(name)
        if files is None:
            wanted.append(name)
            continue
        bases = {str(Path(file).resolve().parent) for file in files}
        stems = {Path(file).name for file in files}
        wanted += {case.suite for case in cases if _is_from(case, bases, stems)} or {name}
    return tuple(dict.fromkeys(wanted))


def _is_from(case: Case, bases: set[str], names: set[str]) -> bool:
    return case.base in bases and Path(case.source.rpartition(":")[0]).name in names


def _resources(settings: Settings, cases: Sequence[Case], slots: int) -> Mapping[str, Resource]:
    """Return every resource that a case uses; services and links that have no limits of their own get one permit each."""
    used = {name for case in cases for name in case.uses}
    found = {
        name: resource_of(name, value) for name, value in settings.resources.items() if name in used
    }
    for name in used - set(found):
        found[name] = (
            Resource(name=name, permits=slots, breaker=0)
            if name == MACHINE
            else Resource(name=name)
        )
    return {**found, **_machine_limits(cases)}


def _machine_limits(cases: Sequence[Case]) -> dict[str, Resource]:
    """Return what all cases together may hold of this machine, where any of them says what it needs."""
    found: dict[str, Resource] = {}
    if any(case.requires.memory_bytes for case in cases):
        found[MEMORY] = Resource(name=MEMORY, permits=mebibytes(memory_bytes()), breaker=0)
    if any(case.requires.cpus for case in cases):
        found[CORES] = Resource(name=CORES, permits=hundredths(usable_cores()), breaker=0)
    return found
