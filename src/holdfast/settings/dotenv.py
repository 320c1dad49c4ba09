"""Which variables does a `.env` file set?"""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.errors import Problem

__all__ = ["parse_dotenv", "read_dotenv"]

_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.\-]*)[ \t]*=[ \t]*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^\n]*")
_REST = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?=\n|\Z)")
_BLANK = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?:\n|\Z)")
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}

Variables = dict[str, tuple[str, int]]


def read_dotenv(path: Path, shown: str) -> tuple[Variables, list[Problem]]:
    """Read a `.env` file; return {name: (value, line)} and what is wrong. No file sets nothing."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except UnicodeDecodeError:
        return {}, [Problem(shown, 0, 0, "the file must be UTF-8")]
    except OSError as error:
        return {}, [Problem(shown, 0, 0, f"the file cannot be read: {error.strerror}")]
    return parse_dotenv(text, shown)


def parse_dotenv(text: str, shown: str = ".env") -> tuple[Variables, list[Problem]]:
    r"""Read lines of `NAME=value`, `NAME="value"`, `NAME='value'`, with comments.

    Quoted values may span lines; `\n`, `\t` and `\"` are read between double
    quotes. A later line replaces an earlier one. Nothing else is expanded.

    >>> parse_dotenv("A=1 # one")[0]
    {'A': ('1', 1)}
    """
    found: Variables = {}
    problems: list[Problem] = []
    at = 0
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        line = text.count("\n", 0, at) + 1
        name = _NAME.match(text, at)
        value, end = _value(text, name.end()) if name else (None, at)
        if name and value is not None:
            found[name[1]] = (value, line)
        else:
            # The line is not shown: it may hold a secret.
            hint = 'quote a value of several lines or with quotes: NAME="value"'
            problems.append(Problem(shown, line, 1, "a line must be NAME=value", hint))
            end = text.find("\n", at)
        at = len(text) if end < 0 else end + 1
    return found, problems


def _value(text: str, at: int) -> tuple[str | None, int]:
    """Return the value that starts at `at`, None where it does not end, and its line's end."""
    if text[at : at + 1] not in {"'", '"'}:
        bare = _BARE.match(text, at)
        raw, end = (bare[0], bare.end()) if bare else ("", at)
        return _COMMENT.sub("", raw).strip(), end
    is_single = text[at] == "'"
    quoted = (_SINGLE if is_single else _DOUBLE).match(text, at)
    rest = _REST.match(text, quoted.end()) if quoted else None
    if quoted is None or rest is None:
        return None, at
    value = quoted[1] if is_single else _ESCAPE.sub(_unescape, quoted[1])
    return value, rest.end()


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1] if match[1] in {'"', "\\", "$"} else match[0])
