"""Are the limits of a container found, by cgroups v1 and v2, from within and from the host?"""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.measure.proc_cgroup import find_groups, read_group


def machine(tmp_path: Path, *, mounts: list[str], groups: str, files: dict[str, str]) -> str:
    proc = tmp_path / "proc"
    for folder in ("self", "9"):
        (proc / folder).mkdir(parents=True)
    lines = [f"1 1 0:1 {each.format(at=tmp_path)}" for each in mounts]
    (proc / "self" / "mountinfo").write_text("\n".join(lines))
    (proc / "9" / "cgroup").write_text(groups)
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(proc)


V2 = {
    "v2/app/memory.current": "1000\n",
    "v2/app/memory.max": "max\n",
    "v2/app/memory.events": "low 0\nmax 3\noom_kill 2\n",
    "v2/app/cpu.stat": "usage_usec 5\nnr_throttled 7\nthrottled_usec 2500000\n",
    "v2/app/cpu.max": "150000 100000\n",
    "v2/memory.max": "4000\n",
    "v2/cpu.max": "max 100000\n",
}
V1 = {
    "memory/memory.usage_in_bytes": "1000\n",
    "memory/memory.limit_in_bytes": "5000\n",
    "memory/memory.failcnt": "3\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "cpu/cpu.stat": "nr_periods 1\nnr_throttled 7\nthrottled_time 2500000000\n",
    "cpu/cpu.cfs_quota_us": "50000\n",
    "cpu/cpu.cfs_period_us": "100000\n",
}
SEEN = {
    "memory_bytes": 1000.0,
    "oom_kills": 2.0,
    "limit_hits": 3.0,
    "throttled": 7.0,
    "throttled_s": 2.5,
}


def test_the_strictest_limit_on_the_way_up_holds_in_v2(tmp_path: Path) -> None:
    mounts = ["/ {at}/v2 rw - cgroup2 cgroup2 rw"]
    proc = machine(tmp_path, mounts=mounts, groups="0::/app\n", files=V2)
    told = read_group(find_groups(9, proc))
    assert told == pytest.approx({**SEEN, "memory_limit_bytes": 4000.0, "cpu_limit": 1.5})


def test_in_a_container_of_v1_the_path_of_the_host_leads_to_the_mount(tmp_path: Path) -> None:
    mounts = [
        "/docker/abc {at}/memory rw - cgroup cgroup rw,memory",
        "/docker/abc {at}/cpu rw - cgroup cgroup rw,cpu,cpuacct",
    ]
    groups = "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n3:freezer:/x\n0::/\n"
    proc = machine(tmp_path, mounts=mounts, groups=groups, files=V1)
    told = read_group(find_groups(9, proc))
    assert told == pytest.approx({**SEEN, "memory_limit_bytes": 5000.0, "cpu_limit": 0.5})


def test_what_nothing_limits_has_no_limit(tmp_path: Path) -> None:
    files = {
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "cpu/cpu.cfs_quota_us": "-1\n",
        "cpu/cpu.cfs_period_us": "100000\n",
    }
    mounts = [
        "/ {at}/memory rw - cgroup cgroup rw,memory",
        "/ {at}/cpu rw - cgroup cgroup rw,cpu",
    ]
    proc = machine(tmp_path, mounts=mounts, groups="4:memory:/\n5:cpu:/gone\n", files=files)
    assert read_group(find_groups(9, proc)) == {}


def test_a_machine_without_groups_has_none(tmp_path: Path) -> None:
    assert find_groups(9, machine(tmp_path, mounts=[], groups="0::/\n", files={})) == {}
