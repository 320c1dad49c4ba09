"""Which growth is a leak? Real ones by every size, and none of what only looks like one."""

from __future__ import annotations

import random

import pytest

from holdfast.measure.leak_rule import judge_growth, still_grows

CALLS = list(range(112, 1313, 100))


def growing(per_call: float, noise: float = 0.0, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [1e6 + per_call * calls + chance.uniform(-noise, noise) for calls in CALLS]


@pytest.mark.parametrize(
    ("channel", "per_call"), [("blocks", 0.02), ("rss", 100.0), ("heap", 20.0), ("fds", 0.02)]
)
def test_steady_growth_above_the_floor_is_seen(channel: str, per_call: float) -> None:
    found = judge_growth(channel, CALLS, growing(per_call))
    assert found.verdict == "grows"
    assert found.per_call == pytest.approx(per_call)


@pytest.mark.parametrize(
    ("channel", "per_call"), [("blocks", 0.01), ("rss", 10.0), ("fds", 0.005), ("rss", 0.0)]
)
def test_growth_below_the_floor_counts_for_nothing(channel: str, per_call: float) -> None:
    assert judge_growth(channel, CALLS, growing(per_call)).verdict == "flat"


def test_noise_is_never_called_growth() -> None:
    verdicts = [
        judge_growth("rss", CALLS, growing(0.0, noise=1e5, seed=seed)).verdict
        for seed in range(300)
    ]
    assert verdicts.count("grows") <= 1
    assert "unsure" in verdicts


def test_among_few_calls_what_a_checkpoint_leaves_is_no_leak() -> None:
    calls = list(range(32, 273, 20))
    one_each = [float(number) for number in range(len(calls))]
    assert judge_growth("blocks", calls, one_each).verdict == "flat"
    assert judge_growth("blocks", CALLS, [1.6 * each for each in one_each]).verdict == "grows"


def test_a_jump_during_warm_up_counts_for_nothing() -> None:
    readings = [0.0, 5e6, 6e6, 6e6, *([6e6] * (len(CALLS) - 4))]
    assert judge_growth("rss", CALLS, readings).verdict == "flat"


def test_growth_that_fades_is_told_from_growth_that_goes_on() -> None:
    readings = [1e6 * (1 - 0.5 ** (calls / 200)) for calls in CALLS]
    assert judge_growth("rss", CALLS, readings).verdict == "fading"


def test_a_cache_that_filled_no_longer_grows() -> None:
    later = [1300 + 100 * i for i in range(13)]
    full = [float(min(calls, 1500)) for calls in later]
    assert not still_grows("blocks", later, full, pace=1.0)
    assert still_grows("blocks", later, [float(calls) for calls in later], pace=1.0)
