"""How often does this machine cry wolf over identical code, and what is the least that it finds?"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import msgspec

from holdfast.errors import UsageError
from holdfast.measure.compare_versions import compare, rules_of
from holdfast.measure.verdict import Comparison, Rules
from holdfast.measure.version import Target, Version
from holdfast.stats.intervals import wilson
from holdfast.stats.percentiles import percentile

__all__ = ["SelfTest", "aa", "check_gate", "self_test"]

# What is found in nine of ten comparisons counts as found.
FOUND_SHARE = 90


class SelfTest(msgspec.Struct, frozen=True, kw_only=True):
    """What comparisons of a version with itself show.

    `false_alarms` are comparisons that found either side slower; their true rate lies below
    `false_alarm_high` with 95 % confidence. `detectable` is the smallest slow-down that nine of
    ten comparisons would have told from none, at the floor of `rules`; it is None where too few
    could be measured.
    """

    comparisons: int
    false_alarms: int
    fine: int
    undecided: int
    errors: int
    false_alarm_high: float
    detectable: float | None
    launch_sd: float
    pairs: float
    stalled: float | None
    rules: Rules
    reason: str = ""


def aa(
    target: Version | Target,
    *,
    comparisons: int = 30,
    slower: float = 0.05,
    floor: float | None = None,
    alpha: float = 0.01,
    seed: int = 0,
    progress: Callable[[int, Comparison], None] | None = None,
    **options: Any,
) -> SelfTest:
    """Compare a version with itself and tell this machine's own limits, here and now.

    `options` are those of `compare`; `progress` is told the number and outcome of each comparison.

    Raises:
        UsageError: as for `compare`, and for less than one comparison.
    """
    rules = rules_of(slower=slower, floor=floor, alpha=alpha, unit=options.get("unit", "auto"))
    if comparisons < 1:
        raise UsageError(f"comparisons must be at least 1, got {comparisons!r}")
    done: list[Comparison] = []
    for number in range(comparisons):
        found = compare(
            target,
            target,
            slower=slower,
            floor=rules.floor,
            alpha=alpha,
            seed=seed + number,
            **options,
        )
        done.append(found)
        if progress is not None:
            progress(number, found)
        if found.status == "error" and number == 0:
            break
    return self_test(done, rules)


def self_test(done: list[Comparison], rules: Rules) -> SelfTest:
    """Sum up comparisons of identical versions."""
    bounds = [(each.low, each.high) for each in done if each.low is not None]
    known = [(low, high) for low, high in bounds if high is not None and low > 0]
    # Each comparison read in both directions: either side could have been the new one.
    alarms = sum(low > 1 + rules.floor or 1 / high > 1 + rules.floor for low, high in known)
    # A slow-down by this factor would have lifted `low` over the floor, and nothing less does.
    worst = [(1 + rules.floor) * max(1 / low, high) - 1 for low, high in known]
    noises = [each.noise for each in done if each.noise is not None]
    stalled = [noise.stalled for noise in noises if noise.stalled is not None]
    statuses = [each.status for each in done]
    return SelfTest(
        comparisons=len(done),
        false_alarms=alarms,
        fine=statuses.count("fine"),
        undecided=statuses.count("undecided"),
        errors=statuses.count("error"),
        false_alarm_high=wilson(alarms, len(known))[1],
        detectable=percentile(worst, FOUND_SHARE) if worst else None,
        launch_sd=median(noise.launch_sd for noise in noises) if noises else 0.0,
        pairs=median(each.pairs for each in done),
        stalled=median(stalled) if stalled else None,
        rules=rules,
        reason=next((each.reason for each in done if each.status == "error"), ""),
    )


def check_gate(test: SelfTest, slower: float) -> None:
    """Refuse a limit that this machine cannot decide.

    Raises:
        UsageError: the limit is below what is detectable, or nothing is known.
    """
    if test.detectable is None:
        raise UsageError(
            f"a self-test must have measured something, got {test.reason or 'no bounds'}"
        )
    if slower < test.detectable:
        raise UsageError(
            f"slower must be at least what this machine can tell, {test.detectable:.1%}, "
            f"got {slower:.1%}",
            hint="allow more, raise the budget or the launches, or use a quieter machine",
        )
