"""holdfast parallel validate: hold a plan against the serial loop."""

from __future__ import annotations

from typing import Any

import click

from holdfast.cli.parallel_answer import print_json, say_why, screen, view_of
from holdfast.cli.parallel_options import Common, common_options, source_of
from holdfast.cli.parallel_plan import load_plan
from holdfast.cli.parallel_suite import Task, carry
from holdfast.errors import UsageError
from holdfast.model.case import Expect
from holdfast.parallel.strategy import read_strategy
from holdfast.report.parallel_text import plan_text, validated_text
from holdfast.report.parallel_view import ValidatedView

__all__ = ["command"]


@click.command("validate")
@common_options
@click.option(
    "--strategy",
    default="",
    metavar="NAME[:N[:CHUNK]]",
    help="Do not plan, run this: thread:8, process:2:50, ...",
)
@click.option(
    "--load", default="", metavar="PATH", help="Run the plan that `optimize --save` wrote."
)
@click.option(
    "--rounds", type=click.IntRange(1), default=3, metavar="N", help="How often both run."
)
@click.option(
    "--tolerance", type=float, default=None, metavar="X", help="How far numbers may differ."
)
@click.option(
    "--seed", type=int, default=None, metavar="N", help="Seed random and numpy anew for each item."
)
@click.option("--start-method", default=None, metavar="NAME", help="fork, forkserver or spawn.")
@click.option("--explain", is_flag=True, help="Tell what was measured and decided.")
def command(
    common: Common,
    *,
    strategy: str,
    load: str,
    rounds: int,
    tolerance: float | None,
    explain: bool,
    **more: Any,
) -> int:
    """Run the serial loop and the planned map in turn; compare times and results.

    \b
    The answer has the speedup that the plan predicted, [low, high], beside the one
    that was measured, and whether every result equals the serial one.

    \b
    holdfast parallel validate shop.price:quote --range 0:1000
    holdfast parallel validate shop.price:quote --range 0:1000 --strategy process:2:50

    \b
    exit code: 0 equal · 1 not equal, or FUNC fails · 2 wrong usage
    3 undecided: FUNC gives another value when it is called again
    """  # noqa: D301 - click wants the character \b itself
    if strategy and load:
        raise UsageError("a plan must come from one place, got --strategy and --load")
    if tolerance is not None and not tolerance > 0:
        raise UsageError(f"--tolerance must be above 0, got {tolerance:g}")
    if strategy:
        read_strategy(strategy)
    options: dict[str, Any] = {"rounds": rounds, "tolerance": tolerance}
    options["strategy"] = load_plan(load, common.func).strategy if load else strategy
    options |= {name: value for name, value in more.items() if value is not None}
    with source_of(common) as source:
        outcome = carry(
            Task.of(
                common,
                "validate",
                "holdfast.parallel.task:validate_plan",
                source,
                options=options,
                expect=(Expect("same_as", "serial"),),
            )
        )
    if outcome.value is None:
        return say_why(outcome)
    found = view_of(outcome, ValidatedView)
    if common.as_json:
        print_json(outcome.value)
    else:
        console = screen()
        console.write(validated_text(found, console.paint))
        if explain:
            console.write(f"\n{plan_text(found.plan, is_long=True)}")
    return outcome.exit_code
