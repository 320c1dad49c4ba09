"""How is a run written for machines? `report.json`, streamed result by result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from holdfast.model.codec import to_plain
from holdfast.model.result import Result
from holdfast.ports import PlannedRow
from holdfast.report.every_result import every_result
from holdfast.report.files import written_whole
from holdfast.report.record import head, result_record
from holdfast.report.source import ReportSource
from holdfast.report.view import view

__all__ = ["FILE_NAME", "REPORT", "JsonReport"]

FILE_NAME = "report.json"

_encode = msgspec.json.Encoder().encode


class JsonReport:
    """Writes `report.json`; no more than one result is held at a time."""

    def write(self, source: ReportSource, directory: Path) -> Path:
        """Write the report.

        Raises:
            holdfast.errors.InternalError: a finished run's results are not all there.
        """
        path = directory / FILE_NAME
        shown = view(source.row, source.summary, source.series())
        with written_whole(path) as file:
            # The head is an object without its closing brace; the results follow as its last key.
            file.write(_bytes(head(shown))[:-1] + b',"results":[')
            _write_results(file, every_result(source, shown))
            file.write(b"\n]}\n")
        return path


def _write_results(file: BinaryIO, results: Iterator[tuple[PlannedRow, Result]]) -> None:
    separator = b"\n"
    for row, result in results:
        file.write(separator + _bytes(result_record(row, result)))
        separator = b",\n"


def _bytes(value: Any) -> bytes:
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError):
        # Half a surrogate pair, or an integer over 64 bits, must not cost the whole report.
        return _encode(to_plain(msgspec.to_builtins(value)).plain)


REPORT = JsonReport()
