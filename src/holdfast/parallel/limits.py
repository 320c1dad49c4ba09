"""How many workers may there be, how are they started, how much may results hold?"""

from __future__ import annotations

import math

import msgspec

from holdfast.errors import HoldfastError
from holdfast.parallel.host import Host
from holdfast.text.format import format_bytes, format_number

__all__ = [
    "Limits",
    "capacity",
    "choose_start_method",
    "find_limits",
    "hold_to_memory",
    "memory_budget",
    "physical_cores",
]

# A sibling thread of a busy core adds about a third of a core.
SIBLING = 0.3
# WaitForMultipleObjects takes 63 handles, of which multiprocessing uses two.
WINDOWS_WORKERS = 61
# What is left free of the memory that could be had: others grow as well.
MEMORY_SHARE = 0.8
# What a fresh worker needs where nothing is known of it: an interpreter and its modules.
WORKER_BYTES = 32 * 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What bounds a map on this host. `bound` names what decided the number of workers."""

    cores: int
    bound: str
    start_method: str
    start_reason: str
    memory: int
    no_processes: str = ""
    warnings: tuple[str, ...] = ()


def find_limits(host: Host, *, worker_bytes: int = WORKER_BYTES, method: str = "") -> Limits:
    """Bound a map by affinity, quota, environment, memory and the platform."""
    bounds = [(host.logical, f"{host.logical} logical cores")]
    if len(host.cores) < host.logical:
        bounds.append((len(host.cores), f"the affinity of {len(host.cores)} cores"))
    if host.quota is not None:
        # 1.5 cpus: two workers are throttled, one leaves half a cpu idle; two do more.
        text = f"the quota of {format_number(host.quota)} cpus in {host.quota_place}"
        bounds.append((max(1, math.ceil(host.quota)), text))
    if host.asked_cores is not None:
        bounds.append((host.asked_cores, f"the environment, which asks for {host.asked_cores}"))
    budget = memory_budget(host)
    fitting = max(1, budget // max(1, worker_bytes)) if budget else host.logical
    bounds.append((fitting, f"the memory, {format_bytes(budget)} left for workers"))
    if host.system == "windows":
        bounds.append((WINDOWS_WORKERS, "Windows, which waits for 61 workers at most"))
    cores, bound = min(bounds, key=lambda pair: pair[0])
    chosen, reason = choose_start_method(host, method)
    return Limits(
        cores=max(1, cores),
        bound=bound,
        start_method=chosen,
        start_reason=reason,
        memory=budget,
        no_processes=_no_processes(host),
        warnings=tuple(_warnings(host)),
    )


def hold_to_memory(limits: Limits, item_bytes: int) -> Limits:
    """Bound the workers by what an item was seen to take while it ran."""
    fitting = limits.memory // (WORKER_BYTES + item_bytes) if limits.memory else limits.cores
    if item_bytes <= 0 or fitting >= limits.cores:
        return limits
    bound = (
        f"the memory, {format_bytes(limits.memory)} left for workers whose items take "
        f"{format_bytes(item_bytes)}"
    )
    return msgspec.structs.replace(limits, cores=max(1, fitting), bound=bound)


def choose_start_method(host: Host, asked: str = "") -> tuple[str, str]:
    """Choose how workers start: fork where it is safe, since it inherits input and closures."""
    if asked:
        if asked not in host.start_methods:
            known = ", ".join(sorted(host.start_methods))
            raise HoldfastError(
                f"start_method must be one of {known}, got {asked!r}",
            )
        return asked, "asked for"
    if "fork" in host.start_methods and host.system == "linux":
        if host.threads == 1:
            return "fork", "no other thread is alive, so a copy of this process is safe"
        reason = f"{host.threads} threads are alive, and a copy would inherit their locks"
        return ("forkserver", reason) if "forkserver" in host.start_methods else ("spawn", reason)
    return "spawn", f"{host.system} has no safe fork"


def memory_budget(host: Host) -> int:
    """Return the bytes that workers and results may take; 0 where nothing is known."""
    left = host.memory_available
    if host.memory_limit is not None:
        under_limit = max(0, host.memory_limit - host.memory_used)
        left = min(left, under_limit) if left else under_limit
    return int(left * MEMORY_SHARE)


def physical_cores(host: Host) -> int:
    """Count the physical cores of the affinity."""
    return len({core.physical for core in host.cores}) or 1


def capacity(host: Host, workers: int) -> float:
    """Return how many full cores `workers` busy processes amount to.

    The fastest physical cores are taken first, then slower ones, then the sibling
    threads, each for about a third of a core; never more than the quota.
    """
    first: dict[str, float] = {}
    siblings: list[float] = []
    for core in host.cores:
        if core.physical in first:
            siblings.append(core.speed * SIBLING)
        else:
            first[core.physical] = core.speed
    speeds = [*sorted(first.values(), reverse=True), *sorted(siblings, reverse=True)]
    total = sum(speeds[: max(1, workers)]) or 1.0
    return total if host.quota is None else min(total, max(host.quota, 0.01))


def _no_processes(host: Host) -> str:
    if host.is_daemonic:
        return "this process is a daemonic worker, which may not have children"
    if host.system in {"emscripten", "wasi"}:
        return f"{host.system} has no processes"
    return ""


def _warnings(host: Host) -> list[str]:
    found: list[str] = []
    if host.cpu_request is not None and host.quota is None and host.container:
        found.append(
            f"the container asked for {format_number(host.cpu_request)} cpus and has no quota: "
            "beside busy neighbours it gets no more than that"
        )
    if not host.has_shared_memory:
        found.append("/dev/shm cannot be written: only pipes are used")  # noqa: S108
    return found
