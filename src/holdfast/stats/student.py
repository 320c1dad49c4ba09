"""How far may a value lie from the mean of a few others, whose spread those few alone have shown?"""

from __future__ import annotations

import math

__all__ = ["student_quantile"]


def student_quantile(confidence: float, freedom: int) -> float:
    """Return the point below which Student's t lies with a probability of at least a half.

    By bisection of the distribution's finite series for whole degrees of freedom:
    M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions" (1964), 26.7.3 and 26.7.4.

    Raises: ValueError unless 0.5 <= confidence < 1 and there is a degree of freedom.

    >>> round(student_quantile(0.99, 4), 3)
    3.747
    """
    if not 0.5 <= confidence < 1 or freedom < 1:
        raise ValueError(
            "confidence must lie between 0.5 and 1 and freedom be at least 1, "
            f"got {confidence!r} and {freedom!r}"
        )
    wanted = 2 * confidence - 1
    low, high = 0.0, 1.0
    while _within(high, freedom) < wanted:
        low, high = high, 2 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        if _within(middle, freedom) < wanted:
            low = middle
        else:
            high = middle
    return high


def _within(t: float, freedom: int) -> float:
    """Return the probability of lying between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = freedom % 2 == 1
    # The terms of the series: each follows from the one before.
    term = cosine if is_odd else 1.0
    total = 0.0
    for at in range(1 + is_odd, freedom, 2):
        total += term
        term *= cosine * cosine * at / (at + 1)
    if is_odd:
        return 2 / math.pi * (angle + sine * total)
    return sine * total
