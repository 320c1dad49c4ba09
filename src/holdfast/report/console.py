"""What does a run write to a console that is no live view? The only printing besides the commands'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from holdfast.model.case import Case
from holdfast.model.plan import Plan
from holdfast.model.result import Result
from holdfast.model.run import RunRow
from holdfast.report.case_text import case_line
from holdfast.report.options import ReporterOptions
from holdfast.report.start_text import event_text, start_text
from holdfast.report.summary_text import summary_text
from holdfast.report.tally_line import Progress, progress_line
from holdfast.report.view import RunView

__all__ = ["PLAIN", "QUIET", "PlainReporter", "QuietReporter", "write_line", "write_summary"]

# Often enough to see that it lives, rare enough for a log that is kept.
PROGRESS_EVERY_S = 5.0
SHOWN_AS_THEY_COME = frozenset({"failed", "error", "undecided"})
# Beyond this many, failures are counted in the progress line and told at the end.
MAX_AS_THEY_COME = 50


class PlainReporter:
    """Writes lines: failures as they come, and now and then how far the run is.

    With `verbose` every finished case has its line instead; without `progress`
    nothing but those lines is written.
    """

    def __init__(self, options: ReporterOptions) -> None:
        self._options = options
        self._progress = Progress()
        self._started_s = self._said_s = options.now()
        self._told = 0

    def run_started(self, row: RunRow, plan: Plan) -> None:
        self._progress = Progress(len(plan.cases))
        self._started_s = self._said_s = self._options.now()
        if self._options.progress:
            self._write(start_text(row, plan, self._options.paint))

    def case_started(self, case: Case, worker: str) -> None:
        """Nothing is said: lines are for what is settled."""

    def case_finished(self, case: Case, result: Result) -> None:
        options = self._options
        self._progress.add(result)
        if options.verbose:
            self._write(case_line(result, options.paint))
            return
        if not options.progress:
            return
        if result.status in SHOWN_AS_THEY_COME and self._told < MAX_AS_THEY_COME:
            self._told += 1
            self._write(case_line(result, options.paint, width=options.width))
        now_s = options.now()
        if now_s - self._said_s >= PROGRESS_EVERY_S:
            self._said_s = now_s
            self._write(progress_line(self._progress, now_s - self._started_s, options.paint))

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        if self._options.progress:
            self._write(event_text(name, facts, self._options.paint))

    def run_finished(self, row: RunRow) -> None:
        self.close()

    def close(self) -> None:
        """End what is drawn; may be called more than once."""

    def _write(self, text: str) -> None:
        write_line(self._options.stream, text)


class QuietReporter:
    """Writes nothing while the run goes on."""

    def __init__(self, options: ReporterOptions) -> None:
        del options

    def run_started(self, row: RunRow, plan: Plan) -> None:
        """Nothing is said."""

    def case_started(self, case: Case, worker: str) -> None:
        """Nothing is said."""

    def case_finished(self, case: Case, result: Result) -> None:
        """Nothing is said."""

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        """Nothing is said."""

    def run_finished(self, row: RunRow) -> None:
        """Nothing is said."""

    def close(self) -> None:
        """Nothing is drawn."""


def write_summary(
    options: ReporterOptions, shown: RunView, *, durations: int = 0, reports: Sequence[str] = ()
) -> None:
    """Write the text at the end of a run."""
    text = summary_text(
        shown, width=options.width, paint=options.paint, durations=durations, reports=reports
    )
    write_line(options.stream, text.rstrip("\n"))


def write_line(stream: TextIO, text: str) -> None:
    """Write a text and its line end; what the stream cannot encode is written as an escape."""
    try:
        print(text, file=stream, flush=True)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


PLAIN = PlainReporter
QUIET = QuietReporter
