"""What is kept of a launch, and what is told of a target that may hold secrets?"""

from __future__ import annotations

import math

import msgspec
import pytest

from holdfast.measure import baseline_reference
from holdfast.measure.baseline_sitting import describe_target, summed_up
from holdfast.measure.verdict import Launch
from holdfast.measure.version import Version
from tests.unit.measure.launches import pair_of


def launch_of(*ratios: float) -> Launch:
    """Return a launch of batches of 5 calls, beside 20 of the loop."""
    pairs = tuple(pair_of(each, new_cpu_s=0.008 * each, new_pushed=1) for each in ratios)
    return Launch(pairs=pairs, calls=5, base_calls=20, hash_seed=7, stalled=0.12345)


def test_a_launch_is_summed_up_per_call_by_both_clocks() -> None:
    found = summed_up(launch_of(1.0, 1.0, 4.0))
    assert (found.pairs, found.calls, found.hash_seed, found.stalled) == (3, 5, 7, 0.123)
    assert found.wall.target_s == pytest.approx(0.002)
    assert found.wall.reference_s == pytest.approx(0.0005)
    assert found.wall.log_ratio == pytest.approx(math.log(4), abs=1e-5)
    assert found.cpu.target_s == pytest.approx(0.0016)
    assert found.quiet_cpu_share == 0.8
    assert found.waits == 0


def test_the_spread_of_the_pairs_is_kept_and_one_far_pair_is_not_all_of_it() -> None:
    assert summed_up(launch_of(1.0, 1.0, 1.0)).cpu.sd == 0
    found = summed_up(launch_of(0.99, 1.0, 1.01, 1.0, 9.0)).wall
    assert 0.01 < found.sd < 0.03


def test_a_batch_that_waited_is_counted() -> None:
    one = launch_of(1.0, 1.0)
    pairs = (one.pairs[0], msgspec.structs.replace(one.pairs[1], new_waits=3))
    assert summed_up(msgspec.structs.replace(one, pairs=pairs)).waits == 0.5


def test_a_clock_that_stood_still_has_a_time_all_the_same() -> None:
    pairs = (pair_of(1.0, new_cpu_s=0.0, base_cpu_s=0.0),)
    assert summed_up(Launch(pairs=pairs, calls=1, base_calls=1)).cpu.target_s > 0


def test_arguments_are_told_by_a_digest_alone() -> None:
    plain = describe_target(Version(target="shop:total"))
    given = describe_target(Version(target="shop:total", kwargs={"key": "hunter2", "n": 3}))
    assert (plain.target, plain.arguments) == ("shop:total", "")
    assert given.arguments
    assert "hunter2" not in str(given)
    turned = Version(target="shop:total", kwargs={"n": 3, "key": "hunter2"})
    assert describe_target(turned) == given
    other = Version(target="shop:total", kwargs={"key": "hunter3", "n": 3})
    assert describe_target(other) != given
    many = Version(target="shop:total", concurrency=4)
    assert describe_target(many).concurrency == 4


def test_a_command_is_named_by_its_program_wherever_that_lies() -> None:
    here, there = (
        describe_target(Version(command=(f"{folder}/shop", "--token", "hunter2")))
        for folder in ("/usr/bin", "/opt/bin")
    )
    assert here == there
    assert here.target == "shop"
    assert "hunter2" not in str(here)
    with_env = Version(command=("shop", "--token", "hunter2"), env={"A": "1"})
    assert describe_target(with_env) != here


def test_the_reference_loop_does_the_same_work_each_time() -> None:
    # Whoever changes the work changes its name, and writes both here.
    assert (baseline_reference.NAME, baseline_reference.work()) == ("python-1", 73_818_251)
    assert baseline_reference.work() == baseline_reference.work()
