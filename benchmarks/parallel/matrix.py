"""What does an item do that keeps all cores busy by itself? Apart, since it needs numpy."""

from __future__ import annotations

import numpy as np

__all__ = ["cube", "square"]

_LARGE = np.random.default_rng(7).random((600, 600))
_SMALL = np.random.default_rng(8).random((450, 450))


def square(item: int) -> float:
    """Multiply two matrices."""
    return round(float(np.trace(_LARGE @ (_LARGE + item))), 2)


def cube(item: int) -> float:
    """Multiply three matrices."""
    return round(float(np.trace(_SMALL @ (_SMALL + item) @ _SMALL)), 1)
