"""What is a report made from, and what is a report?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from holdfast.model.evidence import Series
from holdfast.model.result import Result
from holdfast.model.run import RunRow
from holdfast.model.summary import Summary
from holdfast.ports import PlannedRow

__all__ = ["Report", "ReportSource"]


def _nothing() -> Mapping[str, Series]:
    return {}


class ReportSource(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its reports need it.

    `summary` counts the same results that `results` streams; `results` may be
    called more than once and is never held as a whole. `series` reads what was watched
    of the run.
    """

    row: RunRow
    summary: Summary
    results: Callable[[], Iterator[tuple[PlannedRow, Result]]]
    series: Callable[[], Mapping[str, Series]] = _nothing


class Report(Protocol):
    """Writes a run in one form; the file is whole or not there."""

    def write(self, source: ReportSource, directory: Path) -> Path:
        """Write the report into a directory, which is made where it is missing; return its path."""
        ...
