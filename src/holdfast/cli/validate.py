"""`holdfast validate`: are the case files right, and what would run?"""

from __future__ import annotations

import click

from holdfast.cli.foreseen import show_plan
from holdfast.cli.many_words import ManyWords
from holdfast.cli.run_options import RunFlags, selection_options

__all__ = ["command"]


@click.command("validate", cls=ManyWords)
@selection_options
def command(flags: RunFlags) -> int:
    """Check case files and show what would run; nothing is run.

    Everything wrong is said at once, with file:line:column (exit code 2). Otherwise:
    the order, the expected time as far as cases ran before, what is deselected and why.

    \b
    Examples:
      holdfast validate
      holdfast validate cases/login.yaml -m "not slow"
    """  # noqa: D301 - click wants the character \b itself
    return show_plan(flags)
