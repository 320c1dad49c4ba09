"""What was called, and how often, without memory that grows?"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from holdfast.errors import UsageError

__all__ = ["CallLog"]

R = TypeVar("R")

# A soak test makes millions of calls; what a person reads of them are the last ones.
KEPT = 1_000


class CallLog(Generic[R]):
    """Keeps the last records, and exact counts: of all, and of each of the first 1,000 keys.

    >>> log = CallLog[str](limit=2)
    >>> for each in "abab":
    ...     log.add(each, f"call {each}")
    >>> log.total, log.count_of("a"), list(log)
    (4, 2, ['call a', 'call b'])
    """

    def __init__(self, limit: int = KEPT) -> None:
        if type(limit) is not int or limit < 1:
            raise UsageError(f"limit must be a number of records of at least 1, got {limit!r}")
        self._limit = limit
        self._lock = threading.Lock()
        self.clear()

    def add(self, key: str, record: R) -> None:
        """Keep a record; the oldest goes where there are too many."""
        with self._lock:
            self._total += 1
            self._records.append(record)
            if key in self._counts or len(self._counts) < KEPT:
                self._counts[key] += 1
            else:
                self._uncounted += 1

    @property
    def total(self) -> int:
        """How many records were added, kept or not."""
        return self._total

    @property
    def last(self) -> R | None:
        """The latest record."""
        with self._lock:
            return self._records[-1] if self._records else None

    def count_of(self, key: str) -> int:
        """Return how many records were added for a key.

        Raises:
            UsageError: there were more than 1,000 keys, and this is none of the first.
        """
        with self._lock:
            if key not in self._counts and self._uncounted:
                raise UsageError(
                    f"a key must be among the first {KEPT:,} to be counted, got {key!r}",
                    hint="use `total`, or reset between the parts of the test",
                )
            return self._counts.get(key, 0)

    def clear(self) -> None:
        """Forget records and counts."""
        with self._lock:
            self._total = 0
            self._uncounted = 0
            self._counts: Counter[str] = Counter()
            self._records: deque[R] = deque(maxlen=self._limit)

    def __iter__(self) -> Iterator[R]:
        with self._lock:
            return iter(tuple(self._records))

    def __len__(self) -> int:
        with self._lock:
            return len(self._records)
