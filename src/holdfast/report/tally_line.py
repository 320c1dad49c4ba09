"""How far is a run? Counts by status, cheap to add to, and their line."""

from __future__ import annotations

from holdfast.model.result import Result
from holdfast.report.paint import Paint
from holdfast.text.format import format_duration

__all__ = ["Progress", "bar", "progress_line"]

_ORDER = ("passed", "failed", "error", "undecided", "skipped")


class Progress:
    """Counts finished cases by status."""

    __slots__ = ("by_status", "done", "flaky", "planned")

    def __init__(self, planned: int = 0) -> None:
        self.planned = planned
        self.done = 0
        self.flaky = 0
        self.by_status = dict.fromkeys(_ORDER, 0)

    def add(self, result: Result) -> None:
        """Count a finished case."""
        self.done += 1
        self.by_status[result.status] += 1
        if result.is_flaky:
            self.flaky += 1


def progress_line(progress: Progress, elapsed_s: float, paint: Paint) -> str:
    """Return how many cases are finished, how they ended, and the time so far."""
    parts = [
        paint(f"{progress.by_status[word]:,} {word}", word)
        for word in _ORDER
        if progress.by_status[word]
    ]
    if progress.flaky:
        parts.append(paint(f"{progress.flaky:,} flaky", "flaky"))
    counts = f"  {', '.join(parts)}" if parts else ""
    return f"{progress.done:,}/{progress.planned:,}{counts}  {format_duration(elapsed_s, digits=2)}"


def bar(done: int, total: int, width: int) -> str:
    """Return a bar of `width` characters; it is full only when all is done.

    >>> bar(1, 4, 8)
    '##......'
    """
    filled = width if total <= done else int(width * done / total)
    return "#" * filled + "." * (width - filled)
