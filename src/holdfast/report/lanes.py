"""What ran when, and where? Spans per worker, joined where there are more than can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from holdfast.model.result import Attempt, AttemptStatus

__all__ = ["Lane", "Span", "Spans"]

# More lanes than this are no picture; what runs elsewhere shares the last one.
MAX_LANES = 16
ELSEWHERE = "others"
# Of what runs on one worker at once: more rows than this lie over one another.
MAX_ROWS = 4
FIRST_WIDTH_S = 1e-3
_WORST_FIRST: tuple[AttemptStatus, ...] = ("error", "failed", "lost", "undecided", "passed")


class Span(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that ran, or `count` short things in a row; `longest` names the longest of them.

    `status` is the worst of theirs, and `bad` how many did not pass.
    """

    start_s: float
    end_s: float
    status: AttemptStatus
    longest: str
    longest_s: float
    count: int = 1
    bad: int = 0


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """What ran on one worker: each span with the row in which it is drawn."""

    name: str
    rows: int
    spans: tuple[tuple[int, Span], ...]


class Spans:
    """Takes any number of attempts, keeps no more than `limit` spans.

    What is shorter than a stretch of time is joined with what begins in the same one; the
    stretches double where there are too many spans. So what ran long is always seen by itself.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._width_s = FIRST_WIDTH_S
        self._lanes: dict[str, list[Span]] = {}
        self._joined: dict[tuple[str, int], Span] = {}
        self._kept = 0
        self._is_exact = True

    def add(self, case: str, attempt: Attempt) -> None:
        """Take an attempt of a case."""
        start_s = max(attempt.started_s, 0.0)
        span = Span(
            start_s=start_s,
            end_s=start_s + attempt.duration_s,
            status=attempt.status,
            longest=case,
            longest_s=attempt.duration_s,
            bad=int(attempt.status != "passed"),
        )
        self._take(self._lane(attempt.worker), span)
        self._fit()

    def lanes(self, limit: int | None = None) -> tuple[Lane, ...]:
        """Return the lanes by name, with no more than `limit` spans in all."""
        if limit is not None and self._kept > limit:
            return self._copy(limit).lanes()
        found: dict[str, list[Span]] = {name: list(spans) for name, spans in self._lanes.items()}
        for (name, _), span in self._joined.items():
            found.setdefault(name, []).append(span)
        names = sorted(found, key=lambda name: (name == ELSEWHERE, _natural(name)))
        return tuple(_packed(name, found[name]) for name in names)

    def _lane(self, worker: str) -> str:
        name = worker or "no worker"
        if name in self._lanes:
            return name
        name = name if len(self._lanes) < MAX_LANES - 1 else ELSEWHERE
        self._lanes.setdefault(name, [])
        return name

    def _take(self, lane: str, span: Span) -> None:
        if self._is_exact or span.end_s - span.start_s >= self._width_s:
            self._lanes[lane].append(span)
            self._kept += 1
            return
        place = lane, int(span.start_s / self._width_s)
        there = self._joined.get(place)
        self._joined[place] = span if there is None else _both(there, span)
        self._kept += there is None

    def _fit(self) -> None:
        # A lane can be no less than one span.
        while self._kept > max(self._limit, len(self._lanes)):
            self._coarsen()

    def _coarsen(self) -> None:
        self._width_s *= 1 if self._is_exact else 2
        self._is_exact = False
        before = [(lane, span) for lane, spans in self._lanes.items() for span in spans]
        before += [(lane, span) for (lane, _), span in self._joined.items()]
        self._lanes = {lane: [] for lane in self._lanes}
        self._joined = {}
        self._kept = 0
        for lane, span in before:
            self._take(lane, span)

    def _copy(self, limit: int) -> Spans:
        made = Spans(limit)
        made._width_s, made._is_exact = self._width_s, self._is_exact
        made._lanes = {name: list(spans) for name, spans in self._lanes.items()}
        made._joined = dict(self._joined)
        made._kept = self._kept
        made._fit()
        return made


def _both(one: Span, other: Span) -> Span:
    longer = other if other.longest_s > one.longest_s else one
    return Span(
        start_s=min(one.start_s, other.start_s),
        end_s=max(one.end_s, other.end_s),
        status=next(each for each in _WORST_FIRST if each in {one.status, other.status}),
        longest=longer.longest,
        longest_s=longer.longest_s,
        count=one.count + other.count,
        bad=one.bad + other.bad,
    )


def _packed(name: str, spans: Iterable[Span]) -> Lane:
    """Give each span the first row that is free, else the one that is free first."""
    free_at: list[float] = []
    placed: list[tuple[int, Span]] = []
    for span in sorted(spans, key=lambda span: (span.start_s, span.end_s)):
        row = next((n for n, end_s in enumerate(free_at) if end_s <= span.start_s), len(free_at))
        if row == MAX_ROWS:
            row = min(range(MAX_ROWS), key=free_at.__getitem__)
        if row == len(free_at):
            free_at.append(0.0)
        free_at[row] = max(free_at[row], span.end_s)
        placed.append((row, span))
    return Lane(name=name, rows=len(free_at), spans=tuple(placed))


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what puts worker-2 before worker-10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
