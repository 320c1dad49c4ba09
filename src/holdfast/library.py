"""How does a program run cases without a command line?"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from holdfast.assembly.components import Components
from holdfast.assembly.reporting import write_reports
from holdfast.assembly.request import Given, Request, Workplace
from holdfast.builtin import COMPONENTS
from holdfast.cases.mark import MARK
from holdfast.cases.python_file import PythonSource
from holdfast.clock import SystemClock
from holdfast.errors import NothingSelected, UsageError
from holdfast.execute.runner import Runner
from holdfast.model.case import Case
from holdfast.model.run import Run
from holdfast.pipeline import carry_out
from holdfast.ports import Reporter
from holdfast.process.loop import run_loop
from holdfast.process.reference import lane_of
from holdfast.registry import Registry
from holdfast.report.source import ReportSource
from holdfast.report.view import view
from holdfast.settings import Settings, load_key, load_settings, secrets_of
from holdfast.store.open import open_store

__all__ = ["run", "run_async"]

Chosen = Settings | Mapping[str, Any] | None


def run(cases: Any, settings: Chosen = None) -> Run:
    """Run cases and return the verdict with every result.

    `cases` is one of these or several: a path of a case file, a Python file or a
    folder; a suite of the settings; a function marked with `@holdfast.case`; a plain
    dict as it would stand in a case file, either a case or a suite with `cases`; a
    `Case` value. `settings` are those of the current folder, with the values of a
    mapping of dotted names above them, or a whole `Settings`. Evidence goes to the
    store as always; reports are written where `output` is set.

    Nothing is printed, and no process is left behind.

    Raises:
        UsageError: an event loop is running, or a case or a setting is wrong.
        NothingSelected: there is no case to run.

    >>> run({"id": "hi", "command": ["echo", "hi"], "expect": ["completes"]}).verdict
    'passed'
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run_loop(_run(cases, settings))
    raise UsageError(
        "holdfast.run() must not be called while an event loop is running",
        hint="await holdfast.run_async(...) there",
    )


def run_async(cases: Any, settings: Chosen = None) -> Coroutine[Any, Any, Run]:
    """Return what `run` returns, to be awaited inside a running event loop."""
    return _run(cases, settings)


async def _run(cases: Any, settings: Chosen) -> Run:
    if "HOLDFAST_WORKER" in os.environ:
        raise UsageError(
            "holdfast.run() must not be called by a case, nor when its file is imported",
            hint='put the call below `if __name__ == "__main__":`',
        )
    place, chosen = _workplace(settings)
    store = open_store(chosen.store, registry=place.registry, root=place.root)
    try:
        source = await carry_out(
            _request(cases, chosen), place, store, reporters=_no_reporters, announce=_no_signals
        )
        return _result(source, chosen, place)
    finally:
        store.close()


def _workplace(settings: Chosen) -> tuple[Workplace, Settings]:
    flags: Mapping[str, Any] = settings if isinstance(settings, Mapping) else {}
    loaded = load_settings(flags=flags, env=dict(os.environ), cwd=Path.cwd())
    chosen = settings if isinstance(settings, Settings) else loaded.settings
    place = Workplace(
        registry=Registry(COMPONENTS),
        clock=SystemClock(),
        root=loaded.root,
        env=loaded.env,
        secrets=secrets_of(chosen, loaded.env),
        key=load_key(loaded.root),
    )
    return place, chosen


def _request(cases: Any, settings: Settings) -> Request:
    paths: list[str] = []
    values: list[Case] = []
    alone: list[Mapping[str, Any]] = []
    documents: list[tuple[str, Mapping[str, Any]]] = []
    functions: dict[str, list[Mapping[str, Any]]] = {}
    for number, each in enumerate(_listed(cases)):
        if isinstance(each, str | os.PathLike):
            paths.append(os.fspath(cast("os.PathLike[str]", each)))
        elif isinstance(each, Case):
            values.append(each)
        elif isinstance(each, Mapping):
            document = cast("Mapping[str, Any]", each)
            if "cases" in document:
                documents.append((f"cases[{number}]", document))
            else:
                alone.append(document)
        elif callable(each):
            path, facts = _marked(each)
            functions.setdefault(path, []).append(facts)
        else:
            raise UsageError(
                f"a case must be a path, a marked function, a dict or a Case, got {each!r:.80}"
            )
    if alone:
        documents.append(("given", {"cases": alone}))
    python = tuple(PythonSource(path=path, functions=found) for path, found in functions.items())
    if not (paths or values or documents or python):
        raise NothingSelected("no case was given", hint="for example holdfast.run('cases/')")
    given = Given(cases=tuple(values), documents=tuple(documents), python=python)
    return Request(settings=settings, paths=tuple(paths), given=given)


def _listed(cases: Any) -> Iterable[Any]:
    is_one = isinstance(cases, str | os.PathLike | Mapping | Case) or callable(cases)
    if is_one or not isinstance(cases, Iterable):
        return [cases]
    return cast("Iterable[Any]", cases)


def _marked(function: Callable[..., Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the file of a marked function and what a worker would tell of it."""
    name = getattr(function, "__qualname__", repr(function))
    options = getattr(function, MARK, None)
    if not isinstance(options, dict):
        raise UsageError(f"{name} must be marked as a case", hint="write @holdfast.case above it")
    inner = inspect.unwrap(function)
    path = inspect.getsourcefile(inner)
    if path is None or not Path(path).is_file() or "<" in name:
        raise UsageError(
            f"{name} must stand at the top level of a file, where a worker can import it",
            hint="move it out of the function or the prompt that defines it",
        )
    line = inner.__code__.co_firstlineno if inspect.isfunction(inner) else 0
    doc = inspect.getdoc(function) or ""
    return path, {
        "qualname": name,
        "options": options,
        "lane": lane_of(function),
        "line": line,
        "doc": doc,
    }


def _result(source: ReportSource, settings: Settings, place: Workplace) -> Run:
    folder = ""
    if settings.output:
        folder = settings.output
        write_reports(source, settings.report, Path(folder), place)
    shown = view(source.row, source.summary)
    row = shown.row
    return Run(
        id=row.id,
        seed=row.seed,
        exit_code=shown.exit_code,
        verdict=shown.verdict,
        counts=shown.counts,
        results=tuple(result for _, result in source.results()),
        gate=shown.gate,
        schedule=row.schedule,
        report_dir=folder,
    )


def _no_reporters(components: Components) -> Sequence[Reporter]:
    del components
    return ()


def _no_signals(runner: Runner) -> None:
    """Leave signals to the program."""
    del runner
