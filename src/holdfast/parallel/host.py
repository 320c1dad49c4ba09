"""What does this machine give a map: cores, memory, ways to start workers?"""

from __future__ import annotations

import msgspec

__all__ = ["Core", "Host"]


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """One logical cpu. `speed` is relative to the fastest; siblings share `physical`."""

    cpu: int
    physical: str
    speed: float = 1.0


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a machine; a plain value, so that any machine can be put in.

    `cores` are those of the process's affinity; `quota` is in cpus, None without a limit;
    `memory_limit` is the tightest of all cgroups above and `memory_used` what that one
    already holds.
    """

    system: str
    python: tuple[int, int]
    cores: tuple[Core, ...]
    logical: int
    quota: float | None = None
    quota_place: str = ""
    cpu_request: float | None = None
    memory_total: int = 0
    memory_available: int = 0
    memory_limit: int | None = None
    memory_used: int = 0
    memory_place: str = ""
    start_methods: tuple[str, ...] = ("spawn",)
    default_start_method: str = "spawn"
    threads: int = 1
    gil: bool = True
    has_interpreters: bool = False
    has_shared_memory: bool = True
    container: str = ""
    is_daemonic: bool = False
    asked_cores: int | None = None
