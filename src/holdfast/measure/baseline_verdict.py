"""Is the target slower than its stored baseline, as far as another time can be compared with? Pure."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Sequence
from statistics import fmean, median

import msgspec

from holdfast.measure.baseline import (
    Level,
    Sitting,
    alike,
    clock_of,
    is_waiting,
    nearest,
)
from holdfast.measure.verdict import LAUNCH_SD, OF_MEDIAN, Clock, Rules, Status, status_of
from holdfast.stats.student import student_quantile
from holdfast.text.format import format_share

__all__ = ["Held", "hold_against"]

# How far sittings of the same code lie apart on one class of host, as a standard deviation of the
# log time, before a baseline has shown it itself (docs/reference/compare.md, "Against another time").
PUBLISHED_SD: dict[Clock, float] = {"cpu": 0.0266, "wall": 0.10}
# As many further occasions is the published spread worth beside the baseline's own.
PUBLISHED_FREEDOM = 4
# Sittings that follow each other more closely share the machine's mood: they are one occasion.
OCCASION = datetime.timedelta(hours=1)
# The reference loop tells how fast the CPU was; nobody's waiting depends on that.
IS_NORMALISED: dict[Clock, bool] = {"cpu": True, "wall": False}
# What is less than this is no change of the code's.
LEAST_CHANGE = 0.01


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on now / baseline, and how far it can be trusted.

    `low` and `high` bound the ratio, each with probability 1 - alpha. Differences below `margin`
    cannot be told from the machine's own. `sittings` are those that could be compared with, taken
    on so many `occasions`. `trust` says it in a sentence. `is_noisy`: what hides differences most is
    how far the launches of now lie apart. `has_changed`: the target is another one than it was,
    slower or faster, whatever the limits are. `differs` names what kept all sittings from being
    compared.
    """

    status: Status
    reason: str = ""
    trust: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float | None = None
    clock: Clock = "cpu"
    is_normalised: bool = False
    now_s: float
    launch_sd: float
    sittings: int = 0
    occasions: int = 0
    is_same_machine: bool = True
    is_noisy: bool = False
    has_changed: bool = False
    differs: tuple[str, ...] = ()


class _Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What the sittings of one time say: a log time, and the variance that it has by itself."""

    level: float
    variance: float


def hold_against(now: Sitting, stored: Sequence[Sitting], rules: Rules) -> Held:
    """Judge a sitting by those of a baseline: `slower`, `fine` or `undecided`.

    Only sittings of the same class of host and the same interpreter are compared. How far those
    lie apart from each other widens the interval, beyond what the launches of one sitting show.
    """
    others = alike(stored, now)
    clock: Clock = (
        "wall" if any(clock_of(each, rules.unit) == "wall" for each in (now, *others)) else "cpu"
    )
    mine = _level(now, clock)
    known = Held(
        status="undecided",
        clock=clock,
        is_normalised=IS_NORMALISED[clock],
        now_s=median(_of(each, clock).target_s for each in now.launches),
        launch_sd=_launch_sd(now, clock),
        sittings=len(others),
    )
    if not others:
        return msgspec.structs.replace(known, differs=nearest(stored, now) if stored else ())
    is_same_machine = any(each.machine == now.machine for each in others)
    occasions = _occasions(others, clock, is_same_machine=is_same_machine)
    estimate = mine.level - fmean(each.level for each in occasions)
    spread = _spread(occasions, clock)
    theirs = fmean(each.variance for each in occasions) / len(occasions)
    freedom = PUBLISHED_FREEDOM + len(occasions) - 1
    reach = student_quantile(1 - rules.alpha, freedom) * math.sqrt(spread + theirs + mine.variance)
    low, high = estimate - reach, estimate + reach
    floor, limit = math.log1p(rules.floor), math.log1p(rules.slower)
    status, _ = status_of(estimate, low=low, high=high, floor=floor, limit=limit)
    reason = ""
    if status == "fine" and clock == "cpu" and is_waiting(now) and not any(map(is_waiting, others)):
        status = "undecided"
        reason = 'it waits now, which CPU time does not see, and did not; measure with unit: "wall"'
    held = msgspec.structs.replace(
        known,
        status=status,
        reason=reason,
        ratio=math.exp(estimate),
        low=math.exp(low),
        high=math.exp(high),
        margin=math.expm1(reach),
        occasions=len(occasions),
        is_same_machine=is_same_machine,
        is_noisy=mine.variance > spread,
        has_changed=low > math.log1p(LEAST_CHANGE) or high < -math.log1p(LEAST_CHANGE),
    )
    newest = max(each.at for each in others)
    return msgspec.structs.replace(held, trust=_trust(held, now.at - newest))


def _of(launch: object, clock: Clock) -> Level:
    level: Level = getattr(launch, clock)
    return level


def _logs(sitting: Sitting, clock: Clock) -> list[float]:
    """Return what each launch took, as a logarithm: in reference loops, or in seconds."""
    levels = [_of(each, clock) for each in sitting.launches]
    if IS_NORMALISED[clock]:
        return [each.log_ratio for each in levels]
    return [math.log(each.target_s) for each in levels]


def _launch_sd(sitting: Sitting, clock: Clock) -> float:
    logs = _logs(sitting, clock)
    return math.sqrt(_variance(logs))


def _level(sitting: Sitting, clock: Clock) -> _Occasion:
    """Return what a sitting says: the median of its launches, which one of them cannot lead astray."""
    logs = _logs(sitting, clock)
    # A few launches may agree by chance; no pair of processes does by more than LAUNCH_SD.
    spread = OF_MEDIAN * max(LAUNCH_SD, _launch_sd(sitting, clock))
    return _Occasion(level=median(logs), variance=spread * spread / len(logs))


def _occasions(
    sittings: Sequence[Sitting], clock: Clock, *, is_same_machine: bool
) -> list[_Occasion]:
    """Put together what tells nothing new of how far sittings lie apart.

    That is what was taken within the hour; and, as long as the machine of now is none of those of
    the baseline, all sittings of one machine: they show nothing of how far machines lie apart.
    """
    groups: list[list[Sitting]] = []
    if is_same_machine:
        ordered = sorted(sittings, key=lambda each: each.at)
        for each in ordered:
            if groups and each.at - groups[-1][-1].at < OCCASION:
                groups[-1].append(each)
            else:
                groups.append([each])
    else:
        ordered = sorted(sittings, key=lambda each: each.machine)
        groups = [
            list(group) for _, group in itertools.groupby(ordered, key=lambda each: each.machine)
        ]
    return [_together([_level(each, clock) for each in group]) for group in groups]


def _together(levels: Sequence[_Occasion]) -> _Occasion:
    return _Occasion(
        level=fmean(each.level for each in levels),
        variance=fmean(each.variance for each in levels) / len(levels),
    )


def _spread(occasions: Sequence[_Occasion], clock: Clock) -> float:
    """Return the variance of one more occasion around the mean of these.

    The spread between occasions is the baseline's own, pooled with the published one as if that
    came from further occasions, and never below its own.
    """
    count = len(occasions)
    own = _variance([each.level for each in occasions])
    freedom = PUBLISHED_FREEDOM + count - 1
    pooled = (PUBLISHED_FREEDOM * PUBLISHED_SD[clock] ** 2 + (count - 1) * own) / freedom
    return max(pooled, own) * (1 + 1 / count)


def _variance(values: Sequence[float]) -> float:
    """Return the variance of what the values are drawn from; of a single one it is not known: 0."""
    middle = fmean(values)
    return math.fsum((each - middle) ** 2 for each in values) / max(1, len(values) - 1)


def _trust(held: Held, age: datetime.timedelta) -> str:
    """Say in one sentence how far a comparison with the baseline can be trusted."""
    assert held.margin is not None  # noqa: S101 - there was something to compare with
    several = held.sittings > 1
    counted = f"{held.sittings} {'sittings' if several else 'sitting'}"
    if held.occasions < held.sittings:
        times = "occasion" if held.occasions == 1 else "occasions"
        kind = times if held.is_same_machine else times.replace("occasion", "machine")
        counted += f" (which count as {held.occasions} {kind})"
    where = "same host class" if held.is_same_machine else "another machine of the same host class"
    told = (
        f"baseline of {counted}, {'the newest ' if several else ''}{_old(age)}, {where}:"
        f" differences under {_percent(held.margin)} cannot be told from the"
        " machine's own"
    )
    if held.occasions > 1:
        return told
    spread = format_share(PUBLISHED_SD[held.clock], digits=2)
    return f"{told} (by the published spread of {spread}: a single occasion shows none)"


def _percent(share: float) -> str:
    return format_share(share, digits=2) if share < 1 else f"{100 * share:,.0f} %"


def _old(age: datetime.timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours < 1:
        return "less than an hour old"
    size, unit = (hours / 24, "day") if hours >= 48 else (hours, "hour")
    count = math.floor(size)
    return f"{count} {unit}{'' if count == 1 else 's'} old"
