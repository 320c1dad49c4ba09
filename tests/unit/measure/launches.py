"""How do launches look whose truth is known?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from holdfast.clock import Random
from holdfast.measure.verdict import Launch, Pair

__all__ = ["launch_of", "launches_of", "pair_of"]


def pair_of(ratio: float, **changes: float) -> Pair:
    pair = Pair(
        base_first=True,
        base_wall_s=0.01,
        base_cpu_s=0.01,
        new_wall_s=0.01 * ratio,
        new_cpu_s=0.01 * ratio,
    )
    return msgspec.structs.replace(pair, **changes)


def launch_of(ratios: Sequence[float], **changes: float) -> Launch:
    return Launch(pairs=tuple(pair_of(ratio, **changes) for ratio in ratios), calls=4)


def launches_of(
    random: Random,
    ratio: float,
    *,
    launch_sd: float,
    pair_sd: float = 0.02,
    count: int = 24,
    pairs: int = 8,
) -> list[Launch]:
    """Draw launches around a ratio; a fifth of the pairs are disturbed by eight times as much."""
    made: list[Launch] = []
    for _ in range(count):
        middle = math.log(ratio) + random.gauss(0, launch_sd)
        logs = [
            middle + random.gauss(0, pair_sd * (8 if random.random() < 0.2 else 1))
            for _ in range(pairs)
        ]
        made.append(launch_of([math.exp(each) for each in logs]))
    return made
