"""What does a run draw on a terminal that someone watches?"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from holdfast.model.case import Case
from holdfast.model.plan import Plan
from holdfast.model.result import Result
from holdfast.model.run import RunRow
from holdfast.report.case_text import case_line
from holdfast.report.live_text import MAX_FAILURES, LiveState, live_lines
from holdfast.report.options import ReporterOptions
from holdfast.report.paint import ansi
from holdfast.report.start_text import event_text, start_text
from holdfast.report.tally_line import Progress

__all__ = ["LIVE", "LiveReporter"]


class LiveReporter:
    """Draws bars, what runs now and the last failures, a few times per second.

    A finished case only changes counters; drawing happens in a thread of its own.
    """

    def __init__(self, options: ReporterOptions) -> None:
        self._options = options
        self._paint = options.paint
        self._now = options.now
        self._state = LiveState()
        self._console = Console(
            file=options.stream,
            force_terminal=True,
            no_color=options.paint is not ansi,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._live: Live | None = None
        self._ended = threading.Event()
        self._drawing: threading.Thread | None = None
        self._broken: Exception | None = None

    def run_started(self, row: RunRow, plan: Plan) -> None:
        state = self._state
        state.progress = Progress(len(plan.cases))
        state.started_s = self._now()
        for planned in plan.cases:
            state.suites.setdefault(planned.case.suite, [0, 0, 0])[1] += 1
        self._say(start_text(row, plan, self._paint))
        self._live = Live(
            console=self._console,
            get_renderable=self._draw,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )
        self._live.start(refresh=True)
        if self._options.refreshes > 0:
            # Not rich's own thread: its end is not waited for, so that it may draw after the end.
            self._ended.clear()
            self._drawing = threading.Thread(target=self._keep_drawing, name="live", daemon=True)
            self._drawing.start()

    def case_started(self, case: Case, worker: str) -> None:
        self._state.running[case.full_id] = (worker, self._now())

    def case_finished(self, case: Case, result: Result) -> None:
        state = self._state
        state.progress.add(result)
        state.running.pop(result.full_id, None)
        suite = state.suites.get(result.suite)
        if suite is not None:
            suite[0] += 1
        if result.status not in {"passed", "skipped"}:
            if suite is not None:
                suite[2] += 1
            state.failures.append(case_line(result, self._paint, width=self._options.width // 2))
            del state.failures[:-MAX_FAILURES]

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        self._say(event_text(name, facts, self._paint))

    def run_finished(self, row: RunRow) -> None:
        self.close()

    def refresh(self) -> None:
        """Draw now."""
        if self._live is not None:
            self._live.refresh()

    def close(self) -> None:
        """Remove the view and give the terminal back; may be called more than once."""
        self._ended.set()
        if self._drawing is not None:
            self._drawing.join()
            self._drawing = None
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()
        if self._broken is not None:
            error, self._broken = self._broken, None
            self.event("live view broke", {type(error).__name__: error})

    def _keep_drawing(self) -> None:
        while not self._ended.wait(1 / self._options.refreshes):
            try:
                self.refresh()
            except Exception as error:  # noqa: BLE001 - the terminal is gone; told at the end, if it can be
                self._broken = error
                return

    def _say(self, text: str) -> None:
        self._console.print(Text.from_ansi(text), soft_wrap=True)

    def _draw(self) -> Text:
        try:
            lines = live_lines(
                self._state,
                self._options.doing(),
                self._options.used(),
                now_s=self._now(),
                width=self._console.width,
                paint=self._paint,
            )
        except Exception as error:  # noqa: BLE001 - told at the end: a view never ends a run
            self._broken = error
            lines = []
        text = Text.from_ansi("\n".join(lines))
        text.no_wrap = True
        text.overflow = "ellipsis"
        return text


LIVE = LiveReporter
