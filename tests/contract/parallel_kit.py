"""Functions that worker processes import, and the processes that multiprocessing keeps."""

from __future__ import annotations

import math
import multiprocessing
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from multiprocessing import forkserver, resource_tracker, util
from typing import Any

from holdfast.parallel import execute

METHODS = [
    m for m in ("fork", "spawn", "forkserver") if m in multiprocessing.get_all_start_methods()
]


def keep_servers() -> Iterator[None]:
    """Start the helpers that multiprocessing keeps for good, and end them afterwards."""
    resource_tracker.ensure_running()
    if "forkserver" in METHODS:
        forkserver.ensure_running()
    yield
    server: Any = getattr(forkserver, "_forkserver", None)
    if "forkserver" in METHODS and server is not None:
        server._stop()
    tracker: Any = resource_tracker._resource_tracker
    tracker._stop()
    # The server's folder is gone with the session's, before multiprocessing would remove it.
    for finalizer in list(util._finalizer_registry.values()):
        if getattr(finalizer, "_callback", None) is util._remove_temp_dir:
            finalizer()


class TwoArguments(Exception):
    """Cannot be pickled the usual way: its __init__ wants other arguments than it passes on."""

    def __init__(self, code: int, place: str) -> None:
        super().__init__(f"{code} at {place}")
        self.code = code
        self.place = place


def square(x: int) -> int:
    return x * x


def shape(x: int) -> dict[str, Any]:
    return {"n": x, "half": x / 2, "text": str(x)}


def large(x: int) -> bytes:
    return bytes([x % 251]) * 300_000


def raise_value(x: int) -> int:
    if x in {3, 5}:
        raise ValueError(f"not {x}")
    return x


def raise_two(x: int) -> int:
    if x == 3:
        raise TwoArguments(3, "here")
    return x


def raise_stop(x: int) -> int:
    if x == 3:
        raise StopIteration(x)
    return x


def leave(x: int) -> int:
    if x == 3:
        sys.exit(2)
    return x


def fork_and_return(x: int) -> int:
    if x == 3 and os.fork() == 0:
        return -1
    return x


def make_generator(x: int) -> Any:
    return (i for i in range(x)) if x == 3 else x


def kill_itself(x: int) -> int:
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def end_itself(x: int) -> int:
    if x == 3:
        os._exit(0)
    return x


def wait_for_ever(x: int) -> int:
    if x == 3:
        threading.Event().wait()
    return x


class Unloadable:
    """Pickles, and then cannot be loaded."""

    def __reduce__(self) -> Any:
        return (_refuse, (1,))


def _refuse(_: int) -> Any:
    raise ValueError("cannot be loaded")


def make_unloadable(x: int) -> Any:
    return Unloadable() if x == 3 else x


def raise_unloadable(x: int) -> int:
    if x == 3:
        error = ValueError("it holds", Unloadable())
        raise error
    return x


def pid_of(_: Any) -> int:
    return os.getpid()


def thread_of(_: Any) -> int:
    return threading.get_ident()


def draw(_: Any) -> float:
    return random.random()


COUNTED: list[int] = []


def count(x: int) -> int:
    COUNTED.append(x)
    return len(COUNTED)


def give_nan(_: int) -> list[float]:
    return [1.0, math.nan]


SENTINEL = object()


def give_sentinel(_: int) -> object:
    return SENTINEL


def append_one(items: list[int]) -> int:
    items.append(1)
    return len(items)


def list_set(x: int) -> list[str]:
    return list({f"word {x} {n}" for n in range(40)})


def nested(x: int) -> list[int]:
    results, plan = execute(square, range(x), return_plan=True)
    assert plan.executor == "serial"
    return [*results, os.getpid()]
