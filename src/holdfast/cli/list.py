"""`holdfast list`: which cases are there?"""

from __future__ import annotations

import json

import click

from holdfast.assembly.foresee import refuse_nothing
from holdfast.cli.foreseen import foreseen, show_list
from holdfast.cli.many_words import ManyWords
from holdfast.cli.plan_text import list_json
from holdfast.cli.run_options import RunFlags, selection_options

__all__ = ["command"]


@click.command("list", cls=ManyWords)
@click.option("--json", "is_json", is_flag=True, help="Write JSON.")
@selection_options
def command(flags: RunFlags, *, is_json: bool) -> int:
    """List the cases that would run: one id per line, with its tags.

    --verbose adds what is deselected and why.

    \b
    Examples:
      holdfast list
      holdfast list cases/ -m e2e --verbose
      holdfast list --json
    """  # noqa: D301 - click wants the character \b itself
    if not is_json:
        return show_list(flags)
    with foreseen(flags) as seen:
        click.echo(json.dumps(list_json(seen.prepared), indent=2, ensure_ascii=False))
        refuse_nothing(seen.prepared)
    return 0
