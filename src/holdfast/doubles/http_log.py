"""What came to a stub, counted exactly and kept within bounds?"""

from __future__ import annotations

import threading
from collections import deque

from holdfast.doubles.http_exchange import HttpRequest
from holdfast.errors import UsageError

__all__ = ["RequestLog"]

# The bodies of what is kept together; a soak test must not grow.
_KEPT_BYTES = 8 * 1024 * 1024
_KEPT_PROBLEMS = 20


class RequestLog:
    """Keeps the last requests and the first problems; counts all of both."""

    def __init__(self, limit: int) -> None:
        if type(limit) is not int or limit < 1:
            raise UsageError(f"log_limit must be a number of requests of at least 1, got {limit!r}")
        self._lock = threading.Lock()
        self._limit = limit
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests: deque[HttpRequest] = deque()
            self._bytes = 0
            self._problems: list[str] = []
            self.total = 0
            self.problems_total = 0

    def add(self, request: HttpRequest) -> None:
        """Keep a request; the oldest go where there are too many, or too large ones."""
        with self._lock:
            self.total += 1
            self._requests.append(request)
            self._bytes += len(request.body)
            while len(self._requests) > self._limit or (
                self._bytes > _KEPT_BYTES and len(self._requests) > 1
            ):
                self._bytes -= len(self._requests.popleft().body)

    def note(self, problem: str) -> None:
        """Keep a problem, if it is one of the first."""
        with self._lock:
            self.problems_total += 1
            if len(self._problems) < _KEPT_PROBLEMS:
                self._problems.append(problem)

    @property
    def requests(self) -> list[HttpRequest]:
        """The last requests, oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def problems(self) -> list[str]:
        """The first problems, and how many more there were."""
        with self._lock:
            more = self.problems_total - len(self._problems)
            return [*self._problems, *([f"and {more:,} more"] if more else [])]
