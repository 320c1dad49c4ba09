"""What can the `holdfast parallel` commands be told? Where items come from, and how far to go."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from holdfast.errors import UsageError
from holdfast.parallel.source import check_reference, parse_range
from holdfast.text.units import parse_duration

__all__ = [
    "Common",
    "common_options",
    "count",
    "read_counts",
    "read_seconds",
    "refuse_unwritable",
    "source_of",
]

NO_DATA = "--range 0:1000, --file items.txt, or items on the standard input"


class Common(msgspec.Struct, frozen=True, kw_only=True):
    """What every command of the group takes."""

    func: str
    range: str = ""
    file: str = ""
    format: str = "auto"
    as_json: bool = False
    progress: bool = False
    limit_s: float = 3600.0
    store: str | None = None
    profile: str = ""


OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("func", metavar="FUNC"),
    click.option(
        "--range", "range_", default="", metavar="A:B[:STEP]", help="Whole numbers as items."
    ),
    click.option(
        "--file",
        default="",
        metavar="PATH",
        help="Items from a file: lines, a JSON list (.json), JSON per line (.jsonl).",
    ),
    click.option(
        "--format",
        "format_",
        type=click.Choice(["auto", "lines", "json", "jsonl"]),
        default="auto",
        help="How a file or the standard input holds its items.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON."),
    click.option(
        "--progress", is_flag=True, help="Tell on stderr how far it is, and what FUNC prints."
    ),
    click.option(
        "--limit", default="1h", metavar="DURATION", help="Time limit of the whole command."
    ),
    click.option("--store", default=None, metavar="URL", help="Where evidence is kept."),
    click.option("--profile", default="", metavar="NAME", help="A profile of the settings file."),
)


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command of the group has, handed over as one `Common`."""

    @wraps(function)
    def inner(
        *,
        func: str,
        range_: str,
        file: str,
        format_: str,
        as_json: bool,
        progress: bool,
        limit: str,
        store: str | None,
        profile: str,
        **more: Any,
    ) -> Any:
        check_reference(func)
        common = Common(
            func=func,
            range=range_,
            file=file,
            format=format_,
            as_json=as_json,
            progress=progress,
            limit_s=read_seconds("--limit", limit) or 3600.0,
            store=store,
            profile=profile,
        )
        return function(common, **more)

    for option in reversed(OPTIONS):
        inner = option(inner)
    return inner


@contextmanager
def source_of(common: Common, stdin: TextIO | None = None) -> Generator[dict[str, Any]]:
    """Say where the items are; those of the standard input are in a file for as long.

    Raises:
        UsageError: there are none, or from two places.
    """
    if common.range and common.file:
        raise UsageError(
            f"items must come from one place, got --range {common.range} and --file {common.file}",
            hint="leave one of them out",
        )
    if common.range:
        parse_range(common.range)
        yield {"range": common.range}
        return
    if common.file:
        path = Path(common.file)
        if not path.is_file():
            raise UsageError(f"--file must name a file, got {common.file!r}")
        yield {"file": str(path.resolve()), "format": common.format, "name": common.file}
        return
    stream = stdin or sys.stdin
    text = "" if stream.isatty() else stream.read()
    if not text:
        raise UsageError("there are no items", hint=f"give {NO_DATA}")
    with tempfile.TemporaryDirectory(prefix="holdfast-items-") as folder:
        path = Path(folder) / "stdin"
        path.write_text(text, encoding="utf-8")
        is_list = common.format == "auto" and text.lstrip().startswith("[")
        form = "json" if is_list else common.format
        yield {"file": str(path), "format": form, "name": "stdin"}


def refuse_unwritable(name: str, path: str) -> None:
    """Refuse a file that cannot be written: that must not be learnt after the run.

    Raises:
        UsageError: it is a folder, or its folder cannot be written to.
    """
    if not path:
        return
    folder = Path(path).resolve().parent
    why = "it is a folder" if Path(path).is_dir() else ""
    if not why and not (folder.is_dir() and os.access(folder, os.W_OK)):
        why = f"{folder} is no folder that can be written to"
    if why:
        raise UsageError(f"{name} must name a file that can be written, got {path!r} ({why})")


def count(name: str, *, text: str) -> Callable[[Any], Any]:
    """Return an option that takes a whole number of at least 1."""
    return click.option(name, type=click.IntRange(1), default=None, metavar="N", help=text)


def read_seconds(name: str, text: str) -> float | None:
    """Read a duration above 0; nothing where none was given.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return None
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{name} must be a duration, got {text!r}", hint=str(error)) from error
    if seconds <= 0:
        raise UsageError(f"{name} must be above 0, got {text!r}", hint="for example 30s or 500ms")
    return seconds


def read_counts(name: str, text: str) -> list[int]:
    """Read numbers with commas between them.

    Raises:
        UsageError: one of them is no whole number of at least 1.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(
            f"{name} must be whole numbers of at least 1, got {text!r}", hint="for example 1,2,4"
        )
    return [int(part) for part in parts]
