"""What do all results of a run say together, without holding them all?"""

from __future__ import annotations

import msgspec

from holdfast.model.result import Result
from holdfast.model.run import Counts, SuiteSummary

__all__ = ["Entry", "SlowCase", "Summary"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A result that a reader must see, with the place of its case (`path:line`)."""

    result: Result
    source: str = ""


class SlowCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case that took long."""

    full_id: str
    duration_s: float
    status: str
    attempts: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a run and the results that need attention.

    `failed` (failures and errors), `undecided` and `flaky` hold the first ones
    only; how many there are is in `counts`. `skipped` is (reason, how many),
    most frequent first; `errors_cut` counts the errors that the suites leave out.
    """

    counts: Counts = Counts()
    suites: tuple[SuiteSummary, ...] = ()
    failed: tuple[Entry, ...] = ()
    undecided: tuple[Entry, ...] = ()
    flaky: tuple[Entry, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    slowest: tuple[SlowCase, ...] = ()
    errors_cut: int = 0
