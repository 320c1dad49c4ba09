"""Where does each key of a TOML text stand?

A scanner beside `tomllib`, which tells no positions; it trusts that the text is TOML
and stops where it is not.
"""

from __future__ import annotations

import re

from holdfast.cases.document import Place, place_at

__all__ = ["marks_of_toml"]

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


def marks_of_toml(text: str) -> tuple[dict[Place, Mark], list[tuple[Place, Mark]]]:
    """Return where each key and each element starts, and the repeated keys."""
    scan = _Scan(text)
    try:
        scan.document()
    except _LostError:
        return scan.found()
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

    def found(self) -> tuple[dict[Place, Mark], list[tuple[Place, Mark]]]:
        marks = {place: place_at(self.text, offset) for place, offset in self.marks.items()}
        return marks, [(place, place_at(self.text, offset)) for place, offset in self.repeats]

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
            keys.append((text[1:-1] if text[0] in "\"'" else text, match.start()))
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
