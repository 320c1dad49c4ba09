"""Which engine does a session get?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.errors import UsageError
from holdfast.session.engine import Engine
from holdfast.session.local_engine import LocalEngine
from holdfast.session.process_engine import ProcessEngine
from holdfast.session.wire import Setup

__all__ = ["make_setup", "open_engine"]


def open_engine(
    setup: Setup,
    *,
    in_process: bool = False,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Engine:
    """Return the engine that can do what is asked for.

    Raises:
        UsageError: it cannot be done in this process.
    """
    if not in_process:
        return ProcessEngine(setup, cwd=cwd, env=env)
    asked = {
        "capabilities": setup.capabilities,
        "memory_bytes": setup.memory_bytes,
        "cpu_s": setup.cpu_s,
        "cwd": cwd,
        "env": env,
    }
    named = [name for name, value in asked.items() if value is not None]
    if named:
        raise UsageError(
            f"{named[0]} must be left out of a session in this process, got {asked[named[0]]!r}",
            hint="leave `in_process` out: only a process of its own can be held to it",
        )
    return LocalEngine()


def make_setup(
    capabilities: Sequence[str] | None, memory_bytes: int | None, cpu_s: float | None
) -> Setup:
    """Return what an interpreter is told first.

    Raises:
        UsageError: a limit cannot be kept, or the capabilities are no list of texts.
    """
    if capabilities is not None:
        if isinstance(capabilities, str) or not all(isinstance(each, str) for each in capabilities):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(
                f"capabilities must be a list of texts, got {capabilities!r}",
                hint='for example ["read:/data/**", "net:127.0.0.1"]',
            )
        capabilities = tuple(capabilities)
    if memory_bytes is not None and (type(memory_bytes) is not int or memory_bytes <= 0):
        raise UsageError(f"memory_bytes must be a number of bytes above 0, got {memory_bytes!r}")
    if cpu_s is not None and not 0 < cpu_s < float("inf"):
        raise UsageError(f"cpu_s must be a number of seconds above 0, got {cpu_s!r}")
    return Setup(capabilities, memory_bytes, cpu_s)
