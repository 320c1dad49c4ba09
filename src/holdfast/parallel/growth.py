"""How many waiting calls at once? As many as raise the throughput, found by doubling."""

from __future__ import annotations

__all__ = ["Growth"]


class Growth:
    """Doubles a number of concurrent calls while the rate rises by a tenth.

    It never jumps to the top: what the calls wait for may be a live service.
    """

    def __init__(self, start: int, most: int) -> None:
        self.size = max(1, min(start, most))
        self.is_settled = self.size >= most
        self._most = max(1, most)
        self._best_rate = 0.0
        self._best_size = self.size
        self._since: float | None = None
        self._count = 0

    def begin(self, now: float) -> None:
        """Tell that the first calls of this size are on their way."""
        if self._since is None:
            self._since = now

    def add(self, done: int, now: float) -> bool:
        """Take in finished calls; say whether the size has changed."""
        if self.is_settled or self._since is None:
            return False
        self._count += done
        elapsed = now - self._since
        if self._count < self.size or elapsed <= 0:
            return False
        rate = self._count / elapsed
        self._since, self._count = now, 0
        if rate <= 1.1 * self._best_rate:
            self.is_settled = True
            changed = self.size != self._best_size
            self.size = self._best_size
            return changed
        self._best_rate, self._best_size = rate, self.size
        if self.size >= self._most:
            self.is_settled = True
            return False
        self.size = min(self._most, self.size * 2)
        return True
