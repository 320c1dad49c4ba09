"""What is one file of cases before anyone has judged its content?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Protocol

import msgspec

from holdfast.errors import Problem, ProblemsError

__all__ = [
    "Document",
    "Fault",
    "Format",
    "Place",
    "RawCase",
    "Source",
    "broken",
    "format_of",
    "place_at",
]

Format = Literal["json", "yaml", "toml"]
# The way from the top of a file to a key or an element; positions are found by it.
Place = tuple[str | int, ...]
RawCase = tuple[Any, int]

_FORMATS: dict[str, Format] = {
    ".json": "json",
    ".jsonc": "json",
    ".json5": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A text with its format; `path` is how messages name it."""

    path: str
    text: str
    format: Format


class Fault(msgspec.Struct, frozen=True):
    """One problem of a file, by its place; `line` and `column` are set where they are known already."""

    place: Place
    message: str
    hint: str = ""
    line: int = 0
    column: int = 0


class Document(Protocol):
    """A file as plain data, read piece by piece.

    `head` is every top-level key but `cases`. `late` is filled once `cases` was read
    to its end: the keys that stood after it. `notes` are (line, text) for the author,
    `faults` what plain data cannot hold. Where `has_repeats`, some object has a key twice.
    """

    head: dict[str, Any]
    late: dict[str, Any]
    notes: list[tuple[int, str]]
    faults: list[Fault]
    has_cases: bool

    @property
    def has_repeats(self) -> bool:
        """Whether some object has a key twice; the position scanner tells which."""
        ...

    def cases(self) -> Iterator[RawCase]:
        """Give every element of `cases` with its line; each call starts anew."""
        ...


def format_of(name: str) -> Format | None:
    """Tell the format from a file's name, or None where it is not a case file's."""
    dot = name.rfind(".")
    return _FORMATS.get(name[dot:].lower()) if dot > 0 else None


def place_at(text: str, offset: int) -> tuple[int, int]:
    r"""Return line and column, from 1, of an offset into a text.

    >>> place_at("a\nbc", 3)
    (2, 2)
    """
    offset = min(offset, len(text))
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def broken(source: Source, message: str, *, offset: int, hint: str = "") -> ProblemsError:
    """Return the error of a file that cannot be read on from `offset`."""
    line, column = place_at(source.text, offset)
    return ProblemsError([Problem(source.path, line, column, message, hint)])
