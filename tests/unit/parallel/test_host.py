from __future__ import annotations

import pytest

from holdfast.parallel.cgroup import MemoryBound, find_memory, find_quota, find_request
from holdfast.parallel.host_read import RecordedFiles, parse_cpus, read_cores, read_host

V2_SLICE = {
    "/proc/self/cgroup": "0::/user.slice/app.service\n",
    "/sys/fs/cgroup/user.slice/app.service/cpu.max": "max 100000\n",
    "/sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n",
    "/sys/fs/cgroup/user.slice/app.service/memory.max": "2147483648\n",
    "/sys/fs/cgroup/user.slice/app.service/memory.current": "1000000\n",
    "/sys/fs/cgroup/user.slice/memory.max": "3221225472\n",
    "/sys/fs/cgroup/user.slice/memory.current": "3000000000\n",
}
V1 = {
    "/proc/self/cgroup": "4:memory:/jobs/7\n3:cpu,cpuacct:/jobs/7\n1:name=systemd:/\n",
    "/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us": "200000\n",
    "/sys/fs/cgroup/cpu/jobs/cpu.cfs_period_us": "100000\n",
    "/sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes": "1073741824\n",
    "/sys/fs/cgroup/memory/jobs/memory.usage_in_bytes": "73741824\n",
}
KUBERNETES = {
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/cpu.max": "50000 100000\n",
    "/sys/fs/cgroup/cpu.weight": "20\n",
    "/proc/1/cgroup": "0::/kubepods/besteffort/pod1\n",
}


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0-2,5\n", (0, 1, 2, 5)), ("", ()), ("7", (7,)), ("x-2,3-", (3,)), ("3-2", ())],
)
def test_a_list_of_cpus_is_read(text: str, cpus: tuple[int, ...]) -> None:
    assert parse_cpus(text) == cpus


def test_a_quota_higher_up_the_tree_is_found() -> None:
    quota = find_quota(RecordedFiles(V2_SLICE))
    assert quota == (1.5, "/sys/fs/cgroup/user.slice/cpu.max")


def test_a_parent_with_less_left_bounds_the_memory() -> None:
    found = find_memory(RecordedFiles(V2_SLICE))
    expected = MemoryBound(
        limit=3221225472, used=3000000000, place="/sys/fs/cgroup/user.slice/memory.max"
    )
    assert found == expected


def test_version_one_is_walked_up_too_and_its_sentinel_is_no_limit() -> None:
    files = RecordedFiles(V1)
    assert find_quota(files) == (2.0, "/sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us")
    assert find_memory(files).limit == 1073741824


def test_no_limit_anywhere_is_none() -> None:
    files = RecordedFiles({"/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "max\n"})
    assert find_quota(files) == (None, "")
    assert find_memory(files) == MemoryBound()


def test_a_group_outside_of_the_namespace_ends_at_the_root() -> None:
    files = RecordedFiles(
        {"/proc/self/cgroup": "0::/../../x\n", "/sys/fs/cgroup/cpu.max": "100000 100000"}
    )
    assert find_quota(files)[0] == 1.0


@pytest.mark.parametrize(
    ("name", "text", "request_"),
    [
        ("cpu.weight", "20", 0.49),
        ("cpu.weight", "100", None),
        ("cpu.shares", "512", 0.5),
        ("cpu.shares", "1024", None),
    ],
)
def test_what_a_container_asked_for_is_read_from_its_weight(
    name: str, text: str, request_: float | None
) -> None:
    files = RecordedFiles({"/proc/self/cgroup": "0::/\n", f"/sys/fs/cgroup/{name}": text})
    assert find_request(files) == request_


def test_efficiency_cores_of_a_hybrid_processor_count_half() -> None:
    topology = "/sys/devices/system/cpu/cpu{}/topology/{}"
    files = {"/sys/devices/cpu_atom/cpus": "2-3\n"}
    for cpu, core in ((0, 0), (1, 0), (2, 8), (3, 9)):
        files[topology.format(cpu, "core_id")] = str(core)
        files[topology.format(cpu, "physical_package_id")] = "0"
    cores = read_cores(RecordedFiles(files), (0, 1, 2, 3))
    assert [core.speed for core in cores] == [1.0, 1.0, 0.5, 0.5]
    assert [core.physical for core in cores] == ["0:0", "0:0", "0:8", "0:9"]


def test_the_capacity_that_the_kernel_tells_is_relative_to_the_fastest() -> None:
    path = "/sys/devices/system/cpu/cpu{}/cpu_capacity"
    files = RecordedFiles({path.format(0): "1024\n", path.format(1): "256\n"})
    assert [core.speed for core in read_cores(files, (0, 1))] == [1.0, 0.25]


def test_a_container_of_kubernetes_is_recognised() -> None:
    host = read_host(RecordedFiles(KUBERNETES), {})
    assert (host.container, host.quota, host.cpu_request) == ("kubernetes", 0.5, 0.49)


@pytest.mark.parametrize(
    ("environ", "container"),
    [
        ({"AWS_LAMBDA_FUNCTION_NAME": "f"}, "lambda"),
        ({"FUNCTIONS_WORKER_RUNTIME": "python"}, "azure-functions"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
        ({}, ""),
    ],
)
def test_the_environment_names_the_kind_of_host(environ: dict[str, str], container: str) -> None:
    assert read_host(RecordedFiles({}), environ).container == container


def test_memory_is_read_in_bytes() -> None:
    files = RecordedFiles({"/proc/meminfo": "MemTotal: 2048 kB\nMemAvailable: 1024 kB\n"})
    host = read_host(files, {})
    assert (host.memory_total, host.memory_available) == (2048 * 1024, 1024 * 1024)


@pytest.mark.parametrize(("text", "asked"), [("3", 3), ("0", None), ("default", None)])
def test_the_environment_may_ask_for_fewer_cores(text: str, asked: int | None) -> None:
    assert read_host(RecordedFiles({}), {"PYTHON_CPU_COUNT": text}).asked_cores == asked


def test_this_machine_has_a_core_and_a_start_method() -> None:
    host = read_host()
    assert host.cores
    assert host.start_methods
