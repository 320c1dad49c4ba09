"""What were the lowest and the highest value, stretch by stretch of time? Min/max decimation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

__all__ = ["Cell", "Envelope"]

# Number of the cell, lowest and highest value in it.
Cell = tuple[int, float, float]

# Finer than any monitor samples; it doubles until the run fits.
FIRST_WIDTH_S = 1e-4


class Envelope:
    """Keeps the lowest and the highest value of each cell, a stretch of `width_s` seconds.

    Never a mean: it hides the spike that one looks for. Points may come in any order and any
    number; there are no more than `limit` cells, which double their width where time goes on.
    """

    __slots__ = ("_highs", "_lows", "limit", "width_s")

    def __init__(self, limit: int, *, width_s: float = FIRST_WIDTH_S) -> None:
        self.limit = limit
        self.width_s = width_s
        self._lows: list[float] = []
        self._highs: list[float] = []

    def __len__(self) -> int:
        return len(self._lows)

    def add(self, at_s: float, value: float) -> None:
        """Take a point; what lies before the start counts as the start, what is no number is left out."""
        if not (math.isfinite(value) and math.isfinite(at_s)):
            return
        number = int(max(at_s, 0.0) / self.width_s)
        if number >= self.limit:
            self._reach(at_s)
            number = self.cell_of(at_s)
        lows, highs = self._lows, self._highs
        missing = number + 1 - len(lows)
        if missing > 0:
            lows.extend([math.inf] * missing)
            highs.extend([-math.inf] * missing)
        lows[number] = min(lows[number], value)
        highs[number] = max(highs[number], value)

    def fill(self, at_s: Sequence[float], values: Sequence[float]) -> Envelope:
        """Take the points of a series."""
        # While there are no cells yet, to double them costs nothing.
        self._reach(max((at for at in at_s if math.isfinite(at)), default=0.0))
        for at, value in zip(at_s, values, strict=True):
            self.add(at, value)
        return self

    def cell_of(self, at_s: float) -> int:
        """Return the number of the cell in which a moment lies."""
        # Widths are powers of two of the first, so that a cell is exactly two of the narrower ones.
        return int(max(at_s, 0.0) / self.width_s)

    def cells(self) -> Iterator[Cell]:
        """Yield the cells in which there is a point, in the order of time."""
        for number, (low, high) in enumerate(zip(self._lows, self._highs, strict=True)):
            if low <= high:
                yield number, low, high

    def coarser(self, most: int) -> Envelope:
        """Return the same with no more than `most` cells, each as wide as some whole ones of these."""
        factor = max(1, -(-len(self) // most))
        made = Envelope(most, width_s=self.width_s * factor)
        made._lows, made._highs = self._joined(factor)
        return made

    def _reach(self, at_s: float) -> None:
        while self.cell_of(at_s) >= self.limit:
            self.width_s *= 2
            self._lows, self._highs = self._joined(2)

    def _joined(self, factor: int) -> tuple[list[float], list[float]]:
        starts = range(0, len(self), factor)
        return (
            [min(self._lows[n : n + factor]) for n in starts],
            [max(self._highs[n : n + factor]) for n in starts],
        )
