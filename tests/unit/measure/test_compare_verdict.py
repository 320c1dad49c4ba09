"""Does the verdict follow from the pairs, and from nothing that they do not prove?"""

from __future__ import annotations

import msgspec
import pytest

from holdfast.clock import seeded
from holdfast.measure.verdict import Comparison, Launch, Rules, conclude
from tests.unit.measure.launches import launch_of, launches_of, pair_of

RULES = Rules(slower=0.05, floor=0.01, alpha=0.01, unit="cpu")
AUTO = msgspec.structs.replace(RULES, unit="auto")
CLOSE = (0.998, 0.999, 1.0, 1.0, 1.001, 1.002)


def around(ratio: float) -> Launch:
    return launch_of([ratio * each for each in CLOSE])


def test_three_launches_that_agree_on_ten_percent_prove_slower() -> None:
    found = conclude([around(1.1)] * 3, RULES)
    assert found.status == "slower"
    assert found.ratio == pytest.approx(1.1)
    assert found.low is not None
    assert found.high is not None
    assert 1.01 < found.low < 1.1 < found.high
    assert found.e_value >= 100
    assert (found.pairs, found.clock, found.reason) == (18, "cpu", "")


def test_three_launches_that_agree_on_no_difference_prove_fine() -> None:
    found = conclude([around(1.0)] * 3, RULES)
    assert found.status == "fine"
    assert found.high is not None
    assert found.high < 1.05
    assert found.e_value >= 100


def test_a_faster_version_is_fine() -> None:
    assert conclude([around(0.5)] * 3, RULES).status == "fine"


def test_one_launch_with_any_number_of_pairs_proves_less_than_three() -> None:
    one = conclude([launch_of([1.04 * each for each in CLOSE] * 10)], RULES)
    three = conclude([around(1.04)] * 3, RULES)
    assert one.low is not None
    assert three.low is not None
    assert one.status == "undecided"
    assert one.low < three.low


def test_launches_that_contradict_one_another_prove_nothing() -> None:
    found = conclude([around(1.2), around(1.0), around(0.9)], RULES)
    assert found.status == "undecided"
    assert found.reason.startswith("the ratio lies between ")
    assert found.reason.endswith("neither above 1.010 nor below 1.050 is proven")


def test_few_pairs_prove_nothing_however_far_they_lie() -> None:
    found = conclude([launch_of([2.0]), launch_of([2.0]), launch_of([2.0])], RULES)
    assert found.status == "undecided"
    assert found.ratio == pytest.approx(2.0)


def test_nothing_measured_is_undecided() -> None:
    found = conclude([Launch(pairs=(), calls=1)], RULES)
    assert (found.status, found.ratio, found.noise) == ("undecided", None, None)
    assert found.reason == "there was no time for a pair"


def test_single_outliers_move_nothing() -> None:
    disturbed = launch_of([1.0, 1.0, 1.001, 0.999, 1.0, 3.0, 0.3, 1.0])
    found = conclude([disturbed] * 3, RULES)
    assert found.status == "fine"
    assert found.ratio == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize(("ratio", "expected"), [(1.08, "slower"), (1.03, "fine")])
def test_between_floor_and_limit_the_nearer_one_is_said(ratio: float, expected: str) -> None:
    rules = msgspec.structs.replace(RULES, slower=0.10)
    assert conclude([around(ratio)] * 20, rules).status == expected


def test_wall_and_cpu_time_are_judged_by_the_unit_asked_for() -> None:
    launches = [launch_of([1.0] * 8, new_wall_s=0.02)] * 3
    assert conclude(launches, RULES).status == "fine"
    wall = conclude(launches, msgspec.structs.replace(RULES, unit="wall"))
    assert (wall.status, wall.clock) == ("slower", "wall")
    assert (wall.base_s, wall.new_s) == (0.0025, 0.005)


def test_a_version_that_waits_is_judged_by_wall_time() -> None:
    waiting = launch_of([1.0] * 8, base_wall_s=0.02, new_wall_s=0.02, base_waits=4, new_waits=4)
    assert conclude([waiting] * 3, AUTO).clock == "wall"


def test_a_version_that_is_only_pushed_aside_is_judged_by_cpu_time() -> None:
    pushed = launch_of([1.0] * 8, base_wall_s=0.02, new_wall_s=0.03, base_pushed=4, new_pushed=4)
    found = conclude([pushed] * 3, AUTO)
    assert (found.clock, found.status) == ("cpu", "fine")


def test_threads_side_by_side_are_judged_by_wall_time() -> None:
    parallel = launch_of([1.0] * 8, base_wall_s=0.006, new_wall_s=0.006)
    assert conclude([parallel] * 3, AUTO).clock == "wall"


def test_cpu_time_says_nothing_of_a_version_that_waits_longer() -> None:
    calm, waiting = around(1.0), launch_of([1.0] * 8, new_wall_s=0.011, new_waits=4)
    found = conclude([calm, waiting, waiting, waiting], RULES)
    assert found.status == "fine"  # the quietest wall time of all is the calm one's
    found = conclude([waiting] * 3, RULES)
    assert found.status == "undecided"
    assert "the quietest wall time grew by 10.0%" in found.reason


def test_cpu_time_is_no_proof_where_both_versions_wait() -> None:
    waiting = launch_of([1.0] * 8, base_wall_s=0.02, new_wall_s=0.02, base_waits=4, new_waits=4)
    found = conclude([waiting] * 3, RULES)
    assert found.status == "undecided"
    assert found.reason.startswith("a version waits, which CPU time does not see")


def test_few_calls_that_are_slower_by_far_are_not_fine() -> None:
    rare = launch_of([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0])
    found = conclude([rare] * 3, RULES)
    assert found.status == "undecided"
    assert "all of them together took 12.5% more" in found.reason


def test_a_clock_that_stood_still_is_no_division_by_zero() -> None:
    still = launch_of([1.0] * 8, base_cpu_s=0.0, new_cpu_s=0.0)
    assert conclude([still] * 3, RULES).ratio == pytest.approx(1.0)


def test_the_witnesses_of_noise_are_told() -> None:
    quiet = around(1.0)
    pushed = launch_of([1.0] * 6, base_wall_s=0.02, new_wall_s=0.02, base_pushed=3, new_pushed=1)
    pushed = msgspec.structs.replace(pushed, is_steady=False, stalled=0.5)
    noise = conclude([quiet, pushed], RULES).noise
    assert noise is not None
    assert noise.cpu_share == pytest.approx(0.24 / 0.36, rel=0.01)
    assert noise.quiet_cpu_share == pytest.approx(1.0)
    assert noise.pushed_per_s == pytest.approx(24 / 0.36, rel=0.01)
    assert (noise.is_steady, noise.stalled, noise.waits_per_call) == (False, 0.5, 0.0)


def test_stored_pairs_give_the_same_verdict_again() -> None:
    found = conclude(launches_of(seeded(1), 1.1, launch_sd=0.01, count=3), RULES)
    stored = msgspec.json.decode(msgspec.json.encode(found), type=Comparison)
    assert conclude(stored.launches, stored.rules) == found


def test_swapped_sides_give_the_inverse_ratio() -> None:
    there = conclude([around(1.25)] * 3, RULES)
    back = conclude([around(1 / 1.25)] * 3, RULES)
    assert there.ratio is not None
    assert back.ratio == pytest.approx(1 / there.ratio)


def decide(launches: list[Launch], rules: Rules) -> str:
    """Look after every launch from the third on, and stop at the first verdict."""
    for count in range(3, len(launches) + 1):
        status = conclude(launches[:count], rules).status
        if status != "undecided":
            return status
    return "undecided"


def rate(ratio: float, launch_sd: float, status: str, *, slower: float = 0.05) -> float:
    rules, runs = msgspec.structs.replace(RULES, slower=slower), 60
    found = [
        decide(launches_of(seeded(run, str(ratio)), ratio, launch_sd=launch_sd), rules)
        for run in range(runs)
    ]
    return found.count(status) / runs


@pytest.mark.slow
@pytest.mark.parametrize("launch_sd", [0.005, 0.01, 0.02])
def test_identical_versions_are_fine_and_never_slower_though_launches_differ(
    launch_sd: float,
) -> None:
    assert rate(1.0, launch_sd, "slower") == 0.0
    assert rate(1.0, launch_sd, "fine") >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("launch_sd", [0.005, 0.01])
def test_a_ratio_on_the_floor_is_hardly_ever_slower_whenever_one_looks(launch_sd: float) -> None:
    assert rate(1.01, launch_sd, "slower") <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("launch_sd", [0.003, 0.01])
@pytest.mark.parametrize("slower", [0.03, 0.05])
def test_a_ratio_on_the_limit_is_found(slower: float, launch_sd: float) -> None:
    assert rate(1 + slower, launch_sd, "slower", slower=slower) >= 0.95


def test_a_pair_is_plain_data() -> None:
    pair = pair_of(1.5)
    assert msgspec.convert(msgspec.to_builtins(pair), type(pair)) == pair
