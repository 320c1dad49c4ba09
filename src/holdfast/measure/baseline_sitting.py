"""What does a target take here and now, held against a reference loop that is run along?"""

from __future__ import annotations

import hashlib
import importlib.metadata
import math
import shlex
from pathlib import Path
from statistics import median

import msgspec

from holdfast.clock import SystemClock, seeded
from holdfast.measure import baseline_reference
from holdfast.measure.baseline import Level, Sitting, SittingLaunch, What
from holdfast.measure.baseline_host import describe_host, describe_interpreter, machine_mark
from holdfast.measure.compare_versions import SLICES, both_prepared
from holdfast.measure.launch import launch
from holdfast.measure.verdict import MAD, Launch, Unit
from holdfast.measure.version import Version, as_version, name_of
from holdfast.measure.version_place import revision_of

__all__ = ["describe_target", "summed_up", "take_sitting"]

REFERENCE = f"{Path(baseline_reference.__file__).resolve()}:{baseline_reference.work.__name__}"
# A clock that stood still: the shortest time that it can show.
LEAST_S = 1e-6


def take_sitting(new: Version, *, unit: Unit, budget_s: float, launches: int, seed: int) -> Sitting:
    """Measure a target in several fresh processes, each in turns with one of the reference loop.

    Raises:
        NotMeasured: it cannot be started, raised, or did not answer.
        PlaceFailed: its surroundings cannot be made.
    """
    random = seeded(seed, "sitting")
    count = SLICES * launches
    done: list[Launch] = []
    with both_prepared(Version(target=REFERENCE), new, is_alike=False) as sides:
        for _ in range(count):
            first = done[0] if done else None
            done.append(
                launch(
                    sides,
                    random,
                    slice_s=budget_s / count,
                    calls=first.calls if first else 0,
                    base_calls=first.base_calls if first else 0,
                    unit=unit,
                )
            )
    return Sitting(
        at=SystemClock().wall().replace(microsecond=0),
        what=describe_target(new),
        host=describe_host(),
        interpreter=describe_interpreter(),
        reference=baseline_reference.NAME,
        machine=machine_mark(),
        commit=revision_of(Path(new.folder or Path.cwd())),
        holdfast=_own_version(),
        launches=tuple(map(summed_up, done)),
    )


def describe_target(version: Version) -> What:
    """Name what is called; what it is given may be secret, and is told by a digest."""
    version = as_version(version)
    name, given = name_of(version), [dict(version.kwargs), dict(version.env)]
    if version.command:
        program, *words = version.command
        # Another machine has its programs in other folders.
        name, given = Path(program).name, [*given, shlex.join(words)]
    data = msgspec.json.encode(given, order="sorted")
    has_any = any(given)
    return What(
        target=name,
        arguments=hashlib.blake2b(data, digest_size=6).hexdigest() if has_any else "",
        concurrency=version.concurrency,
    )


def summed_up(done: Launch) -> SittingLaunch:
    """Return what a launch says, without its single pairs: the reference loop is their base."""
    quiet = min(done.pairs, key=lambda pair: pair.new_wall_s)
    return SittingLaunch(
        pairs=len(done.pairs),
        calls=done.calls,
        cpu=_level(done, "cpu"),
        wall=_level(done, "wall"),
        waits=round(sum(pair.new_waits > 0 for pair in done.pairs) / len(done.pairs), 3),
        quiet_cpu_share=round(quiet.new_cpu_s / max(quiet.new_wall_s, LEAST_S), 3),
        hash_seed=done.hash_seed,
        is_steady=done.is_steady,
        stalled=None if done.stalled is None else round(done.stalled, 3),
    )


def _own_version() -> str:
    try:
        return importlib.metadata.version("holdfast")
    except importlib.metadata.PackageNotFoundError:
        # It runs from its sources.
        return ""


def _level(done: Launch, clock: str) -> Level:
    base_calls = done.base_calls or done.calls
    taken = [
        (pair.base_cpu_s, pair.new_cpu_s) if clock == "cpu" else (pair.base_wall_s, pair.new_wall_s)
        for pair in done.pairs
    ]
    base = [max(each, LEAST_S) / base_calls for each, _ in taken]
    new = [max(each, LEAST_S) / done.calls for _, each in taken]
    logs = [math.log(ours / theirs) for theirs, ours in zip(base, new, strict=True)]
    middle = median(logs)
    return Level(
        target_s=_short(median(new)),
        reference_s=_short(median(base)),
        log_ratio=round(middle, 5),
        sd=round(MAD * median(abs(each - middle) for each in logs), 5),
    )


def _short(seconds: float) -> float:
    """Return a number that is short in the file and sharper than any clock."""
    return float(f"{seconds:.5g}")
