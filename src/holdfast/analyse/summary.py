"""How many cases ended how, in which suite, and which ones must a reader see?"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from holdfast.model.result import Result
from holdfast.model.run import Counts, SuiteSummary
from holdfast.model.summary import Entry, SlowCase, Summary, headline
from holdfast.ports import PlannedRow

__all__ = ["Tally", "summarise"]

# What is kept whole of failed, undecided and flaky cases each; the rest is counted.
MAX_ENTRIES = 200
# (id, message) of failures per suite; each message is cut.
MAX_ERRORS = 1_000
MAX_MESSAGE = 500
# Distinct reasons of skipped cases; later ones are counted together.
MAX_REASONS = 50
OTHER_REASONS = "other reasons"

BY_AUTHOR = frozenset({"author", "xfail"})


class Tally:
    """Counts results as they come, so that none has to be held.

    `slowest` is how many of the longest cases are kept.
    """

    def __init__(self, *, slowest: int = 10) -> None:
        self._suites: dict[str, _SuiteTally] = {}
        self._failed: list[Entry] = []
        self._undecided: list[Entry] = []
        self._flaky: list[Entry] = []
        self._reasons: dict[str, int] = {}
        self._keep_slowest = slowest
        self._slowest: list[tuple[float, int, Result]] = []
        self._added = 0

    def plan(self, suite: str, number: int = 1) -> None:
        """Note that `number` cases of a suite are planned."""
        self._of(suite).planned += number

    def add(self, result: Result, source: str = "") -> None:
        """Count a final result; `source` is the place of its case."""
        self._of(result.suite).add(result)
        status = result.status
        if status == "passed":
            if result.is_flaky:
                _keep(self._flaky, result, source)
        elif status == "skipped":
            self._skip(result)
        elif status == "undecided":
            _keep(self._undecided, result, source)
        else:
            _keep(self._failed, result, source)
        self._added += 1
        heap = self._slowest
        if len(heap) < self._keep_slowest:
            heapq.heappush(heap, (result.duration_s, -self._added, result))
        elif heap and result.duration_s > heap[0][0]:
            heapq.heapreplace(heap, (result.duration_s, -self._added, result))

    def counts(self) -> Counts:
        """Return the counts of the whole run."""
        return _sum(suite.counts() for suite in self._suites.values())

    def suite_counts(self) -> dict[str, Counts]:
        """Return the counts of each suite."""
        return {name: suite.counts() for name, suite in self._suites.items()}

    def summary(self) -> Summary:
        """Return what was counted so far."""
        reasons = sorted(self._reasons.items(), key=lambda item: (-item[1], item[0]))
        return Summary(
            counts=self.counts(),
            suites=tuple(suite.summary(name) for name, suite in self._suites.items()),
            failed=tuple(self._failed),
            undecided=tuple(self._undecided),
            flaky=tuple(self._flaky),
            skipped=tuple(reasons),
            slowest=tuple(_slow(result) for _, _, result in sorted(self._slowest, reverse=True)),
            errors_cut=sum(suite.errors_cut for suite in self._suites.values()),
        )

    def _of(self, suite: str) -> _SuiteTally:
        found = self._suites.get(suite)
        if found is None:
            found = self._suites[suite] = _SuiteTally()
        return found

    def _skip(self, result: Result) -> None:
        reason = result.reason or "no reason given"
        if reason not in self._reasons and len(self._reasons) >= MAX_REASONS:
            reason = OTHER_REASONS
        self._reasons[reason] = self._reasons.get(reason, 0) + 1


def summarise(
    planned: Iterable[PlannedRow],
    results: Iterable[tuple[PlannedRow, Result]],
    *,
    slowest: int = 10,
) -> Summary:
    """Count what a store holds of a run; both are read once and not held."""
    tally = Tally(slowest=slowest)
    for row in planned:
        tally.plan(row.suite)
    for row, result in results:
        tally.add(result, row.source)
    return tally.summary()


class _SuiteTally:
    """The counts of one suite."""

    __slots__ = (
        "assumed", "author_skipped", "by_status", "cached", "errors", "errors_cut",
        "first_s", "flaky", "last_s", "planned", "recorded",
    )  # fmt: skip

    def __init__(self) -> None:
        self.planned = self.recorded = self.flaky = self.cached = self.author_skipped = 0
        self.assumed = 0
        self.by_status = {"passed": 0, "failed": 0, "undecided": 0, "error": 0, "skipped": 0}
        self.errors: list[tuple[str, str]] = []
        self.errors_cut = 0
        self.first_s = float("inf")
        self.last_s = 0.0

    def add(self, result: Result) -> None:
        self.recorded += 1
        self.by_status[result.status] += 1
        if result.is_flaky:
            self.flaky += 1
        if result.cached_from:
            self.cached += 1
        self.assumed += result.is_assumed
        if result.attempts:
            self.first_s = min(self.first_s, result.started_s)
            self.last_s = max(self.last_s, result.started_s + result.duration_s)
        if result.status == "passed":
            return
        if result.status == "skipped":
            self.author_skipped += result.skip_kind in BY_AUTHOR
        elif result.status != "undecided":
            if len(self.errors) < MAX_ERRORS:
                self.errors.append((result.id, _cut(headline(result))))
            else:
                self.errors_cut += 1

    def counts(self) -> Counts:
        return Counts(
            planned=self.planned,
            recorded=self.recorded,
            flaky=self.flaky,
            cached=self.cached,
            author_skipped=self.author_skipped,
            assumed=self.assumed,
            **self.by_status,
        )

    def summary(self, name: str) -> SuiteSummary:
        duration_s = max(0.0, self.last_s - self.first_s)
        return SuiteSummary(
            name=name, counts=self.counts(), duration_s=duration_s, errors=tuple(self.errors)
        )


def _sum(many: Iterable[Counts]) -> Counts:
    fields = Counts.__struct_fields__
    totals = dict.fromkeys(fields, 0)
    for counts in many:
        for field in fields:
            totals[field] += getattr(counts, field)
    return Counts(**totals)


def _keep(entries: list[Entry], result: Result, source: str) -> None:
    if len(entries) < MAX_ENTRIES:
        entries.append(Entry(result=result, source=source))


def _slow(result: Result) -> SlowCase:
    return SlowCase(
        full_id=result.full_id,
        duration_s=result.duration_s,
        status=result.status,
        attempts=len(result.attempts),
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}..."
