"""Which of many benchmarks are slower, when each of them could be a false alarm?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from holdfast.measure.compare_versions import compare
from holdfast.measure.verdict import Comparison, conclude
from holdfast.measure.version import Target, Version
from holdfast.stats.multiplicity import e_holm

__all__ = ["compare_all", "confirm"]

# A suspect that two more sittings do not confirm stays undecided.
MOST_RETESTS = 2

Again = Callable[[str, int], Comparison]


def compare_all(
    benchmarks: Mapping[str, tuple[Version | Target, Version | Target]],
    *,
    alpha: float = 0.01,
    seed: int = 0,
    **options: Any,
) -> dict[str, Comparison]:
    """Compare many pairs of versions so that any false `slower` has probability at most alpha.

    Two hundred benchmarks at 1 % each would be red on most days. So whatever looks slower is a
    suspect, is measured again with fresh processes, and must bring as much evidence as its rank
    among all of them asks for. `options` are those of `compare`.

    Raises:
        UsageError: as for `compare`.
    """

    def measure(name: str, sitting: int) -> Comparison:
        base, new = benchmarks[name]
        return compare(base, new, alpha=alpha, seed=seed + sitting, **options)

    first = {name: measure(name, 0) for name in benchmarks}
    return confirm(first, measure, alpha=alpha)


def confirm(
    first: Mapping[str, Comparison], again: Again, *, alpha: float
) -> dict[str, Comparison]:
    """Let suspects be measured again, `again(name, sitting)`, until they hold among all or give way.

    What was measured before counts along: the evidence is valid at any time of looking, so it may
    be added to.
    """
    found = dict(first)
    measured = [name for name in found if found[name].status != "error"]
    for sitting in range(1, MOST_RETESTS + 1):
        waiting = [name for name in _suspects(found) if not _held(found, measured, alpha)[name]]
        for name in waiting:
            more = again(name, sitting)
            pooled = conclude([*found[name].launches, *more.launches], found[name].rules)
            found[name] = msgspec.structs.replace(pooled, is_extended=True, seed=found[name].seed)
    held = _held(found, measured, alpha)
    for name in _suspects(found):
        if not held[name]:
            reason = (
                f"slower if it were alone; among {len(measured)} benchmarks it may be a false alarm"
            )
            found[name] = msgspec.structs.replace(found[name], status="undecided", reason=reason)
    return found


def _suspects(found: Mapping[str, Comparison]) -> list[str]:
    return [name for name, each in found.items() if each.status == "slower"]


def _held(found: Mapping[str, Comparison], measured: list[str], alpha: float) -> dict[str, bool]:
    """Tell which hold by Holm's rule over all that were measured, suspects or not."""
    log_es = [math.log(max(found[name].e_slower, 1e-300)) for name in measured]
    return dict(zip(measured, e_holm(log_es, alpha), strict=True))
