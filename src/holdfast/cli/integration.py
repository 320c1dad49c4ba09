"""holdfast integration: does what sessions and capabilities stand on work here, and how fast is it?"""

from __future__ import annotations

import click

from holdfast.registry import load_place

__all__ = ["command"]

COMMANDS: dict[str, tuple[str, str]] = {
    "validate": (
        "holdfast.cli.integration_validate:command",
        "Check executor, sessions, callbacks and capabilities on this machine.",
    ),
    "benchmark": (
        "holdfast.cli.integration_benchmark:command",
        "Time the code of FILE, several executions at once.",
    ),
}


class Commands(click.Group):
    """The commands of the group, imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = COMMANDS.get(cmd_name)
        if known is None:
            return None
        found: click.Command = load_place(known[0])
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group("integration", cls=Commands)
def command() -> None:
    """Check what sessions and capabilities stand on, and time code in an executor.

    \b
    holdfast integration validate
    holdfast integration benchmark rule.py --iterations 200 --concurrency 4 --warmup 20
    """  # noqa: D301 - click wants the character \b itself
