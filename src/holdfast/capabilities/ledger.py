"""What was decided about capabilities, in which order, and was the record changed since?"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import Literal

import msgspec

from holdfast.clock import Clock

__all__ = ["Action", "AuditEntry", "AuditLog", "find_tampered"]

Action = Literal["context", "grant", "revoke", "refused", "violation", "reset"]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `at_s` is monotonic; `digest` covers this entry and, by `previous`, all before it."""

    n: int
    at_s: float
    context: str
    action: Action
    capability: str = ""
    detail: str = ""
    previous: str = ""
    digest: str = ""


class AuditLog:
    """An append-only log; safe to use from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: list[AuditEntry] = []

    @property
    def entries(self) -> tuple[AuditEntry, ...]:
        """All entries so far, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def add(
        self, action: Action, context: str, capability: str = "", detail: str = ""
    ) -> AuditEntry:
        """Append a decision and return its entry."""
        with self._lock:
            last = self._entries[-1] if self._entries else None
            now = self._clock.now()
            entry = AuditEntry(
                n=len(self._entries) + 1,
                # A clock that stands still or was put back must not put an entry before its cause.
                at_s=now if last is None else max(now, last.at_s),
                context=context,
                action=action,
                capability=capability,
                detail=detail,
                previous="" if last is None else last.digest,
            )
            entry = msgspec.structs.replace(entry, digest=_digest(entry))
            self._entries.append(entry)
            return entry


def find_tampered(entries: Sequence[AuditEntry]) -> int:
    """Return the number of the first entry that is not as it was written, 0 where all are.

    It sees an entry that was changed, moved, put in or left out, but for a cut at the end.
    """
    previous, at_s = "", float("-inf")
    for n, entry in enumerate(entries, 1):
        is_next = entry.n == n and entry.previous == previous and entry.at_s >= at_s
        if not is_next or entry.digest != _digest(entry):
            return n
        previous, at_s = entry.digest, entry.at_s
    return 0


def _digest(entry: AuditEntry) -> str:
    plain = msgspec.structs.replace(entry, digest="")
    return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()
