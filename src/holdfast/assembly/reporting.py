"""How does a stored run become what its reports are made from, and where are they written?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.analyse.summary import summarise
from holdfast.assembly.request import Workplace
from holdfast.model.run import RunRow
from holdfast.model.summary import Summary
from holdfast.ports import Store
from holdfast.report.source import ReportSource

__all__ = ["report_source", "source_of", "write_reports"]


def report_source(row: RunRow, store: Store) -> ReportSource:
    """Return a stored run as its reports need it."""
    return source_of(row, store, summarise(store.planned(row.id), store.results(row.id)))


def source_of(row: RunRow, store: Store, summary: Summary) -> ReportSource:
    """Return a run whose results were counted already."""
    return ReportSource(
        row=row,
        summary=summary,
        results=lambda: store.results(row.id),
        series=lambda: store.series(row.id),
    )


def write_reports(
    source: ReportSource, formats: Sequence[str], directory: Path, place: Workplace
) -> tuple[Path, ...]:
    """Write the reports of a run; return their paths."""
    load = place.registry.load
    return tuple(load("report", name).write(source, directory) for name in formats)
