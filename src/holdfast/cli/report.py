"""`holdfast report`: what do the reports of a stored run say?"""

from __future__ import annotations

import os

import click

from holdfast.assembly.reporting import report_source, write_reports
from holdfast.cli.run_options import formats
from holdfast.cli.stored import run_argument, stored_run
from holdfast.cli.workplace import refuse_unknown_reports, report_folder

__all__ = ["command"]


@click.command("report")
@run_argument
@click.option("-o", "--output", metavar="DIR", help="Folder for the reports.")
@click.option(
    "--report",
    "report",
    metavar="FORMATS",
    help="Reports to write, with commas between: json,html.",
)
def command(
    *, run: str, store: str | None, profile: str, output: str | None, report: str | None
) -> int:
    """Write the reports of a run again, from what the store holds.

    RUN is a run's id or its beginning, last, or last~N: the Nth before the last.

    \b
    Examples:
      holdfast report last
      holdfast report last~1 -o before --report json
    """  # noqa: D301 - click wants the character \b itself
    chosen = None if report is None else formats(report)
    with stored_run(run, store=store, profile=profile, output=output, report=chosen) as stored:
        refuse_unknown_reports(stored.settings, stored.place)
        folder = report_folder(stored.settings, stored.place, stored.row.id)
        source = report_source(stored.row, stored.store)
        for path in write_reports(source, stored.settings.report, folder, stored.place):
            click.echo(os.path.relpath(path))
    return 0
