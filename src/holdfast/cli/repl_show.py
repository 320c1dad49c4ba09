"""How does the prompt show turns, errors and tables? Colours only on terminals."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from holdfast.errors import HoldfastError
from holdfast.report.paint import ansi, plain, wants_colour
from holdfast.session.protocol import Opaque, Turn

__all__ = ["Show", "cut_line", "shown_value", "table"]

# A value that is longer is cut: a prompt is no place for a megabyte.
MOST_SHOWN = 10_000


class Show:
    """Writes to standard output what was asked for, to standard error what went wrong."""

    def out(self, text: str) -> None:
        """Write what was asked for, with a line's end."""
        _write(sys.stdout, text if text.endswith("\n") else f"{text}\n")

    def error(self, text: str, *, place: str = "") -> None:
        """Write what went wrong, and where."""
        first, newline, rest = f"{place}{text}".partition("\n")
        _write(sys.stderr, f"{_paint(sys.stderr, first, 'failed')}{newline}{rest}\n")

    def note(self, text: str) -> None:
        """Write what is good to know; it is no answer."""
        _write(sys.stderr, f"{_paint(sys.stderr, text, 'dim')}\n")

    def refusal(self, error: HoldfastError, *, place: str = "") -> None:
        """Write an error with its cure."""
        self.error(
            f"{error.message}\nhint: {error.hint}" if error.hint else error.message, place=place
        )

    def turn(self, turn: Turn, *, place: str = "") -> None:
        """Write what a turn left: output, value, error."""
        if turn.stdout:
            self.out(turn.stdout)
        if turn.stderr:
            _write(sys.stderr, turn.stderr if turn.stderr.endswith("\n") else f"{turn.stderr}\n")
        if turn.value is not None:
            self.out(shown_value(turn.value))
        if turn.status == "incomplete":
            self.error("SyntaxError: the statement is incomplete", place=place)
        elif turn.error is not None:
            self._failure(turn, place)
        for note in turn.notes:
            self.note(f"note: {note}")
        if not turn.names_kept:
            self.note("note: the interpreter was replaced; its names are gone")

    def _failure(self, turn: Turn, place: str) -> None:
        error = turn.error
        if error is None:
            return
        name = error.type.rpartition(".")[2]
        summary = f"{name}: {error.message}" if error.message else name
        # What was stopped at a border says itself what to do; a traceback would hide it.
        trace = "" if name == "CapabilityViolation" else error.traceback.rstrip()
        # Its last line is the summary.
        frames = trace.rpartition("\n")[0] if error.message.count("\n") == 0 else trace
        self.error(f"{summary}\n{frames}" if frames else summary, place=place)


def shown_value(value: Any) -> str:
    """Return a value as the prompt of Python shows it."""
    text = value.repr if isinstance(value, Opaque) else repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}... {len(text):,} characters"


def cut_line(text: str, width: int = 60) -> str:
    r"""Return a text on one line, cut.

    >>> cut_line("a\nb", 60), cut_line("abcdef", 4)
    ('a b', 'a...')
    """
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 3]}..."


def table(rows: Sequence[Sequence[str]]) -> str:
    r"""Return rows in columns.

    >>> table([("a", "1"), ("bcd", "2")])
    'a    1\nbcd  2'
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def _paint(stream: TextIO, text: str, style: str) -> str:
    paint = ansi if wants_colour(os.environ, is_terminal=stream.isatty()) else plain
    return paint(text, style)
