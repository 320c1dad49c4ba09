"""`holdfast gate`: which exit code does a stored run earn under the settings of now?"""

from __future__ import annotations

import click

from holdfast.assembly.reporting import report_source
from holdfast.cli.rules_text import rules_text
from holdfast.cli.screen import Screen
from holdfast.cli.stored import run_argument, stored_run
from holdfast.rejudge import gate_again
from holdfast.report.view import view

__all__ = ["command"]


@click.command("gate")
@run_argument
def command(run: str, store: str | None, profile: str) -> int:
    """Apply the gate to a run again; the run itself stays as it is.

    RUN is a run's id or its beginning, last, or last~N. The exit code is the one
    that the run would have had with the gate of the settings as they are now.

    \b
    Examples:
      holdfast gate last
      HOLDFAST_GATE_SUCCESS_RATE=0.9 holdfast gate last
    """  # noqa: D301 - click wants the character \b itself
    screen = Screen()
    with stored_run(run, store=store, profile=profile) as stored:
        summary = report_source(stored.row, stored.store).summary
        row = gate_again(stored.row, summary, stored.settings.gate)
        shown = view(row, summary)
        screen.write(rules_text(shown, screen.paint))
        return shown.exit_code
