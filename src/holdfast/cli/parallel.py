"""holdfast parallel: run maps side by side, choose how, and prove that they equal the serial loop."""

from __future__ import annotations

from typing import Any

import click

from holdfast.registry import load_place

__all__ = ["command"]

COMMANDS: dict[str, tuple[str, str]] = {
    "optimize": (
        "holdfast.cli.parallel_optimize:command",
        "Probe a few items and say how to map the rest.",
    ),
    "execute": ("holdfast.cli.parallel_execute:command", "Map FUNC over the items."),
    "compare": ("holdfast.cli.parallel_compare:command", "Run strategies side by side."),
    "tune": (
        "holdfast.cli.parallel_tune:command",
        "Search executors, workers and chunks for the best.",
    ),
    "validate": (
        "holdfast.cli.parallel_validate:command",
        "Hold a plan against the serial loop: times and results.",
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near: Any = load_place("holdfast.text.suggest:did_you_mean")(args[0], COMMANDS)
            raise click.UsageError(f"no such command {args[0]!r}{near}", ctx) from error


@click.group("parallel", cls=Commands)
def command() -> None:
    """Run maps side by side, choose how, and prove that they equal the serial loop.

    \b
    FUNC is module:function and takes one item. Items come from --range, from
    --file, or from the standard input. Each command is a run of one case: its
    evidence is in the store, and `holdfast show last` shows it.

    \b
    holdfast parallel optimize shop.price:quote --range 0:10000
    holdfast parallel execute shop.price:quote --file orders.jsonl
    holdfast parallel validate shop.price:quote --range 0:1000
    """  # noqa: D301 - click wants the character \b itself
