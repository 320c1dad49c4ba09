"""Which command was asked for? Commands are imported when they are used."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from holdfast import __version__
from holdfast.cli.command_group import CommandGroup, CommandTable
from holdfast.errors import HoldfastError, InternalError

__all__ = ["main"]

# The order of the help: what a newcomer needs first.
COMMANDS: CommandTable = {
    "init": ("holdfast.cli.init:command", "Write a first case file and settings."),
    "run": ("holdfast.cli.run:command", "Run cases and give one verdict."),
    "validate": ("holdfast.cli.validate:command", "Check case files and show what would run."),
    "list": ("holdfast.cli.list:command", "List the cases that would run."),
    "show": ("holdfast.cli.show:command", "Show a run, or one case of it."),
    "leak": ("holdfast.cli.leak:command", "Tell whether a function leaks."),
    "bench": ("holdfast.cli.bench:command", "Tell whether a new version is slower."),
    "report": ("holdfast.cli.report:command", "Write the reports of a run again."),
    "judge": ("holdfast.cli.judge:command", "Judge the stored evidence of a run again."),
    "gate": ("holdfast.cli.gate:command", "Apply the gate to a run again."),
    "parallel": ("holdfast.cli.parallel:command", "Run, compare and prove parallel maps."),
    "integration": (
        "holdfast.cli.integration:command",
        "Check sessions and capabilities here, and time code in them.",
    ),
    "repl": ("holdfast.cli.repl:command", "Type Python into a confined session, or run a script."),
    "settings": ("holdfast.cli.settings:command", "Show every setting and where it comes from."),
    "schema": (
        "holdfast.cli.schema:command",
        "Print the JSON Schema of cases, settings or reports.",
    ),
}


@click.group(
    cls=CommandGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__, "--version", prog_name="holdfast", message="%(prog)s %(version)s"
)
def commands() -> None:
    """Prove that a whole system holds together.

    \b
    holdfast init            write a first case file
    holdfast run cases/      run the cases of a folder
    holdfast show last       look at what happened
    """  # noqa: D301 - click wants the character \b itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; errors are one message, never a traceback."""
    try:
        code: Any = commands.main(args=arguments, prog_name="holdfast", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        context = error.ctx
        _complain(
            error.format_message(),
            f"{context.command_path} --help" if context else "holdfast --help",
        )
        return 2
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted", "")
        return 130
    except HoldfastError as error:
        _complain(error.message, error.hint)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last line of defence: exit 4 with a place, not a traceback
        return _own_fault(error)
    return code if isinstance(code, int) else 0


def _complain(message: str, hint: str) -> None:
    lines = [
        f"holdfast: {line}" if line and not line.startswith((" ", "hint: ")) else line
        for line in message.splitlines()
    ]
    if hint:
        lines.append(f"hint: {hint}")
    click.echo("\n".join(lines), err=True)


def _own_fault(error: Exception) -> int:
    """Report a fault of holdfast itself; HOLDFAST_TRACEBACK=1 shows where it is."""
    if os.environ.get("HOLDFAST_TRACEBACK"):
        raise error
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    _complain(
        f"holdfast itself failed: {type(error).__name__}: {error}{place}",
        "HOLDFAST_TRACEBACK=1 shows the traceback; please report it",
    )
    return InternalError.exit_code
