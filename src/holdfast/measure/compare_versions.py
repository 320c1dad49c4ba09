"""Is the new version slower than the old one? Fresh processes in lock-step say so, or that they cannot."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator

import msgspec

from holdfast.clock import Random, fresh_seed, seeded
from holdfast.errors import UsageError
from holdfast.measure.launch import COOKIE, Sides, launch
from holdfast.measure.lockstep import NotMeasured
from holdfast.measure.verdict import Comparison, Launch, Rules, Unit, conclude
from holdfast.measure.version import Target, Version, as_version, prepared
from holdfast.measure.version_place import PlaceFailed
from holdfast.process.reaper import carriers, kill_all, read_parents

__all__ = ["SLICES", "both_prepared", "compare", "rules_of"]

# A smaller difference than this is one that two processes of the same code have.
LEAST_FLOOR = 0.01
# Launches tell more than pairs, so the budget is cut for twice as many as must be there.
SLICES = 2
MOST_LAUNCHES = 4


def compare(
    base: Version | Target,
    new: Version | Target,
    *,
    unit: Unit = "auto",
    slower: float = 0.05,
    floor: float | None = None,
    alpha: float = 0.01,
    budget_s: float = 2.0,
    launches: int = 3,
    seed: int = 0,
) -> Comparison:
    """Compare two versions and say whether the new one is proven slower, proven fine, or neither.

    `base` and `new` are "module:function", "path.py:function", a callable or a `Version` (a git
    revision, another interpreter, an installed version, a command). `slower`: the ratio of new to
    base is proven to be over 1 + `floor`; `fine`: it is proven to be under 1 + `slower`. `floor`
    defaults to 1 %, or half of `slower` where that is more. `alpha` bounds the probability of a
    false verdict, however often it is looked at. At least `launches` fresh pairs of processes are
    measured, for `budget_s` in all; starting them comes on top. It ends as soon as it is decided,
    and is extended once, by the same budget, when it is not.

    What cannot be measured is `error` with the reason, never `slower`.

    Raises:
        UsageError: limits or versions that cannot mean anything, such as `slower` < `floor`.

    >>> compare("json:dumps", "json:dumps")  # doctest: +SKIP
    """
    rules = rules_of(slower=slower, floor=floor, alpha=alpha, unit=unit)
    if budget_s <= 0:
        raise UsageError(f"budget_s must be above 0, got {budget_s!r}")
    if launches < 2:
        raise UsageError(
            f"launches must be at least 2, got {launches!r}",
            hint="two processes of the same code differ by about 1 %, and one launch cannot tell",
        )
    old, young = as_version(base), as_version(new)
    try:
        with both_prepared(old, young) as sides:
            sitting = _Sitting(sides, rules, launches=launches, seed=seed)
            found = sitting.run(budget_s)
            if found.status == "undecided":
                found = sitting.run(budget_s)
                found = msgspec.structs.replace(found, is_extended=True)
    except (NotMeasured, PlaceFailed) as error:
        return Comparison(status="error", reason=str(error), rules=rules, seed=seed)
    return msgspec.structs.replace(found, seed=seed)


@contextlib.contextmanager
def both_prepared(base: Version, new: Version, *, is_alike: bool = True) -> Generator[Sides]:
    """Prepare the surroundings of both versions; what they started is ended, what was made removed.

    Raises:
        PlaceFailed: there is no such revision, or something cannot be installed.
    """
    with contextlib.ExitStack() as stack:
        sides = Sides(
            base=stack.enter_context(prepared(base)),
            new=stack.enter_context(prepared(new)),
            cookie=f"{fresh_seed()}",
            is_alike=is_alike,
        )
        stack.callback(_end_strays, sides.cookie)
        yield sides


def rules_of(*, slower: float, floor: float | None, alpha: float, unit: Unit = "auto") -> Rules:
    """Return the limits of a comparison, the floor filled in.

    Raises:
        UsageError: they cannot mean anything.
    """
    if unit not in {"auto", "cpu", "wall"}:
        raise UsageError(f"unit must be 'auto', 'cpu' or 'wall', got {unit!r}")
    if not 0 < alpha < 0.5:
        raise UsageError(f"alpha must lie between 0 and 0.5, got {alpha!r}")
    if floor is None:
        floor = max(LEAST_FLOOR, slower / 2)
    if floor < 0:
        raise UsageError(f"floor must be at least 0, got {floor!r}")
    if slower < floor:
        raise UsageError(
            f"slower must be at least the floor {floor:g}, got {slower!r}",
            hint="two processes of the same code differ by about 1 %: a smaller limit proves nothing",
        )
    return Rules(slower=slower, floor=floor, alpha=alpha, unit=unit)


def _end_strays(cookie: str) -> None:
    """End what a version started in a session of its own, beyond the reach of its side."""
    needle = f"{COOKIE}={cookie}".encode()
    kill_all(lambda: carriers(needle, read_parents()), {os.getpid()})


class _Sitting:
    """The launches so far, and those to come."""

    def __init__(self, sides: Sides, rules: Rules, *, launches: int, seed: int) -> None:
        self._sides = sides
        self._rules = rules
        self._least = launches
        self._random: Random = seeded(seed, "compare")
        self._done: list[Launch] = []

    def run(self, budget_s: float) -> Comparison:
        """Launch until it is decided, or the budget is spent."""
        left_s = budget_s
        most = len(self._done) + MOST_LAUNCHES * self._least
        while True:
            slice_s = min(left_s, budget_s / (SLICES * self._least))
            done = launch(
                self._sides,
                self._random,
                slice_s=slice_s,
                calls=self._calls(),
                unit=self._rules.unit,
            )
            self._done.append(done)
            left_s -= sum(pair.base_wall_s + pair.new_wall_s for pair in done.pairs)
            if len(self._done) < self._least:
                continue
            found = conclude(self._done, self._rules)
            if found.status != "undecided" or left_s <= 0 or len(self._done) >= most:
                return found

    def _calls(self) -> int:
        """Return how many calls make a batch: what the first launch found out."""
        return self._done[0].calls if self._done else 0
