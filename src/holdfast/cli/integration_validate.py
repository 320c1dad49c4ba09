"""holdfast integration validate: does what sessions, capabilities and doubles promise hold here?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
import msgspec

from holdfast.cli.integration_checks import CHECKS, Outcome, carry_check
from holdfast.cli.integration_doubles import double_checks
from holdfast.cli.repl_show import table
from holdfast.report.paint import ansi, plain, wants_colour
from holdfast.text.format import format_duration

__all__ = ["command", "exit_code_of"]


@click.command("validate")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def command(*, as_json: bool) -> int:
    """Check executor, sessions, callbacks, capabilities and doubles on this machine.

    \b
    Each promise is tried, what must be stopped as well as what must not. What this
    machine cannot enforce is undecided, with what is missing. So is a double that was
    last held to another version of the real thing; contracts of the project are read
    from .holdfast/contracts.json.

    \b
    exit code: 0 all hold · 1 one does not · 3 one cannot be told here
    """  # noqa: D301 - click wants the character \b itself
    outcomes = [carry_check(check) for check in (*CHECKS, *double_checks())]
    code = exit_code_of(outcomes)
    if as_json:
        told = {"exit_code": code, "checks": outcomes}
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        click.echo(_text(outcomes))
    return code


def exit_code_of(outcomes: Sequence[Outcome]) -> int:
    """Return 1 where a promise is broken, else 3 where one could not be tried, else 0."""
    statuses = {each.status for each in outcomes}
    return 1 if "failed" in statuses else 3 if "undecided" in statuses or not statuses else 0


def _text(outcomes: Sequence[Outcome]) -> str:
    rows = [
        (each.area, each.promise, each.status, format_duration(each.duration_s), each.reason)
        for each in outcomes
    ]
    lines = table([("area", "promise", "status", "took", ""), *rows]).splitlines()
    is_coloured = wants_colour(os.environ, is_terminal=sys.stdout.isatty())
    paint = ansi if is_coloured else plain
    painted = [
        line.replace(f"  {each.status} ", f"  {paint(each.status, each.status)} ", 1)
        for line, each in zip(lines[1:], outcomes, strict=True)
    ]
    count = {
        status: sum(each.status == status for each in outcomes)
        for status in ("passed", "failed", "undecided")
    }
    tally = ", ".join(f"{n} {status}" for status, n in count.items() if n or status == "passed")
    return "\n".join([lines[0], *painted, "", f"{tally} of {len(outcomes)} checks"])
