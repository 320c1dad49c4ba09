"""How is a run shown on a page? One file that needs no network, and JavaScript for zooming alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jinja2

from holdfast.model.evidence import Series
from holdfast.model.finding import Finding
from holdfast.model.result import Result
from holdfast.model.run import Counts, RunRow
from holdfast.model.summary import Entry, headline
from holdfast.ports import PlannedRow
from holdfast.report.case_text import finding_lines, reproduce, told_once
from holdfast.report.clean import clean, clean_lines
from holdfast.report.every_result import every_result
from holdfast.report.figure_page import FigurePage, figure_page, script_source
from holdfast.report.figure_view import figure_view
from holdfast.report.files import written_whole
from holdfast.report.paint import plain
from holdfast.report.schedule_text import time_facts
from holdfast.report.source import ReportSource
from holdfast.report.summary_text import deselected_text
from holdfast.report.usage_text import (
    COLUMNS,
    MACHINE,
    process_cells,
    unusual_sentence,
    watched_facts,
)
from holdfast.report.view import view
from holdfast.text.format import format_duration, format_share

__all__ = ["FILE_NAME", "REPORT", "HtmlReport"]

FILE_NAME = "report.html"
# A page of 10,000 rows is slow in every browser; report.json has them all.
MAX_ROWS = 2_000
# Values in the page are text for people; the whole is in report.json.
MAX_TEXT = 20_000

TEMPLATES = Path(__file__).parent / "templates"


class HtmlReport:
    """Writes `report.html`; what did not pass comes first."""

    def write(self, source: ReportSource, directory: Path) -> Path:
        """Write the report.

        Raises:
            holdfast.errors.InternalError: a finished run's results are not all there.
        """
        path = directory / FILE_NAME
        series = source.series()
        shown = view(source.row, source.summary, series)
        told: dict[str, Any] = {
            "shown": shown,
            "row": shown.row,
            "counts": shown.counts,
            "summary": shown.summary,
            "word": "interrupted" if shown.exit_code == 130 else shown.verdict,
            "statuses": _statuses(shown.counts),
            "facts": _run_facts(shown.row),
            "times": time_facts(shown.row.schedule),
            "figure": _figure(source, series),
            "script_source": script_source(),
            "memory_columns": COLUMNS,
            "memory_facts": watched_facts(shown.usage),
            "machine": MACHINE,
            "deselected": deselected_text(shown.row.deselected),
            "rows": _Rows(
                every_result(source, shown), _told(shown.summary.failed, shown.summary.undecided)
            ),
            "max_rows": MAX_ROWS,
            "reproduce": partial(_reproduce, seed=shown.row.seed),
        }
        template = _environment().get_template("report.html.j2")
        with written_whole(path) as file:
            for chunk in template.generate(told):
                file.write(chunk.encode("utf-8", "backslashreplace"))
        return path


def _figure(source: ReportSource, series: Mapping[str, Series]) -> FigurePage | None:
    found = figure_view(series, (result for _, result in source.results()))
    return figure_page(found) if found is not None else None


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(
        duration=format_duration,
        share=format_share,
        count="{:,}".format,
        reason=headline,
        finding=_finding,
        lines=_lines,
        word=clean,
        unusual=unusual_sentence,
    )
    cells: Any = {"told": told_once, "process": process_cells}
    environment.filters.update(cells)
    return environment


def _finalize(value: Any) -> Any:
    """Clean every text that is put into the page; what is marked as markup stays."""
    return clean_lines(str(value)) if type(value) is str else value


def _reproduce(entry: Entry, seed: int) -> str:
    return reproduce(entry.result.full_id, seed, source=entry.source)


def _lines(text: str) -> str:
    return _cut(clean_lines(text))


def _finding(finding: Finding) -> str:
    return _cut("\n".join(finding_lines(finding, plain)))


def _told(*lists: tuple[Entry, ...]) -> frozenset[str]:
    """Return the ids of the cases that are told in full above the list."""
    return frozenset(entry.result.full_id for entries in lists for entry in entries)


class _Rows:
    """The first of the remaining results; all are read, so that they are counted."""

    def __init__(self, results: Iterator[tuple[PlannedRow, Result]], told: frozenset[str]) -> None:
        self._results = results
        self._told = told
        self.left_out = 0

    def __iter__(self) -> Iterator[tuple[PlannedRow, Result]]:
        given = 0
        for row, result in self._results:
            if self._told and result.full_id in self._told:
                continue
            if given < MAX_ROWS:
                given += 1
                yield row, result
            else:
                self.left_out += 1


def _statuses(counts: Counts) -> list[tuple[str, int]]:
    words = ("passed", "failed", "error", "undecided", "skipped", "flaky", "cached", "assumed")
    return [(word, getattr(counts, word)) for word in words]


def _run_facts(row: RunRow) -> list[tuple[str, str]]:
    facts = [("run", row.id), ("seed", str(row.seed)), ("started", row.started)]
    if row.finished:
        facts += [("finished", row.finished), ("duration", format_duration(row.duration_s))]
    if row.commit:
        facts.append(("commit", f"{row.commit}{' with changes' if row.dirty else ''}"))
    if row.segments > 1:
        facts.append(("resumed", f"{row.segments - 1} x"))
    if row.stopped:
        facts.append(("stopped", row.stopped))
    return facts + [(name, str(value)) for name, value in row.environment.items()]


def _cut(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]}\n[cut; {len(text):,} characters in all]"


REPORT = HtmlReport()
