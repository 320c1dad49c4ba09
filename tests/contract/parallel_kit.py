"""Functions that worker processes import: what a new interpreter loads first, so nothing heavy."""

from __future__ import annotations

import importlib
import math
import multiprocessing
import os
import random
import signal
import sys
import threading
from typing import Any

from holdfast import parallel

METHODS = [
    m for m in ("fork", "spawn", "forkserver") if m in multiprocessing.get_all_start_methods()
]


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


def transform(x: Any) -> Any:
    if isinstance(x, int) and not isinstance(x, bool) and x % 7 == 3:
        raise ValueError(x)
    return (x, repr(x))


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


def end_process() -> None:
    os._exit(7)


def wait_for_ever(x: int) -> int:
    if x == 3:
        threading.Event().wait()
    return x


class Unloadable:
    """Pickles, and then cannot be loaded."""

    def __reduce__(self) -> Any:
        return (refuse_to_load, (1,))


def refuse_to_load(_: int) -> Any:
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
    results, plan = parallel.execute(square, range(x), return_plan=True)
    assert plan.executor == "serial"
    return [*results, os.getpid()]


def draw_numpy(_: Any) -> float:
    return float(importlib.import_module("numpy").random.random())
