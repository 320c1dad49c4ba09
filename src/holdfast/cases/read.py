"""How does a file become plain data: JSON with comments, YAML 1.2, TOML, CSV?"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

from holdfast.cases.document import Document, Format, Source, format_of
from holdfast.errors import Problem, ProblemsError
from holdfast.registry import load_place
from holdfast.text.suggest import did_you_mean

__all__ = ["looks_like_cases", "open_document", "read_plain", "read_rows", "read_source"]

# By name: who writes JSON need not wait for a YAML library.
_DOCUMENTS: dict[Format, str] = {
    "json": "holdfast.cases.read_json:JsonDocument",
    "yaml": "holdfast.cases.read_yaml:YamlDocument",
    "toml": "holdfast.cases.read_toml:TomlDocument",
}
# `cases` or `suite` at the top level, in any of the formats.
_TOP_LEVEL = re.compile(
    r"""^(?:(?:cases|suite|"cases"|"suite"|'cases'|'suite')[ \t]*[:=]|\[\[[ \t]*cases[ \t]*\]\]"""
    r"""|[ \t]*\{?[ \t]*"(?:cases|suite)"[ \t]*:)""",
    re.MULTILINE,
)


def read_source(path: Path, shown: str) -> Source:
    """Read a text file; `shown` is how messages name it.

    Raises:
        ProblemsError: it cannot be read, or is no UTF-8 text.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ProblemsError([_missing(path, shown)]) from None
    except OSError as error:
        message = f"the file must be readable, got {error.strerror}"
        raise ProblemsError([Problem(shown, 0, 0, message)]) from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = "the file must be UTF-8, got UTF-16"
        raise ProblemsError([Problem(shown, 0, 0, message, "save it as UTF-8")])
    if b"\0" in data:
        message = "the file must be text, got binary data"
        raise ProblemsError(
            [Problem(shown, data.count(b"\n", 0, data.index(b"\0")) + 1, 0, message)]
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        message = f"the file must be UTF-8, got the byte 0x{data[error.start]:02x}"
        raise ProblemsError([Problem(shown, line, column, message, "save it as UTF-8")]) from None
    if not text.strip():
        raise ProblemsError(
            [Problem(shown, 0, 0, "a case file must hold cases, got an empty file")]
        )
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Source(path=shown, text=text, format=format_of(path.name) or "yaml")


def open_document(source: Source) -> Document:
    """Open a case file for reading.

    Raises:
        ProblemsError: its text cannot be read.
    """
    document: Document = load_place(_DOCUMENTS[source.format])(source)
    return document


def looks_like_cases(source: Source) -> bool:
    """Tell whether a text has `cases` or `suite` at its top level, also where it is broken."""
    return _TOP_LEVEL.search(source.text) is not None


def read_plain(path: Path) -> Any:
    """Read the plain data of a JSON or YAML file.

    Raises:
        ProblemsError: it cannot be read.
    """
    source = read_source(path, path.name)
    decoder = "read_json:decode_json" if source.format == "json" else "read_yaml:decode_yaml"
    return load_place(f"holdfast.cases.{decoder}")(source)


def read_rows(path: Path) -> Any:
    """Read the rows of `foreach: {file: PATH}`: a list of objects in JSON or YAML, or a CSV.

    Raises:
        ProblemsError: it cannot be read.
    """
    if path.suffix.lower() != ".csv":
        return read_plain(path)
    text = read_source(path, path.name).text
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        rows: list[dict[Any, Any]] = list(reader)
    except csv.Error as error:
        raise ProblemsError(
            [Problem(path.name, reader.line_num, 0, f"the text must be CSV: {error}")]
        ) from None
    for index, row in enumerate(rows):
        if None in row or None in row.values():
            message = f"a row must have {len(reader.fieldnames or ())} values"
            raise ProblemsError([Problem(path.name, index + 2, 0, message)])
    return rows


def _missing(path: Path, shown: str) -> Problem:
    try:
        names = [each.name for each in path.parent.iterdir()]
    except OSError:
        names = []
    return Problem(shown, 0, 0, f"no such file or folder{did_you_mean(path.name, names)}")
