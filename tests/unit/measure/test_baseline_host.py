"""Is the class of a machine told without its name?"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import msgspec
import pytest

from holdfast.measure import baseline_host
from holdfast.measure.baseline_host import describe_host, describe_interpreter, machine_mark

XEON = "processor : 0\nmodel name\t: Xeon @ 2.50GHz\nflags\t\t: fpu hypervisor sse\n"


@pytest.fixture
def cpuinfo(tmp_path: Path) -> Path:
    path = tmp_path / "cpuinfo"
    path.write_text(XEON)
    return path


def test_the_processor_and_its_hypervisor_are_read(cpuinfo: Path) -> None:
    found = describe_host(str(cpuinfo))
    assert (found.cpu, found.is_virtual) == ("Xeon @ 2.50GHz", True)


def test_a_class_is_the_same_at_every_look_and_has_no_name_of_the_machine(cpuinfo: Path) -> None:
    first, second = (describe_host(str(cpuinfo)) for _ in range(2))
    assert first == second
    assert first.memory_gib in {2.0**power for power in range(-4, 16)}
    assert first.usable_cores <= first.cores
    assert platform.node() not in str(first)


def test_without_cpuinfo_a_processor_is_asked_for_elsewhere(tmp_path: Path) -> None:
    found = describe_host(str(tmp_path / "nowhere"))
    assert found.cpu == platform.processor()
    assert found.is_virtual in {None, True}


def test_limits_of_a_control_group_are_part_of_the_class(
    cpuinfo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = describe_host(str(cpuinfo))
    limits = {"cpu_limit": 0.5, "memory_limit_bytes": 512.0 * 2**20}
    monkeypatch.setattr(baseline_host, "read_group", lambda groups: limits)
    tight = describe_host(str(cpuinfo))
    assert (tight.cpu_quota, tight.memory_gib) == (0.5, 0.5)
    assert (
        msgspec.structs.replace(tight, cpu_quota=free.cpu_quota, memory_gib=free.memory_gib) == free
    )


def test_a_system_without_control_groups_has_no_limits(
    cpuinfo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(pid: int) -> dict[str, tuple[str, str]]:
        raise FileNotFoundError

    monkeypatch.setattr(baseline_host, "find_groups", none)
    assert describe_host(str(cpuinfo)).cpu_quota is None


def test_the_interpreter_is_told_with_what_was_built_or_started_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONMALLOC", raising=False)
    found = describe_interpreter()
    assert found.version == platform.python_version()
    assert ("debug" in found.flags) == hasattr(sys, "gettotalrefcount")
    monkeypatch.setenv("PYTHONMALLOC", "debug")
    assert describe_interpreter().flags == (*found.flags, "malloc debug")


def test_machines_are_told_apart_by_a_mark_from_which_nothing_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks: set[str] = set()
    for name in ("one", "two"):
        path = tmp_path / name
        path.write_text(f"{name}\n")
        monkeypatch.setattr(baseline_host, "IDENTITIES", (str(tmp_path / "nowhere"), str(path)))
        marks |= {machine_mark(), machine_mark()}
    assert len(marks) == 2
    assert all(len(mark) == 8 for mark in marks)
