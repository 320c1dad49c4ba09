from __future__ import annotations

import pytest

from holdfast.errors import HoldfastError
from holdfast.parallel.host import Core, Host
from holdfast.parallel.limits import (
    capacity,
    choose_start_method,
    find_limits,
    hold_to_memory,
    physical_cores,
)
from tests.unit.parallel.hosts import (
    GIB,
    HYBRID,
    KUBERNETES,
    LAMBDA,
    MAC,
    NEXT_PYTHON,
    WINDOWS,
    make_host,
)

ONE_CORE = make_host(8, topology=(Core(cpu=3, physical="0:3"),))


@pytest.mark.parametrize(
    ("host", "cores", "bound"),
    [
        (make_host(8), 8, "8 logical cores"),
        (ONE_CORE, 1, "the affinity of 1 cores"),
        (KUBERNETES, 2, "the quota of 1.5 cpus in /sys/fs/cgroup/cpu.max"),
        (WINDOWS, 61, "Windows, which waits for 61 workers at most"),
        (make_host(8, asked_cores=3), 3, "the environment, which asks for 3"),
        (make_host(64, memory_available=GIB // 4), 6, "the memory, 205 MiB left for workers"),
    ],
)
def test_the_tightest_bound_is_taken_and_named(host: Host, cores: int, bound: str) -> None:
    limits = find_limits(host)
    assert (limits.cores, limits.bound) == (cores, bound)


def test_memory_in_use_is_no_memory_left() -> None:
    assert find_limits(KUBERNETES).memory == int(GIB / 2 * 0.8)


@pytest.mark.parametrize(
    ("host", "method"),
    [
        (make_host(4), "fork"),
        (make_host(4, threads=2), "forkserver"),
        (NEXT_PYTHON, "forkserver"),
        (WINDOWS, "spawn"),
        (MAC, "spawn"),
        (make_host(4, threads=2, start_methods=("fork", "spawn")), "spawn"),
    ],
)
def test_workers_start_by_the_cheapest_safe_method(host: Host, method: str) -> None:
    assert choose_start_method(host)[0] == method


def test_a_method_that_was_asked_for_is_taken() -> None:
    assert choose_start_method(NEXT_PYTHON, "fork") == ("fork", "asked for")


def test_a_method_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(HoldfastError, match="must be one of spawn, got 'fork'"):
        choose_start_method(WINDOWS, "fork")


@pytest.mark.parametrize(
    ("workers", "expected"), [(1, 1.0), (4, 4.0), (6, 5.0), (8, 6.0), (9, 6.3), (12, 7.2)]
)
def test_performance_cores_come_first_then_efficiency_cores_then_siblings(
    workers: int, expected: float
) -> None:
    assert capacity(HYBRID, workers) == pytest.approx(expected)


def test_a_quota_bounds_the_capacity() -> None:
    assert capacity(KUBERNETES, 64) == 1.5


def test_siblings_are_one_physical_core() -> None:
    assert physical_cores(HYBRID) == 8


def test_a_host_without_shared_memory_is_warned_about() -> None:
    assert find_limits(LAMBDA).warnings == ("/dev/shm cannot be written: only pipes are used",)


def test_a_request_without_a_quota_is_warned_about() -> None:
    host = make_host(8, container="kubernetes", cpu_request=0.5)
    assert "asked for 0.5 cpus and has no quota" in find_limits(host).warnings[0]


@pytest.mark.parametrize(
    ("host", "text"),
    [(make_host(is_daemonic=True), "daemonic"), (make_host(system="emscripten"), "no processes")],
)
def test_a_host_that_cannot_have_workers_says_why(host: Host, text: str) -> None:
    assert text in find_limits(host).no_processes


def test_workers_are_as_many_as_their_items_fit_into_the_memory() -> None:
    limits = find_limits(make_host(8, memory_available=10 * GIB))
    assert hold_to_memory(limits, 3 * GIB).cores == 2
    assert hold_to_memory(limits, 100 * GIB).cores == 1
    bound = "the memory, 8 GiB left for workers whose items take 3 GiB"
    assert hold_to_memory(limits, 3 * GIB).bound == bound
    assert hold_to_memory(limits, 0) is limits
    assert hold_to_memory(limits, GIB // 2) is limits
    unknown = find_limits(make_host(8, memory_available=0))
    assert hold_to_memory(unknown, 3 * GIB) is unknown
