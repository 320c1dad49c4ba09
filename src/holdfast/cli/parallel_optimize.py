"""holdfast parallel optimize: probe a few items and say how to map the rest."""

from __future__ import annotations

from typing import Any

import click

from holdfast.cli.parallel_answer import print_json, say_why, screen, view_of
from holdfast.cli.parallel_options import (
    Common,
    common_options,
    count,
    read_seconds,
    refuse_unwritable,
    source_of,
)
from holdfast.cli.parallel_plan import save_plan
from holdfast.cli.parallel_suite import Task, carry
from holdfast.report.parallel_text import plan_text
from holdfast.report.parallel_view import PlanView

__all__ = ["command"]


@click.command("optimize")
@common_options
@count("--n-jobs", text="At most so many workers.")
@click.option("--start-method", default=None, metavar="NAME", help="fork, forkserver or spawn.")
@click.option("--sample", default="", metavar="DURATION", help="How long to probe (5 ms).")
@click.option(
    "--explain", is_flag=True, help="Tell all that was measured and what bound the choice."
)
@click.option("--save", default="", metavar="PATH", help="Keep the plan for `execute --load`.")
def command(
    common: Common,
    *,
    n_jobs: int | None,
    start_method: str | None,
    sample: str,
    explain: bool,
    save: str,
) -> int:
    """Probe a few items of a map and say how to run the rest.

    \b
    holdfast parallel optimize shop.price:quote --range 0:10000
    holdfast parallel optimize shop.price:quote --file orders.jsonl --explain
    holdfast parallel optimize shop.price:quote --range 0:10000 --save plan.json
    """  # noqa: D301 - click wants the character \b itself
    options: dict[str, Any] = {"n_jobs": n_jobs, "start_method": start_method}
    seconds = read_seconds("--sample", sample)
    if seconds is not None:
        options["sample_s"] = seconds
    refuse_unwritable("--save", save)
    with source_of(common) as source:
        outcome = carry(
            Task.of(common, "optimize", "holdfast.parallel.task:plan_map", source, options=options)
        )
    if outcome.value is None:
        return say_why(outcome)
    plan = view_of(outcome, PlanView)
    if save:
        save_plan(plan, common.func, save)
    if common.as_json:
        print_json(outcome.value)
    else:
        screen().write(plan_text(plan, is_long=explain))
    return outcome.exit_code
