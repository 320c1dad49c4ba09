"""How is the outcome of a `holdfast parallel` command told?"""

from __future__ import annotations

import json
import re
import sys
from typing import Any, TypeVar

import click
import msgspec

from holdfast.cli.parallel_suite import Outcome
from holdfast.cli.screen import Screen
from holdfast.errors import InternalError, Interrupted
from holdfast.model.evidence import CaseError
from holdfast.report.clean import clean
from holdfast.report.parallel_view import read_view

__all__ = ["note", "print_json", "say_why", "screen", "view_of"]

T = TypeVar("T")

# The note that a map adds to what the function raised.
_NOTE = re.compile(r"^item \d+ of \S+$", re.MULTILINE)


def screen() -> Screen:
    """Return the console of a command."""
    return Screen()


def view_of(outcome: Outcome, kind: type[T]) -> T:
    """Read the value of an outcome.

    Raises:
        InternalError: it was cut, or is something else.
    """
    try:
        return read_view(outcome.value, kind)
    except msgspec.ValidationError as error:
        raise InternalError(
            f"the stored value cannot be shown: {error}",
            hint=f"holdfast show {outcome.run_id} shows what was kept",
        ) from error


def say_why(outcome: Outcome) -> int:
    """Tell on stderr why there is no value; return the exit code."""
    if outcome.error is not None:
        more = f"holdfast show {outcome.run_id} shows it all"
        if outcome.error.kind == "crash":
            # Items are probed where FUNC runs: one that ends its process ends the map.
            more = f"with --executor process the item is named and the rest completes; {more}"
        note(_sentence(outcome.error), hint=more)
    elif outcome.exit_code == Interrupted.exit_code:
        note("interrupted")
    elif outcome.result is not None:
        for finding in outcome.result.findings:
            if finding.status != "passed":
                note(finding.message)
    return outcome.exit_code


def print_json(value: Any) -> None:
    """Print a value on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=repr))


def note(text: str, hint: str = "") -> None:
    """Tell something on stderr, so that stdout holds the answer alone."""
    sys.stdout.flush()
    lines = [f"holdfast: {clean(line)}" for line in text.splitlines()]
    if hint:
        lines.append(f"hint: {hint}")
    click.echo("\n".join(lines), err=True)


def _sentence(error: CaseError) -> str:
    found = _NOTE.search(error.traceback)
    place = f"{found.group()}: " if found else ""
    kind = (error.type or error.kind).rpartition(".")[2]
    message = error.message.partition("\n")[0]
    return f"{place}{kind}: {message}" if message else f"{place}{kind}"
