"""How does a `holdfast parallel` command become a run of one case, with its evidence?"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import msgspec

from holdfast.assembly.components import Components
from holdfast.assembly.request import Given, Request, Workplace
from holdfast.cli.interrupt import stopped_by_signals
from holdfast.cli.log import log_reporters, logging_to_stderr
from holdfast.cli.parallel_options import Common
from holdfast.cli.workplace import opened_store, read_settings, workplace
from holdfast.errors import InternalError, Interrupted, UsageError
from holdfast.execute.runner import Runner
from holdfast.model.case import Case, Expect, Target
from holdfast.model.evidence import CaseError
from holdfast.model.result import Result
from holdfast.pipeline import carry_out
from holdfast.ports import Reporter, Store
from holdfast.process.loop import run_loop
from holdfast.report.source import ReportSource
from holdfast.text.templates import escape

__all__ = ["EQUAL", "Outcome", "Task", "carry"]

SUITE = "parallel"
# Errors of the command line that only a worker can find: there is no such function, no such file.
WRONG = "holdfast.parallel.failure.WrongArgument"
CODES = {"passed": 0, "failed": 1, "error": 1, "undecided": 3}
# Every strategy that was tried gave what the serial loop gave.
EQUAL = (Expect("completes"), Expect("python", "holdfast.parallel.assess:all_equal"))
# What a project says of its own cases is not meant for this one.
ALONE: dict[str, Any] = {"select": "", "budget": "", "cached": False, "in_process": False}


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One command: which function of `holdfast.parallel.task` a worker calls, and with what."""

    command: str
    ref: str
    func: str
    arguments: dict[str, Any]
    expect: tuple[Expect, ...] = (Expect("completes"),)
    limit_s: float = 3600.0
    echo: bool = False
    store: str | None = None
    profile: str = ""

    @staticmethod
    def of(
        common: Common,
        command: str,
        ref: str,
        source: dict[str, Any],
        *,
        options: dict[str, Any],
        expect: tuple[Expect, ...] = (Expect("completes"),),
    ) -> Task:
        """Return the task that the options of a command describe."""
        arguments = {"func": common.func, "data": source, "progress": common.progress, **options}
        return Task(
            command=command,
            ref=ref,
            func=common.func,
            arguments=arguments,
            expect=expect,
            limit_s=common.limit_s,
            echo=common.progress,
            store=common.store,
            profile=common.profile,
        )


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the run of one case left: its value, how it was judged, and the exit code."""

    run_id: str
    exit_code: int
    value: Any = None
    result: Result | None = None

    @property
    def error(self) -> CaseError | None:
        """Return why there is no value."""
        return self.result.error if self.result else None


def carry(task: Task) -> Outcome:
    """Run a command as a suite of one case; its evidence is in the store when this returns.

    Raises:
        UsageError: the worker found that the command asks for something that is not there.
    """
    loaded = read_settings({**ALONE, "store": task.store}, task.profile)
    place = workplace(loaded)
    request = Request(
        settings=loaded.settings,
        origins=loaded.origins,
        echo=task.echo,
        given=Given(cases=(_case(task),)),
    )
    with (
        logging_to_stderr(loaded.settings.log_level),
        opened_store(loaded, place) as store,
    ):
        source = run_loop(_run(request, place, store))
        return _outcome(source, store)


def _case(task: Task) -> Case:
    return Case(
        suite=SUITE,
        id=f"{task.command}-{task.func}",
        target=Target(kind="python", spec={"ref": task.ref, "with": _literal(task.arguments)}),
        expect=task.expect,
        timeout_s=task.limit_s,
        source=f"holdfast parallel {task.command}",
    )


def _literal(value: Any) -> Any:
    """Write texts so that none of them is taken for a template."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_literal(item) for item in cast("list[Any]", value)]
    return value


async def _run(request: Request, place: Workplace, store: Store) -> ReportSource:
    def reporters(components: Components) -> Sequence[Reporter]:
        del components
        return log_reporters()

    with _stopped_at_once() as announce:
        return await carry_out(request, place, store, reporters=reporters, announce=announce)


@contextmanager
def _stopped_at_once() -> Generator[Callable[[Runner], None]]:
    """Let the first signal stop the run: there is nothing but its one case that could be kept."""
    with stopped_by_signals() as announce:

        def started(runner: Runner) -> None:
            announce(runner)
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, runner.stop_now)

        yield started


def _outcome(source: ReportSource, store: Store) -> Outcome:
    row = source.row
    code = InternalError.exit_code if row.exit_code is None else row.exit_code
    found = next(iter(source.results()), None)
    if found is None or not found[1].attempts:
        return Outcome(run_id=row.id, exit_code=code)
    planned, result = found
    error = result.error
    if error is not None and error.type == WRONG:
        message, _, hint = error.message.partition("\nhint: ")
        raise UsageError(message, hint=hint)
    evidence = store.evidence(row.id, planned.index, result.attempts[-1].n)
    return Outcome(
        run_id=row.id,
        # The gate of a project is about its own cases: here the one case decides.
        exit_code=code if code == Interrupted.exit_code else CODES.get(result.status, code),
        value=evidence.value if evidence and evidence.has_value else None,
        result=result,
    )
