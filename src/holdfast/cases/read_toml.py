"""Which plain data does TOML hold?"""

from __future__ import annotations

import datetime
import math
import re
import tomllib
from collections.abc import Iterator
from typing import Any, cast

from holdfast.cases.document import Fault, Place, RawCase, Source
from holdfast.errors import Problem, ProblemsError
from holdfast.text.toml_places import places_of_toml

__all__ = ["TomlDocument"]

_WHERE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)\Z")
_REPEATED = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate")


class TomlDocument:
    """A TOML file. Dates and times become their ISO text, as they are in the other formats.

    Raises:
        ProblemsError: the text is no TOML.
    """

    def __init__(self, source: Source) -> None:
        self.late: dict[str, Any] = {}
        self.notes: list[tuple[int, str]] = []
        self.faults: list[Fault] = []
        self._source = source
        try:
            tree = tomllib.loads(source.text)
        except tomllib.TOMLDecodeError as error:
            raise ProblemsError(_problems(source, str(error))) from None
        except RecursionError:
            message = "values must not be nested this deeply"
            raise ProblemsError([Problem(source.path, 0, 0, message)]) from None
        cases: Any = tree.pop("cases", None)
        self.has_cases = isinstance(cases, list)
        self._cases: list[Any] = cast("list[Any]", cases) if self.has_cases else []
        if cases is not None and not self.has_cases:
            tree["cases"] = cases
        self.head: dict[str, Any] = self._plain(tree, ())

    @property
    def has_repeats(self) -> bool:
        """Never: the parser refuses a repeated key."""
        return False

    def cases(self) -> Iterator[RawCase]:
        """Give every element of `cases` with its line; each call starts anew."""
        marks = places_of_toml(self._source.text).marks
        for index, case in enumerate(self._cases):
            place: Place = ("cases", index)
            yield self._plain(case, place), marks.get(place, (0, 0))[0]

    def _plain(self, value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            items = cast("dict[str, Any]", value).items()
            return {key: self._plain(item, (*place, key)) for key, item in items}
        if isinstance(value, list):
            items = enumerate(cast("list[Any]", value))
            return [self._plain(item, (*place, index)) for index, item in items]
        if isinstance(value, (datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, float) and not math.isfinite(value):
            self.faults.append(Fault(place, f"a number must be finite, got {value}"))
        elif isinstance(value, int) and not -(2**63) <= value < 2**64:
            hint = "quote it to keep it as text"
            self.faults.append(Fault(place, "a number must fit 64 bits, got a longer one", hint))
        return value


def _problems(source: Source, said: str) -> list[Problem]:
    if said.startswith(_REPEATED):
        repeats = places_of_toml(source.text).repeats
        if repeats:
            return [
                Problem(
                    source.path,
                    line,
                    column,
                    f"the key {str(place[-1])!r} must be given once, got it again",
                )
                for place, (line, column) in repeats
            ]
    match = _WHERE.search(said)
    line, column = 0, 0
    if match and match["line"]:
        line, column = int(match["line"]), int(match["column"])
    elif match:
        line = source.text.count("\n") + 1
    text = _WHERE.sub("", said)
    return [
        Problem(source.path, line, column, f"the text must be TOML: {text[:1].lower()}{text[1:]}")
    ]
