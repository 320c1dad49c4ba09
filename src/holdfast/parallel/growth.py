"""How many waiting calls at once? As many as raise the throughput, found step by step."""

from __future__ import annotations

import math

__all__ = ["Growth"]

# Less than this is noise, not a rise.
RISE = 1.1
# A rate that grows with this power of the number or more has room left: four times as many calls
# then bring 2.8 times the rate at least.
PACE = 0.75


class Growth:
    """Multiplies a number of concurrent calls while their rate rises by a tenth.

    By four where the rate has kept pace with the number, else by two.
    It never jumps to the top: what the calls wait for may be a live service. `item_s` is
    what one call alone took.
    """

    def __init__(self, start: int, most: int, *, item_s: float = 0.0) -> None:
        self.size = max(1, min(start, most))
        self.is_settled = self.size >= most
        self._most = max(1, most)
        self._best_rate = 1 / item_s if item_s > 0 else 0.0
        self._best_size = 1 if item_s > 0 else 0
        self._enough = self.size
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
        before = self.size
        self._step(rate)
        return self.size != before

    def _step(self, rate: float) -> None:
        rise = rate / self._best_rate if self._best_rate else 0.0
        if self._best_rate and rise <= RISE:
            self.is_settled = True
            self.size = self._enough
            return
        keeps_pace = self._best_rate > 0 and rise >= (self.size / self._best_size) ** PACE
        # So many calls would do it if each brought as much as one of the step before.
        grown = math.ceil(self._best_size * rise) if self._best_rate else self.size
        self._enough = max(1, min(self.size, grown))
        self._best_rate, self._best_size = rate, self.size
        self.is_settled = self.size >= self._most
        self.size = min(self._most, self.size * (4 if keeps_pace else 2))
