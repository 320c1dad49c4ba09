"""What does a stored baseline hold, and what must be alike before one compares with it?"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Annotated, Any, cast

import msgspec

from holdfast.measure.verdict import CPU_BOUND, WAITS_SHARE, Clock, Unit

__all__ = [
    "FORMAT",
    "Baseline",
    "Host",
    "Interpreter",
    "Level",
    "Sitting",
    "SittingLaunch",
    "Stored",
    "What",
    "alike",
    "clock_of",
    "differences",
    "is_waiting",
    "nearest",
]

FORMAT = "holdfast-baseline/1"
# More CPU than time is that of threads side by side. A little more is what surrounds short batches:
# the clock of the CPU is read outside the event loop.
SIDE_BY_SIDE = 1.3
Positive = Annotated[float, msgspec.Meta(gt=0)]
Moment = Annotated[datetime.datetime, msgspec.Meta(tz=True)]


class What(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured: a function's name or a program's, and a digest of all it was given."""

    target: str
    arguments: str = ""
    concurrency: int = 1


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The class of a machine: whatever decides how fast code runs on it, and no name of its own.

    `memory_gib` is rounded to a power of two, `cpu_quota` is in CPUs; `is_virtual` and
    `cpu_quota` are None where nobody says.
    """

    cpu: str
    cores: int
    usable_cores: int
    memory_gib: float
    system: str
    architecture: str
    is_virtual: bool | None = None
    cpu_quota: float | None = None


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """Which Python it is, and how it was built and started (`debug`, `free-threaded`, ...)."""

    implementation: str
    version: str
    compiler: str = ""
    flags: tuple[str, ...] = ()


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What a launch took by one clock: medians per call, of the target and of the reference loop.

    `log_ratio` is the median of ln(target / reference) over the pairs, `sd` their spread.
    """

    target_s: Positive
    reference_s: Positive
    log_ratio: float
    sd: float


class SittingLaunch(msgspec.Struct, frozen=True, kw_only=True):
    """One fresh process of the target, in turns with one of the reference loop.

    `waits` is the share of the target's batches that waited for something, `quiet_cpu_share`
    that of the CPU in the wall time of its quietest batch.
    """

    pairs: int
    calls: int
    cpu: Level
    wall: Level
    waits: float
    quiet_cpu_share: float
    hash_seed: int = 0
    is_steady: bool = True
    stalled: float | None = None


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement at one time on one machine.

    `machine` tells machines of one class apart and says nothing else; `reference` names the
    loop that was run along; `commit` ends in `+` where files had changes.
    """

    at: Moment
    what: What
    host: Host
    interpreter: Interpreter
    reference: str
    launches: Annotated[tuple[SittingLaunch, ...], msgspec.Meta(min_length=1)]
    machine: str = ""
    commit: str = ""
    holdfast: str = ""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """All sittings that a file keeps, oldest first; of several classes of hosts, if need be."""

    format: str = FORMAT
    sittings: tuple[Sitting, ...] = ()


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What a run knows of its baseline: which file, and what that held when the run began.

    `update`: the run's own measurement is about to be added.
    """

    file: str = ""
    exists: bool = False
    update: bool = False
    sittings: tuple[Sitting, ...] = ()


def clock_of(sitting: Sitting, unit: Unit) -> Clock:
    """Choose the CPU's clock where it tells all the time that the target takes."""
    if unit != "auto":
        return unit
    shares = [launch.quiet_cpu_share for launch in sitting.launches]
    waits_too_long = max(shares) < CPU_BOUND and is_waiting(sitting)
    return "wall" if waits_too_long or median(shares) > SIDE_BY_SIDE else "cpu"


def is_waiting(sitting: Sitting) -> bool:
    """Tell whether the target waits as a rule; single times, such as a page fault, do not count."""
    pairs = sum(launch.pairs for launch in sitting.launches)
    return sum(launch.waits * launch.pairs for launch in sitting.launches) > WAITS_SHARE * pairs


def alike(sittings: Iterable[Sitting], now: Sitting) -> tuple[Sitting, ...]:
    """Return the sittings of the same target, on the same class of host, by the same interpreter."""
    return tuple(each for each in sittings if not differences(each, now))


def nearest(sittings: Sequence[Sitting], now: Sitting) -> tuple[str, ...]:
    """Return in what the sitting differs that differs in the least."""
    return min((differences(each, now) for each in sittings), key=len)


def differences(was: Sitting, now: Sitting) -> tuple[str, ...]:
    """Name each fact that keeps two sittings from being compared."""
    named: list[tuple[str, Any, Any]] = [
        ("target", was.what.target, now.what.target),
        ("concurrency", was.what.concurrency, now.what.concurrency),
        ("CPU", was.host.cpu, now.host.cpu),
        ("cores", was.host.cores, now.host.cores),
        ("usable cores", was.host.usable_cores, now.host.usable_cores),
        ("memory in GiB", was.host.memory_gib, now.host.memory_gib),
        ("system", was.host.system, now.host.system),
        ("architecture", was.host.architecture, now.host.architecture),
        ("virtual machine", was.host.is_virtual, now.host.is_virtual),
        ("CPU quota", was.host.cpu_quota or "none", now.host.cpu_quota or "none"),
        ("interpreter", was.interpreter.implementation, now.interpreter.implementation),
        ("version", was.interpreter.version, now.interpreter.version),
        ("compiler", was.interpreter.compiler, now.interpreter.compiler),
        ("build", was.interpreter.flags, now.interpreter.flags),
        ("reference loop", was.reference, now.reference),
    ]
    others = [] if was.what.arguments == now.what.arguments else ["the arguments are others"]
    return (
        *others,
        *(f"{name} was {_shown(old)}, is {_shown(new)}" for name, old, new in named if old != new),
    )


def _shown(value: Any) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(cast("tuple[str, ...]", value)) or "plain"
        case float():
            return f"{value:g}"
        case _:
            return str(value) or "not known"
