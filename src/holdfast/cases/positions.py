"""At which line and column does a key of a case file stand?

Asked only when something is wrong, so that a good file is never scanned for it.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterable

import msgspec

from holdfast.cases.document import Place, Source
from holdfast.cases.read_json import blank
from holdfast.cases.read_yaml import compose, marks_of
from holdfast.text.toml_places import places_of_toml

__all__ = ["Located", "locate"]

Mark = tuple[int, int]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """Where the wanted keys and elements start, and every repeated key."""

    marks: dict[Place, Mark]
    repeats: list[tuple[Place, Mark]] = []

    def of(self, place: Place) -> Mark:
        """Return line and column of a place, or of the nearest one around it."""
        while place:
            if place in self.marks:
                return self.marks[place]
            place = place[:-1]
        return (1, 1)


def locate(source: Source, wanted: Iterable[Place]) -> Located:
    """Find the places of a text that was read before; a list at its top counts as `cases`."""
    if source.format == "json":
        around = {place[:end] for place in wanted for end in range(len(place) + 1)}
        return _JsonScan(blank(source.text), around).run()
    if source.format == "toml":
        found = places_of_toml(source.text)
        return Located(marks=found.marks, repeats=found.repeats)
    marks, repeats = marks_of(compose(source))
    if marks and all(isinstance(place[0], int) for place in marks):
        marks = {("cases", *place): mark for place, mark in marks.items()}
    return Located(marks=marks, repeats=repeats)


class _JsonScan:
    """Goes over the tokens of a JSON text once; only wanted places are kept."""

    def __init__(self, text: str, wanted: set[Place]) -> None:
        self.text = text
        self.wanted = wanted
        self.offsets: dict[Place, int] = {}
        self.repeats: list[tuple[Place, int]] = []
        self.place: list[str | int] = []
        # For every open object the keys seen so far, for every open list None.
        self.opened: list[set[str] | None] = []
        self.is_key = False

    def run(self) -> Located:
        for match in _TOKEN.finditer(self.text):
            self.token(match[0], match.start())
        lines = [match.end() for match in re.finditer("\n", self.text)]
        marks = {place: _mark(lines, offset) for place, offset in self.offsets.items()}
        return Located(
            marks=marks, repeats=[(place, _mark(lines, offset)) for place, offset in self.repeats]
        )

    def token(self, token: str, offset: int) -> None:
        inside = self.opened[-1] if self.opened else None
        start = token[0]
        if start == '"' and self.is_key and inside is not None:
            self.key(json.loads(token), inside, offset)
        elif start == ",":
            self.comma(is_list=inside is None)
        elif start in "}]":
            if inside is None or not self.is_key:
                self.place.pop()
            self.opened.pop()
            self.is_key = False
        elif start != ":":
            self.value(start, offset, is_item=bool(self.opened) and inside is None)

    def key(self, key: str, inside: set[str], offset: int) -> None:
        self.place.append(key)
        place = tuple(self.place)
        if key in inside:
            self.repeats.append((place, offset))
        elif place in self.wanted:
            self.offsets.setdefault(place, offset)
        inside.add(key)
        self.is_key = False

    def comma(self, *, is_list: bool) -> None:
        last = self.place.pop()
        if is_list:
            self.place.append(int(last) + 1)
        self.is_key = not is_list

    def value(self, start: str, offset: int, *, is_item: bool) -> None:
        if is_item and (place := tuple(self.place)) in self.wanted:
            self.offsets.setdefault(place, offset)
        if start == "{":
            self.opened.append(set())
            self.is_key = True
        elif start == "[":
            self.place += [0] if self.opened else ["cases", 0]
            self.opened.append(None)


def _mark(lines: list[int], offset: int) -> Mark:
    line = bisect.bisect_right(lines, offset)
    return line + 1, offset - (lines[line - 1] if line else 0) + 1
