"""`holdfast judge`: what does the stored evidence of a run say, judged again?"""

from __future__ import annotations

import secrets

import click

from holdfast.assembly.components import Components
from holdfast.assembly.request import Request
from holdfast.assembly.secrecy import Secrecy
from holdfast.cli.change_text import change_text
from holdfast.cli.rules_text import rules_text
from holdfast.cli.screen import Screen
from holdfast.cli.stored import Stored, run_argument, stored_run
from holdfast.process.loop import run_loop
from holdfast.rejudge import Rejudged, judge_again
from holdfast.report.view import view
from holdfast.text.units import parse_duration

__all__ = ["command"]


@click.command("judge")
@run_argument
def command(run: str, store: str | None, profile: str) -> int:
    """Judge the stored evidence of a run again, and close its books again.

    Nothing is called but your own validators (`python: "module:function"`), and those
    only where the stored value is the very value that they saw; otherwise their
    earlier answer is kept and marked. New findings take the place of the old ones.
    The exit code is what the gate says now.

    \b
    Examples:
      holdfast judge last
      holdfast judge last~1 --profile strict
    """  # noqa: D301 - click wants the character \b itself
    screen = Screen()
    with stored_run(run, store=store, profile=profile) as stored:
        done = run_loop(_judge(stored))
        screen.write(f"{change_text(done, screen.paint)}\n\n")
        shown = view(done.row, done.summary)
        screen.write(rules_text(shown, screen.paint))
        return shown.exit_code


async def _judge(stored: Stored) -> Rejudged:
    place, settings = stored.place, stored.settings
    async with Components(
        place, f"judge-{secrets.token_hex(3)}", Request(settings=settings)
    ) as components:
        return await judge_again(
            stored.row,
            stored.store,
            settings.gate,
            registry=place.registry,
            executor=components.executor,
            secrecy=Secrecy(place),
            timeout_s=parse_duration(settings.timeout),
        )
