"""Is a difference between two benchmarks told by an interval, and only where there is one?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.clock import Random
from holdfast.errors import UsageError
from holdfast.measure import PerformanceTester
from holdfast.measure.tester_difference import difference_of
from holdfast.measure.tester_result import PerformanceResult, result_of


def times(factor: float, n: int = 200) -> PerformanceResult:
    """Return times with a spread of some percent, in no order."""
    found = [factor * (1.0 + 0.05 * ((k * 7919) % 101) / 101) for k in range(n)]
    return result_of(f"x{factor}", found, iterations=n, total_s=1.0)


@pytest.mark.parametrize(
    ("factor", "status"), [(1.0, "same"), (1.2, "slower"), (0.8, "faster"), (1.012, "undecided")]
)
def test_an_interval_decides_whether_two_benchmarks_differ(factor: float, status: str) -> None:
    found = PerformanceTester.compare_performance(times(1.0), times(factor), seed=1)
    assert found.status == status
    assert found.differs == (status in {"slower", "faster"})
    assert found.ratio == pytest.approx(factor)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= factor <= found.high
    assert str(found).startswith(f"{status}: x{factor} takes ")


def test_without_calls_that_worked_nothing_is_decided() -> None:
    dead = result_of("dead", (), iterations=5, total_s=1.0, errors=["x"] * 5)
    few = result_of("few", [1.0] * 39, iterations=39, total_s=1.0)
    zero = result_of("zero", [0.0] * 40, iterations=40, total_s=1.0)
    stored = PerformanceResult(name="kept", iterations=5, succeeded=5, total_s=1.0, mean=0.2)
    reasons = {
        name: PerformanceTester.compare_performance(times(1.0), other)
        for name, other in {"dead": dead, "few": few, "zero": zero, "stored": stored}.items()
    }
    assert {found.status for found in reasons.values()} == {"undecided"}
    assert reasons["dead"].reason == "no call of dead worked"
    assert reasons["few"].reason == "few has 39 calls that worked, 40 are the least"
    assert "no time that this clock can tell" in reasons["zero"].reason
    assert str(reasons["stored"]).endswith("the times of the single calls of kept were not kept")


def test_a_comparison_says_that_failed_calls_have_no_part_in_it() -> None:
    lost = result_of("lost", times(1.2).times_s, iterations=203, total_s=1.0)
    found = PerformanceTester.compare_performance(times(1.0), lost)
    assert found.reason == "3 failed calls have no part in it"


@pytest.mark.parametrize(
    ("options", "message"),
    [({"confidence": 1.0}, "confidence must lie"), ({"floor": -0.1}, "floor must be at least 0")],
)
def test_a_comparison_refuses_what_means_nothing(options: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PerformanceTester.compare_performance(times(1.0), times(1.0), **options)


def test_times_that_drift_decide_nothing() -> None:
    drifting = [1.0 + k / 200 for k in range(200)]
    found = PerformanceTester.compare_performance(
        result_of("a", [0.1] * 200, iterations=200, total_s=1.0),
        result_of("b", drifting, iterations=200, total_s=1.0),
    )
    assert found.status == "undecided"
    assert found.reason.startswith("the times of b drift")


def test_noise_that_calls_share_is_not_taken_for_a_difference() -> None:
    def calls(seed: int, factor: float) -> PerformanceResult:
        random, mood, found = Random(seed), 0.0, list[float]()
        for _ in range(200):
            mood = 0.9 * mood + random.gauss(0.0, 0.013)
            found.append(factor * (1.0 + mood))
        return result_of(f"{seed}", found, iterations=200, total_s=1.0)

    def statuses(factor: float) -> set[str]:
        return {
            PerformanceTester.compare_performance(
                calls(k, 1.0), calls(k + 99, factor), seed=k
            ).status
            for k in range(4)
        }

    assert not statuses(1.0) & {"slower", "faster"}
    assert statuses(1.2) <= {"slower", "undecided"}
    assert "slower" in statuses(1.2)


def test_the_same_seed_gives_the_same_interval() -> None:
    options: dict[str, Any] = {"confidence": 0.99, "floor": 0.01}
    one, two, other = (
        difference_of(times(1.0), times(1.01), seed=seed, **options) for seed in (3, 3, 4)
    )
    assert one == two
    assert (one.low, one.high) != (other.low, other.high)


def test_only_results_can_be_compared() -> None:
    result: Any = None
    with pytest.raises(UsageError, match="baseline must be a PerformanceResult, got None"):
        PerformanceTester.compare_performance(result, result)
