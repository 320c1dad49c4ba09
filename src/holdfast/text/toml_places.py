"""Where does each key of a TOML text stand?

A scanner beside `tomllib`, which tells no positions; it trusts that the text is TOML
and stops where it is not.
"""

from __future__ import annotations

import contextlib
import re
import tomllib

import msgspec

__all__ = ["TomlPlaces", "places_of_toml"]

# The way to a key or an element, and the line and column where it starts, from 1.
Place = tuple[str | int, ...]
Mark = tuple[int, int]

_SPACE = re.compile(r"(?:[ \t\r\n]|\#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXT = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


class _LostError(Exception):
    """The text is no TOML from here on."""


class TomlPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where each key and each element of a text starts, and the keys that are repeated."""

    marks: dict[Place, Mark]
    repeats: list[tuple[Place, Mark]]


def places_of_toml(text: str) -> TomlPlaces:
    r"""Return where each key and each element starts; one in several places keeps the first.

    >>> places_of_toml("[a]\nb = [1, {c = 2}]").marks[("a", "b", 1, "c")]
    (2, 10)
    """
    scan = _Scan(text)
    with contextlib.suppress(_LostError):
        scan.document()
    return scan.found()


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.marks: dict[Place, int] = {}
        self.repeats: list[tuple[Place, int]] = []
        self.values: set[Place] = set()
        self.tables: set[Place] = set()
        self.counts: dict[Place, int] = {}

    def found(self) -> TomlPlaces:
        marks = {place: self.mark(offset) for place, offset in self.marks.items()}
        repeats = [(place, self.mark(offset)) for place, offset in self.repeats]
        return TomlPlaces(marks=marks, repeats=repeats)

    def mark(self, offset: int) -> Mark:
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)

    def document(self) -> None:
        base: Place = ()
        self.space()
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                base = self.header()
            else:
                self.pair(base)
            self.space()

    def header(self) -> Place:
        start = self.at
        is_array = self.text.startswith("[[", start)
        self.at += 2 if is_array else 1
        keys = self.keys()
        place: Place = ()
        for key, offset in keys[:-1]:
            place = self.last((*place, key))
            self.marks.setdefault(place, offset)
        name, offset = keys[-1]
        place = (*place, name)
        self.take("]]" if is_array else "]")
        if is_array:
            self.marks.setdefault(place, offset)
            index = self.counts[place] = self.counts.get(place, -1) + 1
            place = (*place, index)
            self.marks[place] = start
            return place
        if place in self.tables or place in self.values:
            self.repeats.append((place, offset))
        self.tables.add(place)
        self.marks.setdefault(place, offset)
        return self.last(place)

    def last(self, place: Place) -> Place:
        """Follow a name of an array of tables to its last element."""
        return (*place, self.counts[place]) if place in self.counts else place

    def pair(self, base: Place) -> None:
        place = base
        offset = self.at
        for key, start in self.keys():
            place = (*place, key)
            offset = start
            self.marks.setdefault(place, start)
        self.take("=")
        if place in self.values:
            self.repeats.append((place, offset))
        self.values.add(place)
        self.value(place)

    def value(self, place: Place) -> None:
        self.blank()
        char = self.text[self.at : self.at + 1]
        if char == "[":
            self.array(place)
        elif char == "{":
            self.table(place)
        else:
            match = _TEXT.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            if match is None or match.end() == self.at:
                raise _LostError
            self.at = match.end()

    def array(self, place: Place) -> None:
        self.at += 1
        self.space()
        index = 0
        while not self.text.startswith("]", self.at):
            self.marks[*place, index] = self.at
            self.value((*place, index))
            index += 1
            self.comma("]")
        self.at += 1

    def table(self, place: Place) -> None:
        self.at += 1
        self.space()
        while not self.text.startswith("}", self.at):
            self.pair(place)
            self.comma("}")
        self.at += 1

    def comma(self, closing: str) -> None:
        self.space()
        if self.text.startswith(",", self.at):
            self.at += 1
            self.space()
        elif not self.text.startswith(closing, self.at):
            raise _LostError

    def keys(self) -> list[tuple[str, int]]:
        keys: list[tuple[str, int]] = []
        while True:
            self.blank()
            match = _KEY.match(self.text, self.at)
            if match is None:
                raise _LostError
            text = match[0]
            keys.append((_plain(text), match.start()))
            self.at = match.end()
            self.blank()
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def take(self, wanted: str) -> None:
        self.blank()
        if not self.text.startswith(wanted, self.at):
            raise _LostError
        self.at += len(wanted)

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at


def _plain(key: str) -> str:
    """Return a key without its quotes and escapes."""
    if key[0] not in "\"'":
        return key
    if "\\" not in key or key[0] == "'":
        return key[1:-1]
    return next(iter(tomllib.loads(f"{key} = 0")))
