"""On which class of machine, and with which interpreter, is something measured?

Facts that decide how fast code runs, and none that name the machine or its owner.
"""

from __future__ import annotations

import hashlib
import math
import os
import platform
import sys
import sysconfig
from pathlib import Path

from holdfast.measure.baseline import Host, Interpreter
from holdfast.measure.proc_cgroup import find_groups, read_group
from holdfast.process.limits import memory_bytes, usable_cores

__all__ = ["describe_host", "describe_interpreter", "machine_mark"]

GIB = 1 << 30
X86 = frozenset({"x86_64", "AMD64", "i386", "i686"})
# The first that is there names the machine for good; in a container often none of them is.
IDENTITIES = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def describe_host(cpuinfo: str = "/proc/cpuinfo") -> Host:
    """Return the class of this machine, as this process is allowed to use it."""
    about = _read(cpuinfo)
    limits = _limits()
    memory = min(memory_bytes(), limits.get("memory_limit_bytes", math.inf))
    quota = limits.get("cpu_limit")
    return Host(
        cpu=_field(about, "model name") or platform.processor(),
        cores=os.cpu_count() or 1,
        usable_cores=usable_cores(),
        memory_gib=2.0 ** round(math.log2(memory / GIB)),
        system=platform.system(),
        architecture=platform.machine(),
        is_virtual=_is_virtual(about),
        cpu_quota=None if quota is None else round(quota, 2),
    )


def describe_interpreter() -> Interpreter:
    """Return which Python this is; the processes that are measured are started as this one was."""
    return Interpreter(
        implementation=platform.python_implementation(),
        version=platform.python_version(),
        compiler=platform.python_compiler(),
        flags=tuple(_flags()),
    )


def machine_mark() -> str:
    """Return a digest that is another one on every machine, and from which nothing can be read."""
    known = [text for text in map(_read, IDENTITIES) if text]
    identity = known[0] if known else platform.node()
    return hashlib.blake2b(identity.strip().encode(), digest_size=4).hexdigest()


def _flags() -> list[str]:
    """Say what was built or started in another way than usual, and costs or saves time."""
    has_gil = getattr(sys, "_is_gil_enabled", None)
    jit = getattr(sys, "_jit", None)
    found = {
        "debug": bool(sysconfig.get_config_var("Py_DEBUG")),
        "free-threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "without GIL": has_gil is not None and not has_gil(),
        "JIT": jit is not None and jit.is_enabled(),
        "development mode": sys.flags.dev_mode,
        f"optimised {sys.flags.optimize}": bool(sys.flags.optimize),
        f"malloc {os.environ.get('PYTHONMALLOC')}": bool(os.environ.get("PYTHONMALLOC")),
    }
    return [name for name, holds in found.items() if holds]


def _limits() -> dict[str, float]:
    try:
        return read_group(find_groups(os.getpid()))
    except OSError:
        # No control groups on this system: nothing is limited by them.
        return {}


def _is_virtual(cpuinfo: str) -> bool | None:
    """Tell whether a hypervisor lies between; None where neither the CPU nor the kernel says so."""
    if "hypervisor" in _field(cpuinfo, "flags").split() or Path("/sys/hypervisor/type").exists():
        return True
    return False if cpuinfo and platform.machine() in X86 else None


def _field(cpuinfo: str, name: str) -> str:
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
