"""holdfast integration: do sessions, capabilities and doubles work here, and how fast is code in them?"""

from __future__ import annotations

import click

from holdfast.cli.command_group import CommandGroup, CommandTable

__all__ = ["command"]

COMMANDS: CommandTable = {
    "validate": (
        "holdfast.cli.integration_validate:command",
        "Check executor, sessions, callbacks, capabilities and doubles here.",
    ),
    "benchmark": (
        "holdfast.cli.integration_benchmark:command",
        "Time the code of FILE, several executions at once.",
    ),
}


@click.group("integration", cls=CommandGroup, table=COMMANDS)
def command() -> None:
    """Check what sessions, capabilities and doubles stand on, and time code in an executor.

    \b
    holdfast integration validate
    holdfast integration benchmark rule.py --iterations 200 --concurrency 4 --warmup 20
    """  # noqa: D301 - click wants the character \b itself
