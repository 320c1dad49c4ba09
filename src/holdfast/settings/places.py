"""Where in a TOML text does each key stand?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from holdfast.settings.check import Place

__all__ = ["Spot", "key_places"]

Spot = tuple[int, int]

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'", re.DOTALL
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_\-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")


def key_places(text: str) -> dict[Place, Spot]:
    r"""Map the way to every key and element of a valid TOML text to its line and column, from 1.

    A key that is written in several places keeps the first.

    >>> key_places("[a]\nb = [1, {c = 2}]")[("a", "b", 1, "c")]
    (2, 10)
    """
    return _Scanner(text).scan()


class _Scanner:
    """Walks over a text that tomllib has accepted, so that nothing is checked again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Place, Spot] = {}
        self.tables: dict[Place, int] = {}

    def scan(self) -> dict[Place, Spot]:
        table: Place = ()
        while not self.ends():
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
        return self.found

    def ends(self) -> bool:
        self.skip(_GAP)
        return self.at >= len(self.text)

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at + 1
        return match[0] if match else ""

    def header(self) -> Place:
        """Read `[a.b]` or `[[a.b]]`; each of the latter is one more element."""
        is_list = self.text.startswith("[[", self.at)
        self.at += 2 if is_list else 1
        place = self.keys(())
        self.at = self.text.index("]", self.at) + (2 if is_list else 1)
        if not is_list:
            return place
        index = self.tables[place] = self.tables.get(place, -1) + 1
        self.found.setdefault((*place, index), self.found[place])
        return (*place, index)

    def keys(self, place: Place) -> Place:
        """Read `a."b".c` and note where each part stands."""
        while True:
            self.skip(_GAP)
            start = self.at
            is_quoted = self.text[self.at] in "\"'"
            raw = self.skip(_STRING if is_quoted else _BARE_KEY)
            place = (*place, next(iter(tomllib.loads(f"{raw} = 0"))) if is_quoted else raw)
            self.found.setdefault(place, self.spot(start))
            place = self.element(place, is_last=not _DOT.match(self.text, self.at))
            if not _DOT.match(self.text, self.at):
                return place
            self.skip(_DOT)

    def element(self, place: Place, *, is_last: bool) -> Place:
        """Go into the newest element where a key on the way names a list of tables."""
        is_inside = not is_last and place in self.tables
        return (*place, self.tables[place]) if is_inside else place

    def pair(self, table: Place) -> None:
        place = self.keys(table)
        self.at = self.text.index("=", self.at) + 1
        self.value(place)

    def value(self, place: Place) -> None:
        self.skip(_GAP)
        char = self.text[self.at]
        if char == "[":
            for index in self.items("]"):
                self.found[*place, index] = self.spot(self.at)
                self.value((*place, index))
        elif char == "{":
            for _ in self.items("}"):
                self.pair(place)
        else:
            self.skip(_STRING if char in "\"'" else _SCALAR)

    def items(self, closing: str) -> Iterator[int]:
        """Stop at each item up to the closing bracket."""
        self.at += 1
        index = 0
        while True:
            self.skip(_GAP)
            if self.text[self.at] == closing:
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            yield index
            index += 1

    def spot(self, at: int) -> Spot:
        return self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)
