"""Which profile is best for what, and which batch size matters? Measured in turns, in fresh processes."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from examples.media.benchmark import BenchmarkResult, run_benchmark
from examples.media.kinds import KINDS
from examples.media.profiles import PROFILES, Profile

__all__ = ["SCENARIOS", "Best", "Compared", "Scenario", "best_of", "compare_profiles", "take_turns"]

# As many wins in a row are chance once in 32 times, for two that are equal.
ROUNDS = 5
# What a profile may lose of the best speed where memory is what counts.
SLOWEST = 0.8


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What is organised, and whether it should be fast or lean."""

    name: str
    files: int
    kinds: tuple[str, ...] = KINDS
    wants: Literal["speed", "memory"] = "speed"


class Best(msgspec.Struct, frozen=True, kw_only=True):
    """The best profile for a scenario, and whether more than chance says so.

    `is_shown`: it was ahead of every other one in each of at least 5 rounds. `reason` tells
    the figures, and who was not shown to be worse.
    """

    scenario: str
    profile: str
    is_shown: bool
    reason: str


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """All rounds of a scenario: for every profile its results, one of each round."""

    scenario: Scenario
    results: dict[str, tuple[BenchmarkResult, ...]]

    def speed(self, profile: str) -> float:
        """Return the median of the files per second."""
        return statistics.median(each.files_per_second for each in self.results[profile])

    def peak_bytes(self, profile: str) -> int:
        """Return the median of the peaks."""
        return int(statistics.median(each.peak_rss_bytes for each in self.results[profile]))


SCENARIOS = (
    Scenario(name="a card of photos", files=1000, kinds=("jpg", "heic")),
    Scenario(name="a folder of videos", files=1000, kinds=("mp4",)),
    Scenario(name="a large collection", files=10_000),
    Scenario(name="little memory", files=5000, wants="memory"),
)


def take_turns(
    scenario: Scenario, profiles: Iterable[Profile], *, rounds: int, seed: int
) -> Compared:
    """Run each profile once in every round, in an order drawn anew, each in a fresh process.

    In turns, because a machine has moods: what ran first and what ran last would be compared
    with them along.
    """
    order = list(profiles)
    results: dict[str, list[BenchmarkResult]] = {each.name: [] for each in order}
    draw = random.Random(seed)
    for n in range(rounds):
        for profile in draw.sample(order, len(order)):
            found = run_benchmark(profile, scenario.files, kinds=scenario.kinds, seed=seed + n)
            results[profile.name].append(found)
    return Compared(
        scenario=scenario, results={name: tuple(found) for name, found in results.items()}
    )


def compare_profiles(
    scenarios: Sequence[Scenario] = SCENARIOS,
    profiles: Iterable[Profile] = tuple(PROFILES.values()),
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> list[tuple[Compared, Best]]:
    """Measure all profiles in all scenarios, and name the best setting of each."""
    chosen = tuple(profiles)
    found = [take_turns(each, chosen, rounds=rounds, seed=seed) for each in scenarios]
    return [(each, best_of(each)) for each in found]


def best_of(compared: Compared) -> Best:
    """Name the best profile of a scenario.

    For speed it is the highest median; for memory the smallest median peak among those that
    reach 80 % of that speed. Whether it is the best, or only was so this time, says `is_shown`.
    """
    names = list(compared.results)
    fastest = max(names, key=compared.speed)
    if compared.scenario.wants == "speed":
        return _best(compared, fastest, names, lambda each: -each.files_per_second)
    least = SLOWEST * compared.speed(fastest)
    quick = [name for name in names if compared.speed(name) >= least]
    leanest = min(quick, key=compared.peak_bytes)
    return _best(compared, leanest, quick, lambda each: each.peak_rss_bytes)


def _best(
    compared: Compared,
    winner: str,
    names: Sequence[str],
    cost: Callable[[BenchmarkResult], float],
) -> Best:
    mine = compared.results[winner]
    level = [
        name
        for name in names
        if name != winner
        and not all(
            cost(ours) < cost(theirs)
            for ours, theirs in zip(mine, compared.results[name], strict=True)
        )
    ]
    shown = not level and len(mine) >= ROUNDS
    peak = compared.peak_bytes(winner) / 1e6
    reason = f"{compared.speed(winner):,.0f} files/s, {peak:.0f} MB at most, {len(mine)} rounds"
    if level:
        reason += f"; not shown to be worse: {', '.join(level)}"
    elif not shown:
        reason += f"; ahead in all, but fewer than {ROUNDS} rounds show nothing"
    return Best(scenario=compared.scenario.name, profile=winner, is_shown=shown, reason=reason)
