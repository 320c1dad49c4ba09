"""How strong is the evidence now, when one looks after every measurement and stops when one likes?

An e-value is what a bet against the claim has won: under the claim it exceeds 1/alpha, at any time,
with probability at most alpha (J. Ville, "Étude critique de la notion de collectif", 1939; G. Shafer,
"Testing by betting", JRSS A 184, 2021). All functions return its natural logarithm, which does not
overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

__all__ = ["BETS", "log_e_mean", "log_e_sign", "lower_bound", "upper_bound"]

# Shares of the wealth that are put on each sign. The small ones win where the share of signs is near
# a half, the large ones decide within a dozen when all agree; their mean loses log(5) to the best.
BETS = (0.1, 0.25, 0.5, 0.75, 0.9)


def log_e_sign(above: int, below: int) -> float:
    """Weigh the signs against the claim that at most half of the values lie above.

    Each sign may depend on all before it, as long as under the claim it is `above` with
    probability at most one half: nothing else is assumed. Values on the bound count on neither
    side. The bets are mixed as by I. Waudby-Smith and A. Ramdas, "Estimating means of bounded
    random variables by betting", JRSS B 86 (2024), section 4.

    >>> log_e_sign(12, 0) > math.log(100) > log_e_sign(12, 4)
    True
    """
    if above < 0 or below < 0:
        raise ValueError(f"counts must not be negative, got {above!r} and {below!r}")
    won = [above * math.log1p(bet) + below * math.log1p(-bet) for bet in BETS]
    best = max(won)
    return best + math.log(math.fsum(math.exp(each - best) for each in won) / len(won))


def log_e_mean(
    values: Sequence[float], variances: Sequence[float], bound: float, *, typical: float
) -> float:
    """Weigh the values against the claim that their common mean is at most `bound`.

    The values are independent and normal, or lighter in their tails, with the variances given.
    The bets are mixed over how far the mean may lie above, half-normal with scale `typical`:
    the one-sided normal mixture of S. R. Howard et al., "Time-uniform, nonparametric,
    nonasymptotic confidence sequences", Annals of Statistics 49 (2021), proposition 6.

    Raises: ValueError unless there are as many variances as values, all positive.

    >>> round(log_e_mean([0.05, 0.05, 0.05], [1e-4] * 3, 0.01, typical=0.02), 2)
    21.56
    """
    if len(values) != len(variances) or any(each <= 0 for each in variances):
        raise ValueError(
            f"each value must have a variance above 0, got {len(values)} values and {variances!r:.80}"
        )
    precision = math.fsum(1 / each for each in variances)
    score = math.fsum((value - bound) / each for value, each in zip(values, variances, strict=True))
    prior = 1 / typical**2
    total = precision + prior
    scale = 0.5 * math.log(prior / total) + math.log(2)
    return scale + score * score / (2 * total) + _log_normal_cdf(score / math.sqrt(total))


def lower_bound(log_e: Callable[[float], float], start: float, alpha: float) -> float:
    """Return the highest bound that the evidence rules out from above: the mean lies over it.

    `log_e(bound)` is the evidence against "at most bound" and falls as the bound rises; `start`
    is a bound that it does not rule out, such as the estimate. At level `alpha`, at any time.
    Without an end within a factor of e**8 the answer is minus infinity.
    """
    return -upper_bound(lambda bound: log_e(-bound), -start, alpha)


def upper_bound(log_e: Callable[[float], float], start: float, alpha: float) -> float:
    """Return the lowest bound that the evidence rules out: the mean lies under it.

    `log_e(bound)` is the evidence against "at least bound" and rises with the bound.
    """
    needed = math.log(1 / alpha)
    low, step = start, 1e-3
    while log_e(low + step) < needed:
        low += step
        step *= 2
        if step > 8:
            return math.inf
    high = low + step
    while high - low > 1e-6:
        middle = (low + high) / 2
        if log_e(middle) < needed:
            low = middle
        else:
            high = middle
    return high


def _log_normal_cdf(z: float) -> float:
    """Return log P(Z <= z); beyond -30 by the tail's own expansion, where erfc is 0."""
    if z > -30:
        return math.log(math.erfc(-z / math.sqrt(2)) / 2)
    return -z * z / 2 - math.log(-z * math.sqrt(2 * math.pi))
