"""Is what a caller gave a number that can mean anything?"""

from __future__ import annotations

import math

__all__ = ["is_above_0", "is_number"]


def is_number(value: object) -> bool:
    """Tell whether it is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_above_0(value: object) -> bool:
    """Tell whether it is a finite number above 0."""
    return isinstance(value, int | float) and is_number(value) and value > 0
