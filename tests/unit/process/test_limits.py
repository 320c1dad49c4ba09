"""Is the smaller of what the machine has and what its container allows taken?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holdfast.process import limits

MANY = 16


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(limits, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(MANY)), raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000\n", MANY),
        ("400000 100000\n", 4),
        ("150000 100000\n", 1),
        ("50000 100000\n", 1),
        ("9900000 100000\n", MANY),
        ("", MANY),
    ],
)
def test_a_quota_cuts_the_cores(cgroup: Path, quota: str, cores: int) -> None:
    (cgroup / "cpu.max").write_text(quota)
    assert limits.usable_cores() == cores


def test_without_a_control_group_all_is_usable(
    cgroup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.usable_cores() == MANY
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert limits.usable_cores() == 1


def test_a_limit_cuts_the_memory(cgroup: Path) -> None:
    whole = limits.memory_bytes()
    assert whole == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for text, expected in [("max\n", whole), ("1048576\n", 1_048_576), (str(whole * 2), whole)]:
        (cgroup / "memory.max").write_text(text)
        assert limits.memory_bytes() == expected


def test_free_bytes_are_those_of_the_folder(tmp_path: Path) -> None:
    assert limits.disk_free_bytes(tmp_path) > 0
