"""holdfast run: run cases and give one verdict."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from holdfast.assembly.components import Components
from holdfast.assembly.reporting import write_reports
from holdfast.assembly.request import Request, Workplace
from holdfast.cli.foreseen import show_list, show_plan
from holdfast.cli.interrupt import stopped_by_signals
from holdfast.cli.log import log_reporters, logging_to_stderr
from holdfast.cli.many_words import ManyWords
from holdfast.cli.run_options import RunFlags, run_options
from holdfast.cli.screen import Screen
from holdfast.cli.workplace import (
    opened_store,
    read_settings,
    refuse_unknown_reports,
    report_folder,
    workplace,
)
from holdfast.errors import UsageError
from holdfast.pipeline import carry_out
from holdfast.ports import Reporter, Store
from holdfast.process.loop import run_loop
from holdfast.report.console import write_summary
from holdfast.report.source import ReportSource
from holdfast.report.view import view

__all__ = ["command"]


@click.command("run", cls=ManyWords)
@run_options
def command(flags: RunFlags) -> int:
    """Run cases and give one verdict.

    \b
    Each PATH is a case file, a Python file, a folder, a suite of the settings,
    or an id. Without any, all suites of the settings run.

    \b
    holdfast run cases/login.yaml             one file
    holdfast run -m "e2e and not slow"        by tag
    holdfast run --suite login search -x      two suites, up to the first failure
    holdfast run --rerun-failed               what did not pass last time
    holdfast run --resume last                go on where a run was stopped

    \b
    exit code: 0 passed · 1 failed · 2 wrong usage or case file · 3 undecided or
    incomplete · 4 holdfast failed · 5 no case selected · 130 interrupted
    """  # noqa: D301 - click wants the character \b itself
    if flags.collect_only:
        return show_list(flags)
    if flags.dry_run:
        return show_plan(flags)
    loaded = read_settings(flags.settings, flags.profile)
    place = workplace(loaded)
    refuse_unknown_reports(loaded.settings, place)
    refuse_unusable_folder(loaded.settings.output)
    request = flags.request(loaded.settings, loaded.origins)
    screen = Screen(verbose=flags.verbose, quiet=flags.quiet, progress=loaded.settings.progress)
    with logging_to_stderr(loaded.settings.log_level), opened_store(loaded, place) as store:
        source = run_loop(_run(request, place, store, screen))
        return _finish(source, request, place, screen)


def refuse_unusable_folder(output: str) -> None:
    """Make the folder of the reports now: that it cannot be made must not be learnt after the run.

    Raises:
        UsageError: it cannot be made.
    """
    if not output:
        return
    try:
        Path(output).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--output must be a folder that can be made, got {output!r} ({error.strerror})",
            hint="give another folder",
        ) from error


async def _run(request: Request, place: Workplace, store: Store, screen: Screen) -> ReportSource:
    def reporters(components: Components) -> Sequence[Reporter]:
        shown = screen.reporter(place.registry, components.executor.doing, components.used)
        return [shown, *log_reporters()]

    with stopped_by_signals() as announce:
        return await carry_out(request, place, store, reporters=reporters, announce=announce)


def _finish(source: ReportSource, request: Request, place: Workplace, screen: Screen) -> int:
    settings = request.settings
    folder = report_folder(settings, place, source.row.id)
    written = write_reports(source, settings.report, folder, place)
    shown = view(source.row, source.summary)
    reports = [os.path.relpath(path) for path in written]
    write_summary(screen.options(), shown, durations=settings.durations, reports=reports)
    return shown.exit_code
