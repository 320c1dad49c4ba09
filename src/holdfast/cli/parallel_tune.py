"""holdfast parallel tune: search executors, workers and chunks for the best."""

from __future__ import annotations

from typing import Any

import click

from holdfast.cli.parallel_answer import print_json, say_why, screen, view_of
from holdfast.cli.parallel_options import (
    Common,
    common_options,
    read_counts,
    read_seconds,
    refuse_unwritable,
    source_of,
)
from holdfast.cli.parallel_plan import save_entry
from holdfast.cli.parallel_suite import EQUAL, Task, carry
from holdfast.report.parallel_text import explained_text, tuned_text
from holdfast.report.parallel_view import TunedView
from holdfast.text.format import format_duration

__all__ = ["command"]

EXECUTORS = ["thread", "process", "interpreter"]


@click.command("tune")
@common_options
@click.option(
    "--executor",
    "executors",
    multiple=True,
    type=click.Choice(EXECUTORS),
    help="Try this one alone; may be given again.",
)
@click.option("--workers", default="", metavar="N,N...", help="Numbers of workers to try.")
@click.option("--chunksizes", default="", metavar="N,N...", help="Chunk sizes to try.")
@click.option("--budget", default="30s", metavar="DURATION", help="Start nothing more after this.")
@click.option("--start-method", default=None, metavar="NAME", help="fork, forkserver or spawn.")
@click.option("--save", default="", metavar="PATH", help="Keep the best for `execute --load`.")
@click.option("--explain", is_flag=True, help="Tell what was measured and decided.")
def command(
    common: Common,
    *,
    executors: tuple[str, ...],
    workers: str,
    chunksizes: str,
    budget: str,
    start_method: str | None,
    save: str,
    explain: bool,
) -> int:
    """Search workers x chunks x executor for the fastest, and say what the others cost.

    \b
    All ways run once, the faster half again, and so on. The answer has the best,
    its regret against what all cores could do, and that of the map's own choice.

    \b
    holdfast parallel tune shop.price:quote --range 0:2000 --budget 1m
    holdfast parallel tune shop.price:quote --range 0:2000 --executor process --workers 2,4 --save plan.json

    \b
    exit code: 0 all results are equal · 1 one differs, or FUNC fails · 2 wrong usage
    3 undecided: FUNC gives another value when it is called again
    """  # noqa: D301 - click wants the character \b itself
    options: dict[str, Any] = {
        "executors": list(executors),
        "workers": read_counts("--workers", workers),
        "chunksizes": read_counts("--chunksizes", chunksizes),
        "budget_s": read_seconds("--budget", budget) or 30.0,
    }
    if start_method is not None:
        options["start_method"] = start_method
    refuse_unwritable("--save", save)
    with source_of(common) as source:
        outcome = carry(
            Task.of(
                common,
                "tune",
                "holdfast.parallel.task:tune_map",
                source,
                options=options,
                expect=EQUAL,
            )
        )
    if outcome.value is None:
        return say_why(outcome)
    found = view_of(outcome, TunedView)
    if save and found.best_s is not None:
        best = next(each for each in found.entries if each.name == found.best)
        reason = f"the best of {len(found.entries)} ways, {format_duration(found.best_s)}"
        save_entry(best, common.func, save, reason=reason)
    if common.as_json:
        print_json(outcome.value)
    else:
        console = screen()
        console.write(tuned_text(found, console.paint))
        if explain:
            console.write(f"\n{explained_text(found.entries)}")
    if outcome.exit_code:
        return say_why(outcome)
    return 0
