"""Which of many findings hold, when each of them had its own chance to be a false alarm?"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["e_benjamini_hochberg", "e_holm", "holm"]


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Tell which claims are rejected so that any false rejection has probability at most alpha.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979). Whatever the claims have to do with one another.

    >>> holm([0.001, 0.04, 0.02], 0.05)
    [True, True, True]
    """
    rejected = [False] * len(p_values)
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        if p_values[at] > alpha / (len(p_values) - rank):
            break
        rejected[at] = True
    return rejected


def e_holm(log_e_values: Sequence[float], alpha: float) -> list[bool]:
    """Do the same with e-values, given by their logarithms: 1/e is a p-value at any time.

    V. Vovk and R. Wang, "E-values: calibration, combination and applications", Annals of
    Statistics 49 (2021), section 6.

    >>> e_holm([math.log(200), math.log(3)], 0.01)
    [True, False]
    """
    return holm([math.exp(-max(0.0, each)) for each in log_e_values], alpha)


def e_benjamini_hochberg(log_e_values: Sequence[float], alpha: float) -> list[bool]:
    """Tell which claims are rejected so that alpha of the rejected are false in expectation.

    R. Wang and A. Ramdas, "False discovery rate control with e-values", JRSS B 84 (2022).
    Weaker than `e_holm`: for watching many series, not for a gate.

    >>> e_benjamini_hochberg([math.log(150), math.log(150), 0.0], 0.02)
    [True, True, False]
    """
    n = len(log_e_values)
    order = sorted(range(n), key=lambda at: -log_e_values[at])
    kept = 0
    for rank, at in enumerate(order, start=1):
        if log_e_values[at] >= math.log(n / (alpha * rank)):
            kept = rank
    return [at in set(order[:kept]) for at in range(n)]
