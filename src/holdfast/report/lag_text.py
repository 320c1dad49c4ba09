"""What kept the event loop of a call from turning? The longest times, each with its stack, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.report.clean import clean, clean_lines
from holdfast.text.format import format_duration

__all__ = ["lag_lines"]


def lag_lines(blocked: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield each time that the loop came late beyond the threshold, the longest first."""
    if not blocked:
        yield "never late beyond the threshold"
    for each in blocked:
        place = clean(each.get("place") or "a place that was not seen")
        yield f"{format_duration(each['lag_s'])} late, blocked by {place}"
        stack = clean_lines(str(each.get("stack", "")).rstrip())
        yield from (f"  | {line}" for line in stack.split("\n") if line)
