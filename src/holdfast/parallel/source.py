"""Which function and which items does a command or a case file name?"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from holdfast.parallel.failure import WrongArgument
from holdfast.process.reference import find
from holdfast.text.suggest import did_you_mean

__all__ = [
    "Source",
    "check_reference",
    "find_function",
    "open_source",
    "parse_range",
    "read_items",
    "read_source",
]

Format = Literal["auto", "lines", "json", "jsonl"]
Shape = Literal["as_is", "list", "tuple", "generator"]

_REF = re.compile(r"[^:\s]+(?:\.py)?:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_PATH_HINT = "the folder of the settings file, else the current one, comes first on the path"


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where items come from: exactly one of `range`, `file` and `items`.

    `range` is `A:B[:STEP]`. A file holds one item per line, a JSON list (`.json`) or one
    JSON value per line (`.jsonl`); messages call it by its `name`. `shape` says in which
    container the items are handed over.
    """

    range: str = ""
    file: str = ""
    items: list[Any] | None = None
    format: Format = "auto"
    name: str = ""
    shape: Shape = "as_is"


def read_source(raw: Any) -> Source:
    """Check a source as it is authored.

    Raises:
        WrongArgument: it names none or more than one, or something that there is not.
    """
    try:
        source = msgspec.convert(raw, Source)
    except msgspec.ValidationError as error:
        raise WrongArgument(
            f"data must be {{range: 'A:B'}}, {{file: PATH}} or {{items: [...]}}: {error}"
        ) from None
    given = [bool(source.range), bool(source.file), source.items is not None]
    if sum(given) != 1:
        raise WrongArgument(
            f"data must name exactly one of range, file and items, got {sum(given)}",
            hint="for example {range: '0:1000'}",
        )
    if source.range:
        parse_range(source.range)
    return source


def open_source(source: Source) -> Iterable[Any]:
    """Return the items, anew at each call, in the container that was asked for."""
    found: Iterable[Any]
    if source.range:
        found = parse_range(source.range)
    elif source.file:
        found = _read_file(source.file, source.format, source.name or source.file)
    else:
        found = list(source.items or ())
    match source.shape:
        case "list":
            return list(found)
        case "tuple":
            return tuple(found)
        case "generator":
            return (item for item in found)
        case _:
            return found


def parse_range(text: str) -> range:
    """Read `A:B`, `A:B:STEP` or `B`.

    >>> parse_range("2:11:3")
    range(2, 11, 3)

    Raises:
        WrongArgument: it is no range.
    """
    parts = text.replace("_", "").split(":")
    try:
        # Too many numbers are a TypeError, a step of 0 is a ValueError.
        return range(*[int(part) for part in parts])
    except (TypeError, ValueError):
        raise WrongArgument(
            f"a range must be A:B or A:B:STEP in whole numbers, got {text!r}",
            hint="for example 0:1000 or 0:1000:10; B itself is left out",
        ) from None


def read_items(text: str, form: str, place: str) -> list[Any]:
    """Read the items of a text: lines, a JSON list, or one JSON value per line.

    `auto` takes a text that begins with `[` for a JSON list, anything else for lines.

    Raises:
        WrongArgument: the text is not what it is said to be; the message has `place` and line.
    """
    if form == "json" or (form == "auto" and text.lstrip().startswith("[")):
        value = _parse(text, place, 1)
        if not isinstance(value, list):
            kind = type(value).__name__
            raise WrongArgument(
                f"{place} must hold a JSON list of items, got {kind}",
                hint="write one item per line, or put the items into [ ]",
            )
        return cast("list[Any]", value)
    lines = text.splitlines()
    if form == "jsonl":
        return [_parse(line, place, n) for n, line in enumerate(lines, 1) if line.strip()]
    return lines


def check_reference(ref: str) -> None:
    """Refuse what cannot name a function; nothing is imported.

    Raises:
        WrongArgument: it is not `module:function`.
    """
    if _REF.fullmatch(ref) is None:
        module, _, name = ref.rpartition(".")
        near = f"; did you mean '{module}:{name}'?" if module and ":" not in ref else ""
        raise WrongArgument(
            f"a function must be 'module:function', got {ref!r}{near}",
            hint="for example package.module:function",
        )


def find_function(ref: str) -> Callable[..., Any]:
    """Return the callable that `module:function` or `path.py:function` names.

    Raises:
        WrongArgument: there is none.
    """
    check_reference(ref)
    module, _, name = ref.partition(":")
    try:
        return find(ref)
    except AttributeError as error:
        raise WrongArgument(
            f"{ref} must name a function of its module, got {error}{_near(module, name)}"
        ) from error
    except ModuleNotFoundError as error:
        raise WrongArgument(
            f"{ref} must name a module that can be imported, got {error}", hint=_PATH_HINT
        ) from error
    except TypeError as error:
        raise WrongArgument(str(error), hint="name a function that takes one item") from error
    except Exception as error:
        raise WrongArgument(
            f"{module} must be importable, got {type(error).__name__}: {error}"
        ) from error


def _near(module: str, path: str) -> str:
    """Offer the nearest name of a module that is imported."""
    names: dict[str, Any] = getattr(sys.modules.get(module), "__dict__", {})
    return did_you_mean(path, [name for name, value in names.items() if callable(value)])


def _read_file(path: str, form: str, name: str) -> list[Any]:
    if form == "auto":
        form = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}.get(
            Path(path).suffix.lower(), "lines"
        )
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WrongArgument(
            f"a file of items must be readable text, got {name!r} ({reason})"
        ) from None
    return read_items(text, form, name)


def _parse(text: str, place: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{place}:{line + error.lineno - 1}:{error.colno}"
        raise WrongArgument(
            f"{where}: items must be JSON, got {error.msg}",
            hint="--format lines takes each line as a text",
        ) from None
