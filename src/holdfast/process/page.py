"""What may the code that is called put into its own evidence? Numbers, plain values and remarks.

A host opens a page for each call. Whatever that call runs finds the page through its
context (tasks and `asyncio.to_thread` take it along) and writes on it: timers their
times, a double that it was not verified. Code that nobody called has no page.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import msgspec

from holdfast.model.evidence import Evidence

__all__ = ["Page", "close_page", "current_page", "open_page"]


class Page:
    """What one call wrote; empty for most, and then it costs nothing."""

    __slots__ = ("closers", "measurements", "notes", "values")

    def __init__(self) -> None:
        self.measurements: dict[str, float] = {}
        self.values: dict[str, Any] = {}
        self.notes: list[str] = []
        # Called when the call has ended: what sums up many numbers writes the sum then.
        self.closers: list[Callable[[Page], None]] = []

    def note(self, text: str) -> None:
        """Make a remark, each once."""
        if text not in self.notes:
            self.notes.append(text)


_PAGE: ContextVar[Page | None] = ContextVar("holdfast_page", default=None)
# In a worker there is one call at a time: threads that it started by hand write on its page too.
_alone: list[Page] = []


def open_page(*, is_alone: bool = False) -> Page:
    """Open the page of a call that begins in this context; `is_alone` where no other call can run."""
    page = Page()
    _PAGE.set(page)
    if is_alone:
        _alone[:] = [page]
    return page


def current_page() -> Page | None:
    """Return the page of the call that runs this code, or None."""
    page = _PAGE.get()
    if page is None and _alone:
        return _alone[0]
    return page


def close_page(page: Page, evidence: Evidence) -> Evidence:
    """Return the evidence with what was written on the page."""
    for close in page.closers:
        close(page)
    if page in _alone:
        _alone.clear()
    if not (page.measurements or page.values or page.notes):
        return evidence
    return msgspec.structs.replace(
        evidence,
        measurements={**evidence.measurements, **page.measurements},
        facts={**evidence.facts, **page.values},
        notes=(*evidence.notes, *page.notes),
    )
