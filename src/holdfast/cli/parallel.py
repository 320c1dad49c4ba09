"""holdfast parallel: run maps side by side, choose how, and prove that they equal the serial loop."""

from __future__ import annotations

import click

from holdfast.cli.command_group import CommandGroup, CommandTable

__all__ = ["command"]

COMMANDS: CommandTable = {
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


@click.group("parallel", cls=CommandGroup, table=COMMANDS)
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
