from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterator
from typing import Any, TextIO

import pytest

from holdfast.report.live import LiveReporter
from holdfast.report.options import ReporterOptions
from holdfast.report.paint import ansi, plain
from tests.unit.report.plans import case, plan
from tests.unit.report.runs import finding, result, row

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


class Terminal:
    """A pseudo-terminal: what is written to `stream` is collected until the end."""

    def __init__(self) -> None:
        self._outer, inner = os.openpty()
        self.stream: TextIO = os.fdopen(inner, "w", encoding="utf-8")
        self._chunks: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._outer, 65536)
            except OSError:  # the other end was closed
                return
            if not chunk:
                return
            self._chunks.append(chunk)

    def close(self) -> str:
        """Close the terminal and return everything that was written to it."""
        if not self.stream.closed:
            self.stream.close()
            self._reader.join()
            os.close(self._outer)
        return b"".join(self._chunks).decode()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


def live(terminal: Terminal, **options: Any) -> LiveReporter:
    assert terminal.stream.isatty()
    return LiveReporter(
        ReporterOptions(stream=terminal.stream, **{"paint": ansi, "refreshes": 0, **options})
    )


def words(text: str) -> str:
    """Return what a reader sees, drawn one below the other."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")


def test_the_view_shows_bars_what_runs_and_the_last_failures(terminal: Terminal) -> None:
    reporter = live(terminal, now=lambda: 5.0)
    reporter.run_started(row(), plan("api/a", "api/b", "api/c", "db/d"))
    reporter.case_started(case("api/a"), "worker-1")
    reporter.case_started(case("api/b"), "worker-2")
    wrong = finding("failed", message="expected 3, got 4")
    reporter.case_finished(case("api/a"), result("a", "failed", suite="api", findings=(wrong,)))
    reporter.refresh()
    reporter.run_finished(row())
    shown = words(terminal.close())
    assert "run 20260131-120000-ab12, seed 7: 4 cases in 2 suites" in shown
    assert "runs  worker-2    api/b" in shown
    assert "last  failed    api/a" in shown
    assert "expected 3, got 4" in shown
    assert "1/4  1 failed" in shown
    assert re.search(r"api +#+\.+ +1/3 +1 not passed", shown)
    assert re.search(r"db +\.+ +0/1", shown)


def test_the_terminal_gets_its_cursor_back(terminal: Terminal) -> None:
    reporter = live(terminal)
    reporter.run_started(row(), plan("s/a"))
    reporter.run_finished(row())
    text = terminal.close()
    assert text.rfind(SHOW_CURSOR) > text.rfind(HIDE_CURSOR) >= 0


def test_a_run_that_breaks_off_gives_the_cursor_back_on_close(terminal: Terminal) -> None:
    reporter = live(terminal)
    reporter.run_started(row(), plan("s/a"))
    reporter.case_started(case("s/a"), "worker-1")
    reporter.close()
    assert SHOW_CURSOR in terminal.close()


def test_the_drawing_thread_ends_with_the_run(terminal: Terminal) -> None:
    before = threading.active_count()
    reporter = live(terminal, refreshes=8)
    reporter.run_started(row(), plan("s/a"))
    assert threading.active_count() == before + 1
    reporter.run_finished(row())
    assert threading.active_count() == before


def test_a_view_that_cannot_be_drawn_says_so_at_the_end(terminal: Terminal) -> None:
    def doing() -> dict[str, str]:
        raise RuntimeError("no answer")

    reporter = live(terminal, doing=doing)
    reporter.run_started(row(), plan("s/a"))
    reporter.case_finished(case("s/a"), result("a", suite="s"))
    reporter.run_finished(row())
    text = terminal.close()
    assert "note: live view broke: RuntimeError no answer" in words(text)
    assert SHOW_CURSOR in text


def test_a_terminal_that_goes_away_does_not_end_the_drawing_thread_with_a_traceback() -> None:
    class Gone(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.is_gone = False
            self.was_written = threading.Event()

        def write(self, text: str) -> int:
            if self.is_gone:
                self.was_written.set()
                raise OSError("terminal gone")
            return super().write(text)

    stream = Gone()
    reporter = LiveReporter(ReporterOptions(stream=stream, refreshes=1000))
    reporter.run_started(row(), plan("s/a"))
    stream.is_gone = True
    assert stream.was_written.wait(10)
    stream.is_gone = False
    reporter.run_finished(row())
    assert "live view broke: OSError terminal gone" in stream.getvalue()


def test_a_finished_case_draws_nothing_by_itself(terminal: Terminal) -> None:
    drawn: list[int] = []

    def doing() -> dict[str, str]:
        drawn.append(1)
        return {}

    reporter = live(terminal, doing=doing)
    reporter.run_started(row(), plan(*(f"s/{number}" for number in range(1000))))
    at_start = len(drawn)
    for number in range(1000):
        reporter.case_started(case(f"s/{number}"), "worker-1")
        reporter.case_finished(case(f"s/{number}"), result(str(number), suite="s"))
    assert at_start == len(drawn)
    reporter.refresh()
    reporter.run_finished(row())
    assert "1,000/1,000  1,000 passed" in words(terminal.close())


def test_without_colour_the_view_is_drawn_all_the_same(terminal: Terminal) -> None:
    reporter = live(terminal, paint=plain)
    reporter.run_started(row(), plan("s/a"))
    reporter.case_finished(case("s/a"), result("a", "failed", suite="s"))
    reporter.refresh()
    reporter.run_finished(row())
    text = terminal.close()
    assert "1 failed" in text
    assert not re.search(r"\x1b\[[0-9;]*m", text.replace("\x1b[0m", ""))


def test_what_executors_do_is_asked_for_at_each_drawing(terminal: Terminal) -> None:
    reporter = live(terminal, doing=lambda: {"worker-1": "starting"})
    reporter.run_started(row(), plan("s/a"))
    reporter.run_finished(row())
    assert "runs  worker-1    starting" in words(terminal.close())


def test_events_are_written_above_the_view(terminal: Terminal) -> None:
    reporter = live(terminal)
    reporter.run_started(row(), plan("s/a"))
    reporter.event("breaker opened", {"resource": "db"})
    reporter.run_finished(row())
    assert "note: breaker opened: resource db\n" in words(terminal.close())
