"""How do the channels of this process grow while the target is called? Counted, and looked at longer where they do."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import msgspec

from holdfast.measure.channels import Gauge, absent_channels
from holdfast.measure.leak_rule import Growth, floor_of, is_flat, judge_growth, still_grows
from holdfast.model.leak import CHANNELS, ChannelGrowth
from holdfast.stats.trend import theil_sen

__all__ = ["Counted", "LeakRequest", "count"]

# A cache that has not filled looks like a leak: growth must hold over three more stretches,
# four times the calls in all (field notes: a cache of 1,500 after 1,000 calls).
STRETCHES = 3
# One reading out of order hides growth from so few checkpoints; two more settle it.
EXTRA = 2
# What a longer look can settle.
OPEN = frozenset({"unsure", "fading", "grows"})
CALIBRATION = 8
# Channels that count things one by one. A target that holds on to another thread, child or file
# with every call is known after a dozen; it must not be made to hold thousands of them.
EXACT = ("fds", "threads", "children", "tasks", "files")
PILOT = 12
PILOT_RATE = 0.5
MOST_HELD = 300
TOO_FEW = "not judged: it was called too seldom, for it keeps more with every call"

Call = Callable[[int], Awaitable[None]]


class LeakRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to call, how often, and what to count; `folder` is for temporary files.

    Either `ref`, `module:function`, or `pickled`, base64 of a pickled callable.
    """

    folder: str
    phase: Literal["count", "sites", "native"] = "count"
    ref: str = ""
    pickled: str = ""
    kwargs: dict[str, Any] = {}
    root: str = ""
    iterations: int = 1200
    checkpoints: int = 12
    channels: tuple[str, ...] = tuple(CHANNELS)
    confirm: bool = True


class Counted(msgspec.Struct, kw_only=True):
    """What was counted over so many calls; `first` of them the first look after a pilot."""

    calls: int
    first: int = 0
    channels: tuple[ChannelGrowth, ...]


async def count(request: LeakRequest, call: Call, is_async: bool) -> Counted:  # noqa: FBT001 - one protocol for both phases
    """Call the target and judge every channel; whatever grows is looked at longer."""
    absent = absent_channels(request.channels, is_async=is_async)
    names = [name for name in request.channels if name not in absent]
    most = request.checkpoints * (1 + STRETCHES) + EXTRA
    gauge = Gauge(names, request.folder, max(most, CALIBRATION, PILOT))
    # The pilot's calls are among those that were asked for.
    step = max((request.iterations - PILOT) // request.checkpoints, 1)
    rate = await _pilot(gauge, call)
    if rate >= PILOT_RATE:
        step = max(int(MOST_HELD / (most * rate)), 1)
        absent |= {name: TOO_FEW for name in names if name not in EXACT}
        names = [name for name in names if name in EXACT]
    counting = _Counting(gauge, call, step, _residue(gauge))
    await counting.go_on(request.checkpoints)
    found = counting.judge(names)
    for _ in range(EXTRA):
        if not any(growth.verdict == "unsure" for growth in found.values()):
            break
        await counting.go_on(1)
        found = counting.judge(names)
    at = counting.calls[-1]
    ended: dict[str, int] = {}
    if request.confirm and any(growth.verdict in OPEN for growth in found.values()):
        found, ended = await _look_longer(request, counting, found)
    return Counted(
        calls=counting.calls[-1],
        first=at - PILOT,
        channels=(
            *(counting.describe(name, found[name], at, ended.get(name, 0)) for name in names),
            *(
                ChannelGrowth(name=name, unit=CHANNELS[name][0], status="absent", note=why)
                for name, why in absent.items()
            ),
        ),
    )


async def _pilot(gauge: Gauge, call: Call) -> float:
    """Return how many things the target takes and keeps with each call, seen over a dozen calls."""
    for _ in range(PILOT):
        await call(1)
        gauge.read()
    counts = list(range(PILOT // 3, PILOT))
    rates = [
        theil_sen(counts, gauge.readings(name)[PILOT // 3 :]).value
        for name in gauge.names
        if name in EXACT
    ]
    gauge.clear()
    return max(rates, default=0.0)


def _residue(gauge: Gauge) -> dict[str, float]:
    """Return what one checkpoint itself leaves on each channel: read with nothing between."""
    for _ in range(CALIBRATION):
        gauge.read()
    found: dict[str, float] = {}
    for name in gauge.names:
        readings = gauge.readings(name)[2:]
        growth = (readings[-1] - readings[0]) / (len(readings) - 1)
        found[name] = max(growth, 0.0)
    gauge.clear()
    return found


async def _look_longer(
    request: LeakRequest, counting: _Counting, found: dict[str, Growth]
) -> tuple[dict[str, Growth], dict[str, int]]:
    """Judge again with more checkpoints, until all is clear.

    Returns what each channel comes to, and the call after which one that grew had ended.
    """
    ended: dict[str, int] = {}
    for _ in range(STRETCHES):
        begin = len(counting.calls) - 1
        await counting.go_on(request.checkpoints)
        now = counting.judge(list(found))
        for name, growth in found.items():
            if growth.verdict in {"unsure", "fading"}:
                found[name] = now[name]
            elif growth.verdict == "grows" and name not in ended and counting.is_flat(name, begin):
                ended[name] = counting.calls[-1]
        if not any(found[name].verdict in OPEN and name not in ended for name in found):
            break
    begin = max(len(counting.calls) - 1 - request.checkpoints, 0)
    for name, growth in found.items():
        slowed = growth.verdict == "grows" and name not in ended
        if slowed and not counting.still_grows(name, begin, growth.per_call):
            # Neither over nor as before: nobody can tell how it goes on.
            found[name] = msgspec.structs.replace(growth, verdict="fading")
    return found, ended


class _Counting:
    """The checkpoints so far."""

    def __init__(self, gauge: Gauge, call: Call, step: int, residue: dict[str, float]) -> None:
        self._gauge = gauge
        self._call = call
        self._step = step
        self._residue = residue

    @property
    def calls(self) -> list[int]:
        """How often the target had been called at each checkpoint: computed, for a list would grow."""
        return [PILOT + self._step * (i + 1) for i in range(self._gauge.count)]

    async def go_on(self, checkpoints: int) -> None:
        """Call the target and read, so many times."""
        for _ in range(checkpoints):
            await self._call(self._step)
            self._gauge.read()
            if self._gauge.count == 1:
                # What lives since the first calls need not be walked again at each checkpoint.
                gc.freeze()

    def readings(self, name: str) -> list[float]:
        """Return the readings without what the checkpoints themselves left."""
        residue = self._residue[name]
        return [each - residue * i for i, each in enumerate(self._gauge.readings(name))]

    def judge(self, names: Sequence[str]) -> dict[str, Growth]:
        """Judge every channel as of now."""
        return {name: judge_growth(name, self.calls, self.readings(name)) for name in names}

    def is_flat(self, name: str, begin: int) -> bool:
        """Tell whether a channel has not grown since a checkpoint."""
        return is_flat(name, self.calls[begin:], self.readings(name)[begin:])

    def still_grows(self, name: str, begin: int, pace: float) -> bool:
        """Tell whether a channel went on growing since a checkpoint."""
        readings = self.readings(name)[begin:]
        return still_grows(name, self.calls[begin:], readings, pace=pace)

    def describe(self, name: str, growth: Growth, at: int, ended: int) -> ChannelGrowth:
        """Return what is told of one channel; `ended` is the call after which it no longer grew."""
        status, note = _status(growth, ended)
        return ChannelGrowth(
            name=name,
            unit=CHANNELS[name][0],
            status=status,
            per_call=growth.per_call,
            low=growth.low,
            high=max(growth.high, floor_of(name, self.calls)),
            suspected_at=at if growth.verdict == "grows" else 0,
            note=note,
            calls=self.calls,
            readings=self.readings(name),
        )


def _status(growth: Growth, ended: int) -> tuple[Literal["leaks", "growing", "clean"], str]:
    if growth.verdict == "grows":
        if ended:
            return "clean", f"it grew at first and was full after {ended:,} calls"
        return "leaks", ""
    if growth.verdict == "unsure":
        return "growing", "growth that chance could explain"
    if growth.verdict == "fading":
        return "growing", "growth that slows down, but has not ended"
    return "clean", ""
