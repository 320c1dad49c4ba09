"""Which settings file holds for a folder, and what does it say?"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from holdfast.errors import Problem
from holdfast.settings.check import Fault, Place
from holdfast.text.toml_places import places_of_toml

__all__ = ["NAME", "SettingsFile", "find_file"]

NAME = "holdfast.toml"
SHARED = "pyproject.toml"
_PREFIX: Place = ("tool", "holdfast")
_SAID = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)\Z", re.DOTALL)
_TABLE = re.compile(r"^[ \t]*\[+[ \t]*tool[ \t]*\.[ \t]*[\"']?holdfast\b", re.MULTILINE)


class SettingsFile:
    """A settings file that was read: its data, and where each key stands.

    `problems` says why it could not be read; then `data` is empty.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.shown = shown
        self.problems: tuple[Problem, ...] = ()
        self._prefix: Place = _PREFIX if path.name == SHARED else ()
        self._text = self._read()
        self._places: dict[Place, tuple[int, int]] = {}
        self.data: dict[str, Any] = {}
        whole = self._parse()
        for part in self._prefix:
            inner = whole.get(str(part), {})
            if not isinstance(inner, dict):
                message = f"{part} must be a table, got {inner!r}"
                self.problems = (Problem(shown, *self.spot(()), message),)
                return
            whole = cast("dict[str, Any]", inner)
        self.data = whole

    @property
    def has_settings(self) -> bool:
        """Say whether the file is about holdfast at all, readable or not."""
        return not self._prefix or bool(self.data) or bool(_TABLE.search(self._text))

    def spot(self, place: Place) -> tuple[int, int]:
        """Return line and column of a key, or of the nearest one around it."""
        way = (*self._prefix, *place)
        while way and way not in self._places:
            way = way[:-1]
        return self._places.get(way, (0, 0))

    def problem(self, fault: Fault) -> Problem:
        """Give a fault its place in the file."""
        return Problem(self.shown, *self.spot(fault.place), fault.message, fault.hint)

    def _read(self) -> str:
        try:
            # As tomllib.load does it; a byte order mark is not TOML, but editors write it.
            return self.path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            self._refuse(error.object[: error.start].count(b"\n") + 1, 0, "the file must be UTF-8")
        except OSError as error:
            self._refuse(0, 0, f"the file cannot be read: {error.strerror}")
        return ""

    def _parse(self) -> dict[str, Any]:
        try:
            data = tomllib.loads(self._text)
            self._places = places_of_toml(self._text).marks
            return data
        except tomllib.TOMLDecodeError as error:
            said = _SAID.match(str(error))
            message = said[1] if said else str(error)
            line, column = self._text.rstrip().count("\n") + 1, 0
            if said and said[2]:
                line, column = int(said[2]), int(said[3])
            self._refuse(line, column, f"the text must be TOML: {message[:1].lower()}{message[1:]}")
        except RecursionError:
            self._refuse(0, 0, "values must not be nested this deeply")
        return {}

    def _refuse(self, line: int, column: int, message: str) -> None:
        self.problems = (Problem(self.shown, line, column, message),)


def find_file(folders: Sequence[Path], cwd: Path) -> SettingsFile | None:
    """Return the first settings file of these folders: holdfast.toml before pyproject.toml.

    A pyproject.toml without `[tool.holdfast]` is passed by.
    """
    for folder in folders:
        for name in (NAME, SHARED):
            path = folder / name
            if path.is_file():
                file = SettingsFile(path, os.path.relpath(path, cwd))
                if file.has_settings:
                    return file
    return None
