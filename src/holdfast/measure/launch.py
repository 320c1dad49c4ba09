"""What do two fresh processes of the old and the new version take, in lock-step?"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from holdfast.clock import Random, monotonic
from holdfast.measure.lockstep import Batch, NotMeasured, SideProcess
from holdfast.measure.verdict import MAD, OF_MEDIAN, WAITS_SHARE, Launch, Pair, Unit
from holdfast.measure.version import Prepared
from holdfast.stats.warmup import is_steady

__all__ = ["COOKIE", "Sides", "launch"]

# What one side takes in a pair. Shorter ones are half noise: the way to the other process and back,
# and the caches that it finds cold, are measured along.
BATCH_S = 0.010
MOST_CALLS = 10_000_000
# Beside a call that takes longer than a batch, other work runs longer too, up to so many batches.
MOST_STRETCHED = 10
# A pair is cut into turns A B B A ..., so that what disturbs the machine for some milliseconds
# disturbs both sides: measured beside a busy process, launches agree better by a third.
MOST_TURNS = 4
# Within this many batches an interpreter that adapts its code has done so; a compiler that has not
# is told by `is_steady`.
MOST_WARM_UPS = 24
LEAST_WARM_UPS = 6
LONGEST_WARM_UP_S = 1.0
# So many pairs show how far pairs of one launch lie apart; more are needed only as long as that
# blurs the launch's median by more than a part of what launches differ in any case.
LEAST_PAIRS = 6
FEWEST_PAIRS = 3
MOST_PAIRS = 64
BLUR = 0.005
# One busy neighbour leaves half of a CPU. Who gets much less looks for another one; a short batch
# may have waited for one time slice of its neighbour.
STARVED = 2.5
SLICE_S = 0.010
COOKIE = "HOLDFAST_COMPARISON"
PRESSURE = Path("/proc/pressure/cpu")


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """The two versions, ready to be started again and again.

    `cookie` is in the environment of all that they start, so that it can be found and ended.
    Sides that are not alike do other work: each makes as many calls as fill its batch.
    """

    base: Prepared
    new: Prepared
    cookie: str = ""
    is_alike: bool = True


def launch(
    sides: Sides,
    random: Random,
    *,
    slice_s: float,
    calls: int = 0,
    base_calls: int = 0,
    unit: Unit = "auto",
) -> Launch:
    """Start both versions anew, warm them up, and let them run pairs for about `slice_s`.

    Each pair has its order from `random`, so that whatever changes over time speaks for neither
    side. `calls` per batch are found out where none are given; `base_calls` are those of the base,
    where the sides are not alike. Start and warm-up take as long as they take.

    Raises:
        NotMeasured: a version cannot be started, raised, or did not answer.
    """
    hash_seed = random.randrange(1, 2**32)
    # The same for both: strings land in the same slots of their dicts and sets.
    env = {"PYTHONHASHSEED": str(hash_seed), COOKIE: sides.cookie}
    with (
        SideProcess(sides.base, name=f"base {sides.base.name}", env=env) as base,
        SideProcess(sides.new, name=f"new {sides.new.name}", env=env) as new,
    ):
        for side in random.sample([base, new], k=2):
            side.start()
        for side in (base, new):
            side.wait_ready()
        if sides.is_alike and base.lane != new.lane:
            raise NotMeasured(f"both sides must be called alike, got {base.lane} and {new.lane}")
        _fill_batches(base, new, is_alike=sides.is_alike, calls=calls, base_calls=base_calls)
        turns = _turns(min(base.calls, new.calls))
        place = _Place(base, new)
        warm_ups, steady = _warm_up(place, turns)
        stalled = _stalled()
        pairs = _run_pairs(place, random, turns=turns, slice_s=slice_s, unit=unit)
        return Launch(
            pairs=tuple(pairs),
            calls=new.calls,
            base_calls=0 if sides.is_alike else base.calls,
            hash_seed=hash_seed,
            cpu=place.cpu,
            warm_up_batches=warm_ups,
            is_steady=steady,
            stalled=stalled(),
        )


def _fill_batches(
    base: SideProcess, new: SideProcess, *, is_alike: bool, calls: int, base_calls: int
) -> None:
    """Tell both sides how many calls make a batch."""
    if is_alike:
        base.calls = new.calls = calls or min(_calls_per_batch(base), _calls_per_batch(new))
        return
    new.calls = calls or _calls_per_batch(new)
    if base_calls:
        base.calls = base_calls
        return
    # A long call is held against a longer stretch: a short one may see another mood of the machine.
    stretch = min(MOST_STRETCHED, new.run(new.calls).wall_s / BATCH_S)
    base.calls = math.ceil(_calls_per_batch(base) * max(1.0, stretch))


def _calls_per_batch(side: SideProcess) -> int:
    """Double the calls until a batch takes its time; the first calls warm up on the way."""
    calls = 1
    while True:
        took_s = side.run(calls).wall_s
        if took_s >= BATCH_S or calls >= MOST_CALLS:
            break
        calls = max(calls * 2, min(calls * 8, math.ceil(calls * BATCH_S / max(took_s, 1e-6))))
    # The last batch may have been pushed aside, and may have been the first in which all is warm.
    per_call = min(side.run(calls).wall_s for _ in range(2)) / calls
    return max(1, math.ceil(BATCH_S / per_call))


class _Place:
    """The one CPU on which both sides run, in turn; `cpu` is None where they may run anywhere.

    CPUs of one machine differ, by a factor of two where a neighbour shares a core: two processes
    of the same code, each on a CPU of its own, would differ by that.
    """

    def __init__(self, base: SideProcess, new: SideProcess) -> None:
        self.base = base
        self.new = new
        self.cpu = self._choose()

    def leave_if_starved(self, batch: Batch) -> None:
        """Look for another CPU where others took most of this one."""
        took_s = batch.wall_s - SLICE_S
        if self.cpu is not None and not batch.waits and took_s > STARVED * batch.cpu_s:
            for side in (self.base, self.new):
                side.pin(-1)
            self.cpu = self._choose()

    def _choose(self) -> int | None:
        """Take the CPU on which the shorter of two batches ran, unless the sides need more than one."""
        ran = [(side.run(side.calls), side.where()) for side in (self.base, self.new)]
        if any(threads > 1 or batch.cpu_s > 1.1 * batch.wall_s for batch, (_, threads) in ran):
            return None
        _, (cpu, _) = min(ran, key=lambda each: each[0].wall_s)
        if cpu < 0:
            return None
        for side in (self.base, self.new):
            side.pin(cpu)
        return cpu


def _warm_up(place: _Place, turns: int) -> tuple[int, bool]:
    """Run batches until both sides keep their level; tell how many, and whether they do."""
    taken: tuple[list[float], list[float]] = ([], [])
    took_s = 0.0
    for count in range(1, MOST_WARM_UPS + 1):
        for side, times in zip((place.base, place.new), taken, strict=True):
            batch = side.run(max(1, side.calls // turns))
            times.append(batch.cpu_s)
            took_s += batch.wall_s
            place.leave_if_starved(batch)
        if count >= LEAST_WARM_UPS and all(map(is_steady, taken)):
            return count, True
        if took_s >= LONGEST_WARM_UP_S:
            break
    return len(taken[0]), False


def _turns(calls: int) -> int:
    """Return into how many turns the calls of a batch are cut: 1, 2 or 4."""
    return next(turns for turns in (MOST_TURNS, 2, 1) if calls >= turns)


def _run_pairs(
    place: _Place,
    random: Random,
    *,
    turns: int,
    slice_s: float,
    unit: Unit,
) -> list[Pair]:
    pairs: list[Pair] = []
    end = monotonic() + slice_s
    while len(pairs) < MOST_PAIRS:
        base, new = place.base, place.new
        base_first = random.random() < 0.5
        first, second = (base, new) if base_first else (new, base)
        taken: dict[SideProcess, list[Batch]] = {base: [], new: []}
        for turn in range(turns):
            for side in (second, first) if turn % 2 else (first, second):
                taken[side].append(side.run(len(range(turn, side.calls, turns))))
        pairs.append(_pair(_total(taken[base]), _total(taken[new]), base_first=base_first))
        place.leave_if_starved(_total([*taken[base], *taken[new]]))
        is_late = len(pairs) >= FEWEST_PAIRS and monotonic() >= end
        if is_late or (len(pairs) >= LEAST_PAIRS and _is_sharp(pairs, unit=unit)):
            break
    return pairs


def _total(batches: list[Batch]) -> Batch:
    return Batch(
        wall_s=math.fsum(batch.wall_s for batch in batches),
        cpu_s=math.fsum(batch.cpu_s for batch in batches),
        waits=sum(batch.waits for batch in batches),
        pushed=sum(batch.pushed for batch in batches),
    )


def _pair(base: Batch, new: Batch, *, base_first: bool) -> Pair:
    return Pair(
        base_first=base_first,
        base_wall_s=base.wall_s,
        base_cpu_s=base.cpu_s,
        new_wall_s=new.wall_s,
        new_cpu_s=new.cpu_s,
        base_waits=base.waits,
        new_waits=new.waits,
        base_pushed=base.pushed,
        new_pushed=new.pushed,
    )


def _is_sharp(pairs: list[Pair], *, unit: Unit) -> bool:
    """Tell whether more pairs of this launch would say little more; it looks at spreads alone."""
    waiting = sum(pair.base_waits + pair.new_waits > 0 for pair in pairs)
    if unit == "cpu" or (unit == "auto" and waiting <= WAITS_SHARE * len(pairs)):
        taken = [(pair.base_cpu_s, pair.new_cpu_s) for pair in pairs]
    else:
        taken = [(pair.base_wall_s, pair.new_wall_s) for pair in pairs]
    logs = [math.log(max(new, 1e-6) / max(base, 1e-6)) for base, new in taken]
    middle = median(logs)
    spread = MAD * median(abs(each - middle) for each in logs)
    return OF_MEDIAN * spread <= BLUR * math.sqrt(len(logs))


def _stalled() -> Callable[[], float | None]:
    """Start to measure the share of time in which some process waited for a CPU; call it to end."""
    start, total = monotonic(), _pressure_us()

    def share() -> float | None:
        now = _pressure_us()
        took_s = monotonic() - start
        return None if total is None or now is None else (now - total) / 1e6 / max(took_s, 1e-9)

    return share


def _pressure_us() -> int | None:
    """Return the kernel's count (PSI), or None where it keeps none."""
    try:
        fd = os.open(PRESSURE, os.O_RDONLY)
    except OSError:
        return None
    try:
        return int(os.read(fd, 200).split(b"total=")[1].split()[0])
    finally:
        os.close(fd)
