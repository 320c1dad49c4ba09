"""Is only like compared with like, by the clock that tells all?"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.measure.baseline import (
    Baseline,
    Sitting,
    What,
    alike,
    clock_of,
    differences,
    is_waiting,
    nearest,
)
from tests.unit.measure.sittings import HOST, PYTHON, launch_at, sitting_of


def changed(part: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(part, **changes)


def waiting(*shares: float, cpu: float = 0.2) -> Sitting:
    return sitting_of(
        launches=tuple(launch_at(0.0, waits=each, quiet_cpu_share=cpu) for each in shares)
    )


def one_with_more_cpu_time_than_time() -> Sitting:
    shares = (1.0, 1.6, 1.0)
    return sitting_of(launches=tuple(launch_at(0.0, quiet_cpu_share=each) for each in shares))


def test_time_machine_and_commit_keep_nothing_apart() -> None:
    other = sitting_of(days_ago=400, machine="there", commit="abc+", holdfast="9.9")
    assert differences(other, sitting_of()) == ()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"what": What(target="shop:sum")}, "target was shop:sum, is shop:total"),
        (
            {"what": What(target="shop:total", arguments="f00")},
            "the arguments are others",
        ),
        ({"what": What(target="shop:total", concurrency=4)}, "concurrency was 4, is 1"),
        ({"host": changed(HOST, cpu="EPYC")}, "CPU was EPYC, is Xeon"),
        ({"host": changed(HOST, cores=8)}, "cores was 8, is 4"),
        ({"host": changed(HOST, usable_cores=2)}, "usable cores was 2, is 4"),
        ({"host": changed(HOST, memory_gib=0.5)}, "memory in GiB was 0.5, is 8"),
        ({"host": changed(HOST, system="Darwin")}, "system was Darwin, is Linux"),
        ({"host": changed(HOST, architecture="arm64")}, "architecture was arm64, is x86_64"),
        ({"host": changed(HOST, is_virtual=False)}, "virtual machine was no, is yes"),
        ({"host": changed(HOST, cpu_quota=1.5)}, "CPU quota was 1.5, is none"),
        (
            {"interpreter": changed(PYTHON, implementation="PyPy")},
            "interpreter was PyPy, is CPython",
        ),
        ({"interpreter": changed(PYTHON, version="3.12.1")}, "version was 3.12.1, is 3.11.7"),
        ({"interpreter": changed(PYTHON, compiler="Clang")}, "compiler was Clang, is GCC 12"),
        (
            {"interpreter": changed(PYTHON, flags=("debug", "JIT"))},
            "build was debug, JIT, is plain",
        ),
        ({"reference": "python-0"}, "reference loop was python-0, is python-1"),
    ],
)
def test_what_decides_how_fast_code_runs_keeps_sittings_apart(
    changes: dict[str, Any], named: str
) -> None:
    was = sitting_of(**changes)
    assert differences(was, sitting_of()) == (named,)
    assert alike([was, sitting_of()], sitting_of()) == (sitting_of(),)


def test_the_nearest_sitting_is_named() -> None:
    far = sitting_of(host=changed(HOST, cpu="EPYC", cores=64))
    near = sitting_of(interpreter=changed(PYTHON, version="3.11.6"))
    assert nearest([far, near], sitting_of()) == ("version was 3.11.6, is 3.11.7",)


@pytest.mark.parametrize(
    ("sitting", "unit", "clock"),
    [
        (sitting_of(), "auto", "cpu"),
        (waiting(1.0, 1.0, 0.9), "auto", "wall"),
        (waiting(0.1, 0.0, 0.0), "auto", "cpu"),
        (waiting(1.0, 1.0, cpu=0.95), "auto", "cpu"),
        (waiting(0.0, cpu=1.9), "auto", "wall"),
        (one_with_more_cpu_time_than_time(), "auto", "cpu"),
        (waiting(1.0, 1.0), "cpu", "cpu"),
        (sitting_of(), "wall", "wall"),
    ],
)
def test_the_clock_is_the_one_that_tells_all(sitting: Sitting, unit: Any, clock: str) -> None:
    assert clock_of(sitting, unit) == clock


def test_a_wait_now_and_then_is_no_waiting() -> None:
    assert is_waiting(waiting(0.3, 0.3))
    assert not is_waiting(waiting(0.5, 0.0, 0.0))


def test_a_baseline_is_the_same_after_a_journey() -> None:
    one = Baseline(sittings=(sitting_of(days_ago=3, commit="abc+"), sitting_of()))
    assert msgspec.json.decode(msgspec.json.encode(one), type=Baseline) == one
    assert msgspec.convert(msgspec.to_builtins(one), Baseline) == one
