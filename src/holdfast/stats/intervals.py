"""Between which bounds does the true share lie, given what was counted?"""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["wilson"]


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bound the true share of successes by Wilson's score interval, two-sided.

    Without a trial nothing is known: (0, 1). The interval is that of E. B. Wilson,
    "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927),
    recommended for small n by Brown, Cai and DasGupta, Statistical Science 16 (2001).

    Raises: ValueError unless 0 <= successes <= n and 0 < confidence < 1.

    >>> low, high = wilson(9, 10)
    >>> round(low, 4), round(high, 4)
    (0.5958, 0.9821)
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n = {n!r}, got {successes!r}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence!r}")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    # Exact at the ends, where rounding would leave 1e-17 or 0.9999999999999999.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high
