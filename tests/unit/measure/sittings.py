"""How do sittings look whose truth is known?"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import Any

from holdfast.clock import Random
from holdfast.measure.baseline import (
    Host,
    Interpreter,
    Level,
    Sitting,
    SittingLaunch,
    What,
)

__all__ = ["HOST", "NOW", "PYTHON", "drawn_sitting", "launch_at", "sitting_of"]

NOW = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)
HOST = Host(
    cpu="Xeon",
    cores=4,
    usable_cores=4,
    memory_gib=8.0,
    system="Linux",
    architecture="x86_64",
    is_virtual=True,
)
PYTHON = Interpreter(implementation="CPython", version="3.11.7", compiler="GCC 12")


def launch_at(log: float, **changes: Any) -> SittingLaunch:
    """Return a launch whose target took e**log milliseconds, beside a loop of one millisecond."""
    level = Level(target_s=0.001 * math.exp(log), reference_s=0.001, log_ratio=log, sd=0.01)
    fields: dict[str, Any] = {"waits": 0.0, "quiet_cpu_share": 1.0, **changes}
    return SittingLaunch(pairs=10, calls=4, cpu=level, wall=level, **fields)


def sitting_of(
    logs: Sequence[float] = (0.0,) * 6, *, days_ago: float = 0.0, **changes: Any
) -> Sitting:
    """Return a sitting whose launches took so much."""
    fields: dict[str, Any] = {
        "at": NOW - datetime.timedelta(days=days_ago),
        "what": What(target="shop:total"),
        "host": HOST,
        "interpreter": PYTHON,
        "reference": "python-1",
        "machine": "here",
        "launches": tuple(map(launch_at, logs)),
        **changes,
    }
    return Sitting(**fields)


def drawn_sitting(
    random: Random,
    ratio: float = 1.0,
    *,
    sitting_sd: float,
    launch_sd: float = 0.0075,
    days_ago: float = 0.0,
) -> Sitting:
    """Draw a sitting: the machine's mood moves all its launches together, and each by itself."""
    mood = math.log(ratio) + random.gauss(0, sitting_sd)
    return sitting_of([random.gauss(mood, launch_sd) for _ in range(6)], days_ago=days_ago)
