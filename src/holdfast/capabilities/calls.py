"""How is one function observed, or confined, once?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from holdfast.capabilities.observation import Observation
from holdfast.capabilities.worker import ConfinedWorker

__all__ = ["enforce", "observe"]


def observe(
    function: Callable[..., Any], /, *args: Any, declared: Iterable[str] = (), **kwargs: Any
) -> Observation:
    """Call a function in a process of its own and tell what it touches.

    An audit hook sees what goes through the interpreter and nothing else: it is a
    monitor, no wall. docs/reference/capabilities.md says what it cannot see.

    Raises what the function raises, and:
        BadCapability: a declared capability names none.
        ChildLost: the process ended before it answered.

    >>> observe(sum, [1, 2], declared=["net"]).unused
    ('net',)
    """
    with ConfinedWorker(declared, mode="observe") as worker:
        return worker.observe(function, *args, **kwargs)


def enforce(
    function: Callable[..., Any], /, *args: Any, allow: Iterable[str] = (), **kwargs: Any
) -> Any:
    """Call a function in a process that can touch only what is allowed; return its value.

    Raises what the function raises, and:
        CapabilityViolation: something was stopped, even if the code went on without it.
        CannotEnforce: this machine cannot hold it to `allow`; nothing was called.
        BadCapability: an allowed capability names none.
        NotPlain: the value is no plain data.
        ChildLost: the process ended before it answered.
    """
    with ConfinedWorker(allow, mode="enforce") as worker:
        return worker.call(function, *args, **kwargs)
