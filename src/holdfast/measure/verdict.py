"""Is the new version slower? What the pairs of all launches prove, in numbers; pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import median, stdev
from typing import Literal

import msgspec

from holdfast.stats.eprocess import log_e_mean, log_e_sign, lower_bound, upper_bound

__all__ = [
    "Clock",
    "Comparison",
    "Launch",
    "Noise",
    "Pair",
    "Rules",
    "Status",
    "Unit",
    "conclude",
    "status_of",
]

Unit = Literal["auto", "cpu", "wall"]
Clock = Literal["cpu", "wall"]
Status = Literal["slower", "fine", "undecided", "error"]

# Two fresh processes of the same code differ by about this much on one CPU, as a standard deviation
# of the log ratio (docs/reference/compare.md, "Why launches"). It is taken as no smaller than this
# even where the few launches at hand happen to agree better.
LAUNCH_SD = 0.0075
# How far beyond a bound the truth is expected to lie, if it does; bets are spread around it.
TYPICAL = 0.02
LEAST_LAUNCHES = 2
# From a median absolute deviation to a standard deviation, and from there to that of a median.
MAD = 1.4826
OF_MEDIAN = 1.2533
# Below this share of CPU in the wall time of its quietest batch, a version waits for something.
CPU_BOUND = 0.9
# A version waits if it does so in more than this share of its batches.
WAITS_SHARE = 0.2
CLOCK_AT: dict[Clock, int] = {"wall": 0, "cpu": 1}


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What must be proven, and how surely."""

    slower: float
    floor: float
    alpha: float
    unit: Unit = "auto"


class Pair(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The same number of calls by each side, one right after the other.

    Seconds are those of all calls; `waits` and `pushed` are voluntary and involuntary switches.
    """

    base_first: bool
    base_wall_s: float
    base_cpu_s: float
    new_wall_s: float
    new_cpu_s: float
    base_waits: int = 0
    new_waits: int = 0
    base_pushed: int = 0
    new_pushed: int = 0


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """Two fresh processes and the pairs that they ran, both on one CPU if there is one named.

    `calls` make a batch; `base_calls` that of the base, where it does other work than the new one.
    """

    pairs: tuple[Pair, ...]
    calls: int
    base_calls: int = 0
    hash_seed: int = 0
    cpu: int | None = None
    warm_up_batches: int = 0
    is_steady: bool = True
    # The share of the time in which some process of the machine waited for a CPU (PSI), if known.
    stalled: float | None = None


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """The witnesses: what speaks for or against trusting the numbers.

    `cpu_share` is CPU over wall time, as a rule and in the quietest batch; `pushed_per_s` counts
    involuntary switches; `pair_sd` and `launch_sd` are the spreads of the log ratio within and
    between launches; `stalled` is the share of time in which the machine had no CPU to spare.
    """

    cpu_share: float
    quiet_cpu_share: float
    waits_per_call: float
    pushed_per_s: float
    pair_sd: float
    launch_sd: float
    is_steady: bool
    stalled: float | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on new / base, with its evidence.

    `low` and `high` bound the ratio, each with probability at least 1 - alpha at any time of
    looking. `e_value` is the evidence for the status, or the larger one where nothing is proven;
    `e_slower` and `e_fine` are the evidence for each.
    `launches` are the raw pairs: `conclude(launches, rules)` judges them again.
    """

    status: Status
    reason: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    e_value: float = 1.0
    e_slower: float = 1.0
    e_fine: float = 1.0
    pairs: int = 0
    clock: Clock = "cpu"
    base_s: float | None = None
    new_s: float | None = None
    noise: Noise | None = None
    rules: Rules
    is_extended: bool = False
    seed: int = 0
    launches: tuple[Launch, ...] = ()


class _Ratios(msgspec.Struct, frozen=True, kw_only=True):
    """Log ratios: all, one per launch, and the variance that each of the latter has."""

    pairs: tuple[float, ...]
    medians: tuple[float, ...]
    variances: tuple[float, ...]
    pair_sd: float
    launch_sd: float


def conclude(launches: Sequence[Launch], rules: Rules) -> Comparison:
    """Judge the pairs of all launches: `slower`, `fine` or `undecided`.

    Two tests must both be convinced, each in its own way, so that their smaller e-value counts:
    the signs of all pairs, which assumes nothing about how times spread; and the launches' medians
    around their mean, which knows that two processes of the same code differ.
    """
    launches = tuple(each for each in launches if each.pairs)
    if not launches:
        return Comparison(status="undecided", reason="there was no time for a pair", rules=rules)
    clock = _clock(launches, rules.unit)
    ratios = _ratios(launches, clock)
    estimate = _weighted_mean(ratios.medians, ratios.variances)
    low = lower_bound(lambda bound: _log_e_over(ratios, bound), estimate, rules.alpha)
    high = upper_bound(lambda bound: _log_e_under(ratios, bound), estimate, rules.alpha)
    floor, limit = math.log1p(rules.floor), math.log1p(rules.slower)
    for_slower, for_fine = _log_e_over(ratios, floor), _log_e_under(ratios, limit)
    status, reason = status_of(estimate, low=low, high=high, floor=floor, limit=limit)
    doubt = _few_far(launches, ratios, clock, rules) or _hidden_wait(launches, clock, rules)
    if status == "fine" and doubt:
        status, reason = "undecided", doubt
    if len(launches) < LEAST_LAUNCHES:
        status, reason = "undecided", "one launch cannot tell code from the luck of its processes"
    log_e = {"slower": for_slower, "fine": for_fine}.get(status, max(for_slower, for_fine))
    return Comparison(
        status=status,
        reason=reason,
        ratio=math.exp(estimate),
        low=math.exp(low),
        high=_exp(high),
        e_value=_exp(log_e),
        e_slower=_exp(for_slower),
        e_fine=_exp(for_fine),
        pairs=len(ratios.pairs),
        clock=clock,
        base_s=_per_call(launches, clock, "base"),
        new_s=_per_call(launches, clock, "new"),
        noise=_noise(launches, ratios),
        rules=rules,
        launches=launches,
    )


def _exp(log: float) -> float:
    """Return e to a power, cut where a float ends."""
    return math.exp(min(log, 700.0))


def status_of(
    estimate: float, *, low: float, high: float, floor: float, limit: float
) -> tuple[Status, str]:
    """Return what bounds of a log ratio prove, or that they prove nothing, and why."""
    is_slower, is_fine = low > floor, high < limit
    if is_slower and is_fine:
        # Between floor and limit both are proven: say what it is nearer to.
        return ("slower" if estimate > (floor + limit) / 2 else "fine"), ""
    if is_slower or is_fine:
        return ("slower" if is_slower else "fine"), ""
    return "undecided", (
        f"the ratio lies between {math.exp(low):.3f} and {_exp(high):.3f}: "
        f"neither above {math.exp(floor):.3f} nor below {math.exp(limit):.3f} is proven"
    )


def _few_far(launches: Sequence[Launch], ratios: _Ratios, clock: Clock, rules: Rules) -> str:
    """Say that a few calls are slower by far, which a median does not see, "" where they are not."""
    total = median(_total_ratio(launch, clock) for launch in launches)
    far = max(2 * rules.slower, 4 * ratios.pair_sd)
    slower = sum(value > far for value in ratios.pairs)
    faster = sum(value < -far for value in ratios.pairs)
    # What disturbs the machine strikes both sides alike.
    if total < 1 + rules.slower or slower <= 2 * faster + 2:
        return ""
    return (
        f"most calls are fine, but all of them together took {total - 1:.1%} more: "
        "a few are slower by far"
    )


def _hidden_wait(launches: Sequence[Launch], clock: Clock, rules: Rules) -> str:
    """Say why CPU time may hide what a version waits for, "" where it does not."""
    if clock != "cpu":
        return ""
    base, new = (_quietest(launches, side) for side in ("base", "new"))
    waits = any(_waits(launches, side) for side in ("base", "new"))
    if waits and new[0] / base[0] >= 1 + rules.slower:
        return (
            f"CPU time is fine, but the quietest wall time grew by {new[0] / base[0] - 1:.1%}: "
            'it waits; compare with unit="wall"'
        )
    if min(base[1], new[1]) < CPU_BOUND and waits:
        return 'a version waits, which CPU time does not see; compare with unit="wall"'
    return ""


def _total_ratio(launch: Launch, clock: Clock) -> float:
    base_s, new_s = (
        math.fsum(_taken(pair, side)[CLOCK_AT[clock]] for pair in launch.pairs)
        for side in ("base", "new")
    )
    return new_s / max(base_s, 1e-6)


def _clock(launches: Sequence[Launch], unit: Unit) -> Clock:
    """Choose the CPU's clock where it tells all the time: the quietest batch had the CPU throughout."""
    if unit != "auto":
        return unit
    first = launches[:1]
    for side in ("base", "new"):
        share = _quietest(first, side)[1]
        # Without a wait, what is missing was taken by others; above 1, threads work side by side.
        waits_too_long = share < CPU_BOUND and _waits(first, side)
        if waits_too_long or share > 2 - CPU_BOUND:
            return "wall"
    return "cpu"


def _taken(pair: Pair, side: str) -> tuple[float, float, int]:
    """Return wall seconds, CPU seconds and waits of one side of a pair."""
    if side == "base":
        return pair.base_wall_s, pair.base_cpu_s, pair.base_waits
    return pair.new_wall_s, pair.new_cpu_s, pair.new_waits


def _quietest(launches: Sequence[Launch], side: str) -> tuple[float, float]:
    """Return wall seconds per call, and the share of CPU in it, of the shortest batch."""
    wall_s, cpu_s, calls = min(
        ((*_taken(pair, side)[:2], launch.calls) for launch in launches for pair in launch.pairs),
        key=lambda each: each[0] / each[2],
    )
    return wall_s / calls, cpu_s / wall_s


def _waits(launches: Sequence[Launch], side: str) -> bool:
    """Tell whether a version waits as a rule; single times, such as a page fault, do not count."""
    taken = [_taken(pair, side)[2] > 0 for launch in launches for pair in launch.pairs]
    return sum(taken) > WAITS_SHARE * len(taken)


def _per_call(launches: Sequence[Launch], clock: Clock, side: str) -> float:
    return median(
        _taken(pair, side)[CLOCK_AT[clock]] / launch.calls
        for launch in launches
        for pair in launch.pairs
    )


def _ratios(launches: Sequence[Launch], clock: Clock) -> _Ratios:
    groups = [[_log_ratio(pair, clock) for pair in launch.pairs] for launch in launches]
    medians = [median(group) for group in groups]
    apart = [
        [abs(value - middle) for value in group]
        for group, middle in zip(groups, medians, strict=True)
    ]
    # Distances from medians of few values are too small.
    count = sum(map(len, groups))
    pair_sd = MAD * median(itertools.chain(*apart)) * math.sqrt(count / max(1, count - len(groups)))
    variances: list[float] = []
    for group in apart:
        # A launch that was disturbed says so itself; one that agrees well may do so by chance.
        own_sd = max(MAD * median(group), pair_sd / 2)
        variances.append(LAUNCH_SD**2 + (OF_MEDIAN * own_sd) ** 2 / len(group))
    excess = _excess(medians, variances)
    return _Ratios(
        pairs=tuple(itertools.chain(*groups)),
        medians=tuple(medians),
        variances=tuple(each * excess for each in variances),
        pair_sd=pair_sd,
        launch_sd=stdev(medians) if len(medians) > 1 else 0.0,
    )


def _excess(medians: Sequence[float], variances: Sequence[float]) -> float:
    """Return by what the variances must grow to explain how far the launches lie apart, at least 1.

    R. T. Birge, "The calculation of errors by the method of least squares", Physical Review 40
    (1932), with more caution the fewer launches there are: so few may agree by chance.
    """
    freedom = len(medians) - 1
    if not freedom:
        return 1.0
    centre = _weighted_mean(medians, variances)
    squares = math.fsum(
        (value - centre) ** 2 / each for value, each in zip(medians, variances, strict=True)
    )
    return max(1.0, squares / freedom * (1 + 2 / freedom))


def _log_ratio(pair: Pair, clock: Clock) -> float:
    # A clock that stood still: the shortest time that it can show (1 us) is the better guess.
    base, new = (max(_taken(pair, side)[CLOCK_AT[clock]], 1e-6) for side in ("base", "new"))
    return math.log(new / base)


def _weighted_mean(values: Sequence[float], variances: Sequence[float]) -> float:
    weighted = math.fsum(value / each for value, each in zip(values, variances, strict=True))
    return weighted / math.fsum(1 / each for each in variances)


def _log_e_over(ratios: _Ratios, bound: float) -> float:
    """Weigh the evidence that the ratio lies over a bound."""
    above = sum(value > bound for value in ratios.pairs)
    below = sum(value < bound for value in ratios.pairs)
    by_launch = log_e_mean(ratios.medians, ratios.variances, bound, typical=TYPICAL)
    return min(log_e_sign(above, below), by_launch)


def _log_e_under(ratios: _Ratios, bound: float) -> float:
    """Weigh the evidence that the ratio lies under a bound."""
    above = sum(value > bound for value in ratios.pairs)
    below = sum(value < bound for value in ratios.pairs)
    flipped = [-value for value in ratios.medians]
    by_launch = log_e_mean(flipped, ratios.variances, -bound, typical=TYPICAL)
    return min(log_e_sign(below, above), by_launch)


def _noise(launches: Sequence[Launch], ratios: _Ratios) -> Noise:
    pairs = [pair for launch in launches for pair in launch.pairs]
    wall_s = math.fsum(pair.base_wall_s + pair.new_wall_s for pair in pairs)
    cpu_s = math.fsum(pair.base_cpu_s + pair.new_cpu_s for pair in pairs)
    calls = sum(launch.calls * 2 * len(launch.pairs) for launch in launches)
    stalled = [launch.stalled for launch in launches if launch.stalled is not None]
    return Noise(
        cpu_share=cpu_s / wall_s,
        quiet_cpu_share=min(_quietest(launches, side)[1] for side in ("base", "new")),
        waits_per_call=sum(pair.base_waits + pair.new_waits for pair in pairs) / calls,
        pushed_per_s=sum(pair.base_pushed + pair.new_pushed for pair in pairs) / wall_s,
        pair_sd=ratios.pair_sd,
        launch_sd=ratios.launch_sd,
        is_steady=all(launch.is_steady for launch in launches),
        stalled=max(stalled) if stalled else None,
    )
