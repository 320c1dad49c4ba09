"""How much is shown while a command runs, and where?"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from holdfast.ports import Reporter
from holdfast.registry import Registry
from holdfast.report.console import write_line
from holdfast.report.options import ReporterOptions, nothing_known, nothing_used
from holdfast.report.paint import Paint, ansi, choose_reporter, plain, wants_colour

__all__ = ["Screen"]


class Screen:
    """The console of one command.

    `quiet` leaves the end of the run, `verbose` adds a line per case, without
    `progress` nothing is drawn while it runs.
    """

    def __init__(
        self,
        *,
        verbose: bool = False,
        quiet: bool = False,
        progress: bool = True,
        stream: TextIO | None = None,
    ) -> None:
        self._stream = stream or sys.stdout
        self._verbose = verbose
        self._quiet = quiet
        self._progress = progress
        is_terminal = self._stream.isatty()
        self.paint: Paint = ansi if wants_colour(os.environ, is_terminal=is_terminal) else plain
        self._is_terminal = is_terminal

    def options(
        self,
        doing: Callable[[], Mapping[str, str]] = nothing_known,
        used: Callable[[], Mapping[str, float]] = nothing_used,
    ) -> ReporterOptions:
        """Return what reporters are told; `doing` answers what the workers do, `used` what they use."""
        return ReporterOptions(
            stream=self._stream,
            width=shutil.get_terminal_size((100, 24)).columns,
            paint=self.paint,
            verbose=self._verbose,
            progress=self._progress,
            doing=doing,
            used=used,
        )

    def write(self, text: str) -> None:
        """Write a text that ends with its own line."""
        if text:
            write_line(self._stream, text.rstrip("\n"))

    def reporter(
        self,
        registry: Registry,
        doing: Callable[[], Mapping[str, str]],
        used: Callable[[], Mapping[str, float]],
    ) -> Reporter:
        """Return the reporter that fits the terminal and the flags."""
        name = choose_reporter(
            os.environ,
            is_terminal=self._is_terminal,
            quiet=self._quiet,
            progress=self._progress,
            verbose=self._verbose,
        )
        made: Reporter = registry.load("reporter", name)(self.options(doing, used))
        return made
