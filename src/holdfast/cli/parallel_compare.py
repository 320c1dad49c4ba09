"""holdfast parallel compare: run strategies side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from holdfast.cli.parallel_answer import note, print_json, say_why, screen, view_of
from holdfast.cli.parallel_options import Common, common_options, refuse_unwritable, source_of
from holdfast.cli.parallel_suite import EQUAL, Task, carry
from holdfast.parallel.strategy import read_strategy
from holdfast.report.parallel_page import write_comparison
from holdfast.report.parallel_text import compared_text, explained_text
from holdfast.report.parallel_view import ComparedView

__all__ = ["command"]


@click.command("compare")
@common_options
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="NAME[:N[:CHUNK]]",
    help="serial, auto, thread:8, process:2:50, ...; may be given again.",
)
@click.option(
    "--rounds", type=click.IntRange(1), default=3, metavar="N", help="How often each one runs."
)
@click.option("--start-method", default=None, metavar="NAME", help="fork, forkserver or spawn.")
@click.option("-o", "--html", default="", metavar="PATH", help="Draw it on a page as well.")
@click.option("--explain", is_flag=True, help="Tell what was measured and decided.")
def command(
    common: Common,
    *,
    strategies: tuple[str, ...],
    rounds: int,
    start_method: str | None,
    html: str,
    explain: bool,
) -> int:
    """Run strategies side by side, round by round, and compare times and results.

    \b
    Without --strategy: the serial loop, what the map decides itself, and threads
    and processes of growing number. The answer has the time and the speedup of
    each, where its time went, and how the speedup grows with the workers.

    \b
    holdfast parallel compare shop.price:quote --range 0:2000 -o compare.html
    holdfast parallel compare shop.price:quote --range 0:2000 --strategy process:2 --strategy process:2:1

    \b
    exit code: 0 all results are equal · 1 one differs, or FUNC fails · 2 wrong usage
    3 undecided: FUNC gives another value when it is called again
    """  # noqa: D301 - click wants the character \b itself
    options: dict[str, Any] = {"strategies": list(strategies), "rounds": rounds}
    if start_method is not None:
        options["start_method"] = start_method
    refuse_unwritable("--html", html)
    for strategy in strategies:
        read_strategy(strategy)
    with source_of(common) as source:
        outcome = carry(
            Task.of(
                common,
                "compare",
                "holdfast.parallel.task:compare_strategies",
                source,
                options=options,
                expect=EQUAL,
            )
        )
    if outcome.value is None:
        return say_why(outcome)
    found = view_of(outcome, ComparedView)
    if common.as_json:
        print_json(outcome.value)
    else:
        console = screen()
        console.write(compared_text(found, console.paint))
        if explain:
            console.write(f"\n{explained_text(found.entries)}")
    if html:
        write_comparison(found, Path(html), run_id=outcome.run_id)
        note(f"page: {html}")
    if outcome.exit_code:
        return say_why(outcome)
    return 0
