"""holdfast parallel execute: map a function over items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click

from holdfast.cli.parallel_answer import note, print_json, say_why, view_of
from holdfast.cli.parallel_options import (
    Common,
    common_options,
    count,
    read_seconds,
    refuse_unwritable,
    source_of,
)
from holdfast.cli.parallel_plan import load_plan
from holdfast.cli.parallel_suite import Outcome, Task, carry
from holdfast.errors import UsageError
from holdfast.model.case import Expect
from holdfast.report.files import written_whole
from holdfast.report.parallel_text import plan_text
from holdfast.report.parallel_view import PlanView

__all__ = ["command"]

FAILURE = "holdfast.parallel.failure.Failure"
EXECUTORS = ["serial", "thread", "process", "interpreter"]


@click.command("execute")
@common_options
@click.option(
    "--executor", type=click.Choice(EXECUTORS), default=None, help="Do not decide, use this."
)
@count("--n-jobs", text="At most so many workers.")
@count("--chunksize", text="So many items at once.")
@click.option(
    "--timeout", default="", metavar="DURATION", help="Time limit of each item; kills its worker."
)
@click.option(
    "--on-error",
    type=click.Choice(["raise", "collect"]),
    default="raise",
    help="Stop at the first failure, or go on.",
)
@click.option(
    "--verify",
    type=click.Choice(["cover", "sample", "full"]),
    default="cover",
    help="Run no, ten or all items again serially and compare.",
)
@click.option(
    "--tolerance",
    type=float,
    default=None,
    metavar="X",
    help="How far numbers may differ in --verify.",
)
@click.option(
    "--seed", type=int, default=None, metavar="N", help="Seed random and numpy anew for each item."
)
@click.option("--start-method", default=None, metavar="NAME", help="fork, forkserver or spawn.")
@click.option("--history", default=None, metavar="PATH", help="A file that keeps what items cost.")
@click.option(
    "--load", default="", metavar="PATH", help="Use the plan that `optimize --save` wrote."
)
@click.option("--explain", is_flag=True, help="Tell on stderr what was measured and decided.")
@click.option(
    "-o", "--output", default="", metavar="PATH", help="Write the results there, as JSON lines."
)
def command(common: Common, *, load: str, explain: bool, output: str, **flags: Any) -> int:
    """Map FUNC over the items and print one result per line, as JSON.

    \b
    holdfast parallel execute shop.price:quote --range 0:1000 > quotes.jsonl
    cat orders.txt | holdfast parallel execute shop.price:quote --explain
    holdfast parallel execute shop.price:quote --range 0:1000 --verify full

    \b
    exit code: 0 done · 1 an item failed, or the results are not the serial ones
    2 wrong usage · 3 undecided: FUNC is impure
    """  # noqa: D301 - click wants the character \b itself
    options = _options(flags)
    if load:
        plan = load_plan(load, common.func)
        planned = {"executor": plan.executor, "n_jobs": plan.n_jobs, "chunksize": plan.chunksize}
        options = {**planned, **options}
        if options["executor"] == "auto":
            del options["executor"]
    refuse_unwritable("--output", output)
    with source_of(common) as source:
        outcome = carry(
            Task.of(
                common,
                "execute",
                "holdfast.parallel.task:map_items",
                source,
                options=options,
                expect=_expect(flags),
            )
        )
    if outcome.value is None:
        return say_why(outcome)
    return _answer(outcome, common, output=output, explain=explain)


def _options(flags: dict[str, Any]) -> dict[str, Any]:
    """Return what `execute` is told: only what was given, so that its own defaults hold."""
    options = {
        name: value for name, value in flags.items() if value is not None and name != "timeout"
    }
    seconds = read_seconds("--timeout", flags["timeout"])
    if seconds is not None:
        options["timeout_s"] = seconds
    if flags["history"]:
        options["history"] = str(Path(flags["history"]).resolve())
    tolerance = flags["tolerance"]
    if tolerance is not None and not tolerance > 0:
        raise UsageError(f"--tolerance must be above 0, got {tolerance:g}")
    return options


def _expect(flags: dict[str, Any]) -> tuple[Expect, ...]:
    found = [Expect("completes")]
    if flags["verify"] != "cover":
        more = {} if flags["tolerance"] is None else {"tolerance": flags["tolerance"]}
        mode = True if flags["verify"] == "full" else "sample"
        found.append(Expect("same_as", {"serial": mode, **more}))
    if flags["on_error"] == "collect":
        found.append(Expect("python", "holdfast.parallel.assess:no_failures"))
    return tuple(found)


def _answer(outcome: Outcome, common: Common, *, output: str, explain: bool) -> int:
    value = cast("dict[str, Any]", outcome.value)
    if "results" not in value:
        raise UsageError(
            "the results are larger than what is kept of a value (16 MB)",
            hint="write them from FUNC itself, or map fewer items at a time",
        )
    lines = [_line(each) for each in cast("list[Any]", value["results"])]
    if output:
        with written_whole(Path(output)) as file:
            file.write("".join(f"{line}\n" for line in lines).encode())
    if common.as_json:
        print_json(value)
    elif not output:
        click.echo("".join(f"{line}\n" for line in lines), nl=False)
    if explain:
        note(
            plan_text(
                view_of(Outcome(run_id=outcome.run_id, exit_code=0, value=value["plan"]), PlanView),
                is_long=True,
            )
        )
    if outcome.exit_code:
        return say_why(outcome)
    return 0


def _line(result: Any) -> str:
    """Write a result; a failure says what it is."""
    if isinstance(result, dict) and cast("dict[str, Any]", result).get("type") == FAILURE:
        result = {"failure": cast("dict[str, Any]", result)["repr"]}
    return json.dumps(result, ensure_ascii=False)
