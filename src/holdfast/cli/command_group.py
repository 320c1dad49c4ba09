"""How does a group know its commands by name and import the one that is used?"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from holdfast.registry import load_place

__all__ = ["CommandGroup", "CommandTable"]

# A command's name -> the place of the command, and its line in the help.
CommandTable = Mapping[str, tuple[str, str]]

# 128 + SIGPIPE, as a shell reports it.
READER_LEFT = 141


class CommandGroup(click.Group):
    """A group over a table of commands, in the table's order."""

    def __init__(self, *args: Any, table: CommandTable, **options: Any) -> None:
        super().__init__(*args, **options)
        self.table = table

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read our output has left; there is nobody to tell. click would say 1, "the gate is not met".
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return READER_LEFT

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = self.table.get(cmd_name)
        if known is None:
            return None
        command: click.Command = load_place(known[0])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near: str = load_place("holdfast.text.suggest:did_you_mean")(args[0], self.table)
            raise click.UsageError(f"no such command {args[0]!r}{near}", ctx) from error
