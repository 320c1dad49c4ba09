"""Machines as they were recorded, and others that are hard to come by."""

from __future__ import annotations

from typing import Any

from holdfast.parallel.host import Core, Host

GIB = 2**30


def make_host(cores: int = 8, **changes: Any) -> Host:
    """Make a Linux host of even cores."""
    values: dict[str, Any] = {
        "system": "linux",
        "python": (3, 11),
        "cores": tuple(Core(cpu=cpu, physical=f"0:{cpu}") for cpu in range(cores)),
        "logical": cores,
        "memory_total": 64 * GIB,
        "memory_available": 48 * GIB,
        "start_methods": ("fork", "spawn", "forkserver"),
        "default_start_method": "fork",
    }
    if "topology" in changes:
        values["cores"] = changes.pop("topology")
    return Host(**{**values, **changes})


HYBRID = make_host(
    12,
    topology=(
        *(Core(cpu=cpu, physical=f"0:{cpu // 2}") for cpu in range(8)),
        *(Core(cpu=cpu, physical=f"0:{cpu}", speed=0.5) for cpu in range(8, 12)),
    ),
)
WINDOWS = make_host(128, system="windows", start_methods=("spawn",), default_start_method="spawn")
LAMBDA = make_host(
    2,
    container="lambda",
    has_shared_memory=False,
    memory_total=GIB,
    memory_available=GIB // 2,
)
KUBERNETES = make_host(
    64,
    container="kubernetes",
    quota=1.5,
    quota_place="/sys/fs/cgroup/cpu.max",
    cpu_request=0.5,
    memory_limit=GIB,
    memory_used=GIB // 2,
    memory_place="/sys/fs/cgroup/memory.max",
)
MAC = make_host(10, system="darwin", default_start_method="spawn")
NEXT_PYTHON = make_host(4, python=(3, 14), default_start_method="forkserver", threads=3)
