"""Which plain data does JSON with comments and trailing commas hold?"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from holdfast.cases.document import Fault, RawCase, Source, broken

__all__ = ["JsonDocument", "blank", "decode_json"]

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = r'"(?:[^"\\\n]|\\.)*"'
_COMMENT = re.compile(rf"{_STRING}|//[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_COMMA = re.compile(rf"{_STRING}|,(?=[ \t\n\r]*[}}\]])")
_NOT_NEWLINE = re.compile(r"[^\n]")
_TEXT = re.compile(_STRING)
_NUMBER = re.compile(rf"{_STRING}|(?P<found>[-+.\w]+)")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# What follows a case in the usual file: a comma and the next object.
_NEXT = re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?=\{)")
MAX_INT, MIN_INT = 2**64, -(2**63)


class _NumberError(ValueError):
    """A number cannot be stored: NaN, infinite, or longer than 64 bits; the text is its argument."""


class JsonDocument:
    """A JSON file whose cases are decoded one by one, so that the raw tree is never held.

    Raises:
        ProblemsError: the text is no JSON; by the constructor or while cases are read.
    """

    def __init__(self, source: Source) -> None:
        self.head: dict[str, Any] = {}
        self.late: dict[str, Any] = {}
        self.notes: list[tuple[int, str]] = []
        self.faults: list[Fault] = []
        self.has_cases = False
        self._reader = reader = _Reader(source)
        self._is_list = False
        self._start = 0
        start = reader.skip(0)
        match reader.char(start):
            case "[":
                self.has_cases = self._is_list = True
                self._start = start
            case "{":
                end = self._keys(reader.skip(start + 1), self.head, stop_at_cases=True)
                if not self.has_cases:
                    reader.end(end)
            case _:
                reader.value(start)
                hint = 'write {"cases": [...]} or a list of cases'
                message = "a case file must be an object or a list"
                raise broken(source, message, offset=start, hint=hint)

    @property
    def has_repeats(self) -> bool:
        """Whether some object has a key twice; the position scanner tells which."""
        return self._reader.has_repeats

    def cases(self) -> Iterator[RawCase]:
        """Give every element of `cases` with its line; each call starts anew."""
        if not self.has_cases:
            return
        reader = self._reader
        at = reader.skip(self._start + 1)
        line, last = 1, 0
        while reader.char(at) != "]":
            value, end = reader.value(at)
            line += reader.text.count("\n", last, at)
            last = at
            yield value, line
            usual = _NEXT.match(reader.text, end)
            at = usual.end() if usual else self._after_item(reader.skip(end))
        at = reader.skip(at + 1)
        if not self._is_list:
            at = self._after_value(at)
            self.late = {}
            at = self._keys(at, self.late, stop_at_cases=False)
        reader.end(at)

    def _keys(self, at: int, into: dict[str, Any], *, stop_at_cases: bool) -> int:
        """Read `"key": value` until the closing brace, or up to the list of cases."""
        reader = self._reader
        while reader.char(at) != "}":
            if reader.char(at) != '"':
                raise reader.unexpected("an object", "a key in \"double quotes\" or '}'", at)
            key, end = reader.value(at)
            at = reader.skip(end)
            if reader.char(at) != ":":
                raise reader.unexpected("a key", "':'", at)
            at = reader.skip(at + 1)
            if key == "cases" and stop_at_cases and reader.char(at) == "[":
                self.has_cases, self._start = True, at
                return at
            value, end = reader.value(at)
            is_again = key in into or key in self.head or (key == "cases" and self.has_cases)
            reader.has_repeats |= is_again
            into[key] = value
            at = self._after_value(reader.skip(end))
        return at + 1

    def _after_item(self, at: int) -> int:
        reader = self._reader
        if reader.char(at) == ",":
            return reader.skip(at + 1)
        if reader.char(at) != "]":
            raise reader.unexpected("a list", "',' or ']'", at)
        return at

    def _after_value(self, at: int) -> int:
        reader = self._reader
        if reader.char(at) == ",":
            return reader.skip(at + 1)
        if reader.char(at) != "}":
            raise reader.unexpected("an object", "',' or '}'", at)
        return at


class _Reader:
    """A text with a decoder; comments are blanked when the first one is met."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.has_repeats = False
        self._is_blank = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=_refuse,
            parse_int=_whole,
            parse_float=_real,
        )
        if "\\u" in self.text and _HALF.search(self.text):
            _check_halves(source)

    def char(self, at: int) -> str:
        return self.text[at : at + 1]

    def skip(self, at: int) -> int:
        """Return where the next thing starts that is neither space nor comment."""
        at = _end_of_space(self.text, at)
        if not self._is_blank and self.text[at : at + 1] in {"/", "#"}:
            self._blank()
            return _end_of_space(self.text, at)
        return at

    def value(self, at: int) -> tuple[Any, int]:
        """Decode the value at `at`; return it and where it ends."""
        try:
            return self._decoder.raw_decode(self.text, at)
        except _NumberError as error:
            (text,) = error.args
            found = (m.start() for m in _NUMBER.finditer(self.text, at) if m["found"] == text)
            message = f"a number must be finite and fit 64 bits, got {text[:30]}"
            raise broken(self.source, message, offset=next(found, at)) from None
        except RecursionError:
            message = "values must not be nested this deeply"
            raise broken(self.source, message, offset=at) from None
        except json.JSONDecodeError as error:
            if not self._is_blank:
                self._blank()
                return self.value(at)
            raise broken(self.source, _said(error.msg), offset=error.pos) from None

    def end(self, at: int) -> None:
        """Refuse text after the end."""
        at = self.skip(at)
        if at < len(self.text):
            raise self.unexpected("the text", "end here", at)

    def unexpected(self, what: str, expected: str, at: int) -> Exception:
        """Return the error for a character that cannot stand where it stands."""
        if at >= len(self.text):
            message = f"{what} must go on with {expected}, got the end of the file"
            hint = "the file seems to be cut off"
            return broken(self.source, message, offset=len(self.text.rstrip()), hint=hint)
        return broken(
            self.source, f"{what} must go on with {expected}, got {self.char(at)!r}", offset=at
        )

    def _blank(self) -> None:
        self.text = blank(self.text)
        self._is_blank = True

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) != len(pairs):
            self.has_repeats = True
        return out


def blank(text: str) -> str:
    """Replace comments and trailing commas by spaces, so that every position stays.

    >>> blank("[1, // one")
    '[1,       '
    """
    bare = _COMMENT.sub(_spaces, text)
    return _COMMA.sub(_spaces, bare)


def decode_json(source: Source) -> Any:
    """Decode a whole text that is no case file.

    Raises:
        ProblemsError: it is no JSON.
    """
    reader = _Reader(source)
    value, end = reader.value(reader.skip(0))
    reader.end(end)
    return value


def _end_of_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _spaces(match: re.Match[str]) -> str:
    text = match[0]
    return text if text[0] == '"' else _NOT_NEWLINE.sub(" ", text)


def _refuse(constant: str) -> Any:
    raise _NumberError(constant)


def _whole(text: str) -> int:
    # Beyond 30 digits it does not fit, and int() may refuse it.
    number = int(text) if len(text) < 30 else MAX_INT
    if not MIN_INT <= number < MAX_INT:
        raise _NumberError(text)
    return number


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NumberError(text)
    return number


def _said(message: str) -> str:
    return f"the text must be JSON: {message[:1].lower()}{message[1:]}"


def _check_halves(source: Source) -> None:
    """Refuse halves of surrogate pairs: such a text can be neither stored nor shown."""
    for match in _TEXT.finditer(source.text):
        if "\\u" not in match[0]:
            continue
        try:
            text: str = json.loads(match[0], strict=False)
        except json.JSONDecodeError:
            # The decoder says so, with the place inside the string.
            continue
        try:
            text.encode()
        except UnicodeEncodeError:
            message = "a string must not hold half of a surrogate pair"
            raise broken(source, message, offset=match.start()) from None
