"""What do the contract tests of executors call? Functions that behave in every bad way."""
# ruff: noqa: T201, ASYNC110, ASYNC222, ASYNC240, ASYNC251, PLR0133 - this code is bad on purpose

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import datetime
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import holdfast
from holdfast.process.page import current_page


def value(n: int = 1, text: str = "") -> dict[str, Any]:
    return {"n": n, "text": text}


def writes_on_its_page(text: str) -> None:
    page = current_page()
    assert page is not None
    page.note(text)


async def writes_on_its_page_async(text: str) -> None:
    await asyncio.sleep(0)
    await asyncio.to_thread(writes_on_its_page, text)


async def value_async(n: int = 1, text: str = "") -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"n": n, "text": text}


def returns_awaitable() -> Any:
    return value_async(7)


class Namespace:
    @staticmethod
    def inside(n: int) -> int:
        return n + 1


class Stateful:
    async def __call__(self) -> str:
        return "called"


callable_object = Stateful()
not_callable = 3


def fails(message: str) -> None:
    raise ValueError(message)


async def fails_async(message: str) -> None:
    await asyncio.sleep(0)
    raise ValueError(message)


async def _fails_later() -> None:
    raise LookupError("later")


def fails_in_awaitable() -> Any:
    return _fails_later()


def asserts() -> None:
    assert 1 == 2, "one is not two"


class Unsayable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raises_unsayable() -> None:
    raise Unsayable


def raises_surrogate() -> None:
    raise ValueError("\udcff")


def raises_connection() -> None:
    raise ConnectionRefusedError("no")


def calls_exit() -> None:
    sys.exit("bye")


def interrupts() -> None:
    raise KeyboardInterrupt


def out_of_memory() -> None:
    raise MemoryError


def pid() -> int:
    return os.getpid()


def roll() -> list[int]:
    return [random.randrange(10**9) for _ in range(3)]


def prints(text: str) -> None:
    print(text)
    print(text.upper(), file=sys.stderr)


async def prints_async(text: str) -> None:
    for letter in text:
        print(letter, end="")
        sys.stderr.write(letter.upper())
        await asyncio.sleep(0)
    sys.stdout.buffer.write(b"\xff\n")
    await asyncio.create_task(asyncio.to_thread(print, "thread", flush=True))


def writes_to_descriptors() -> None:
    os.write(1, b"by descriptor\n")
    subprocess.run(["echo", "by a child"], check=True)


def prints_much(size: int) -> int:
    sys.stdout.write("x" * size)
    return size


def crashes_after_output() -> None:
    print("last words")
    os._exit(3)


def segfaults() -> None:
    ctypes.string_at(0)


def exits(code: int) -> None:
    os._exit(code)


async def exits_async(code: int) -> None:
    os._exit(code)


def kills_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def waits(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "waited"


async def waits_for(path: str) -> str:
    """Wait until a file is there."""
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    return "seen"


async def swallows_cancellation() -> None:
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


async def blocks(seconds: float) -> None:
    time.sleep(seconds)


async def blocks_in_subtask() -> None:
    async def inner() -> None:
        time.sleep(60)

    await asyncio.create_task(inner())


def holds_the_interpreter() -> None:
    """Look for a match that takes ages, in C code that never lets go of the interpreter."""
    re.match("(a+)+$", "a" * 50 + "b")


async def holds_the_interpreter_async() -> None:
    holds_the_interpreter()


def endless() -> None:
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


def leaves_child(new_session: bool) -> None:
    """Start a child that outlives us, and wait."""
    subprocess.Popen(["sleep", "61"], start_new_session=new_session)
    endless()


def crashes_with_child() -> None:
    if os.fork() == 0:
        time.sleep(61)
    os._exit(4)


def forks_and_returns() -> str:
    if os.fork() == 0:
        return "child"
    os.wait()
    return "parent"


async def forks_and_waits() -> str:
    child = os.fork()
    if child == 0:
        print("from the child")
        await asyncio.sleep(0.01)
        return "child"
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        await asyncio.sleep(0.005)
    print("from the parent")
    return "parent"


async def forks_and_prints() -> int:
    """Return the exit code of a child that prints before it ends."""
    child = os.fork()
    if child == 0:
        print("from the child")
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def closes_descriptors() -> None:
    os.closerange(3, 256)


async def closes_descriptors_async() -> None:
    os.closerange(3, 256)
    await asyncio.sleep(60)


def writes_to_connection() -> None:
    os.write(3, b"\x00\x00\x00\x01\xc1")
    endless()


class Foreign:
    def __repr__(self) -> str:
        return "Foreign()"


class Hostile:
    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no class")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def strange(kind: str) -> Any:
    return {
        "foreign": Foreign(),
        "hostile": Hostile(),
        "path": Path(os.fsdecode(b"/tmp/\xff")),
        "datetime": datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC),
        "surrogate": "\udcff",
        "module": sys,
    }[kind]


def huge() -> str:
    return "y" * 30_000_000


def huge_surrogates() -> str:
    return "\udcff" * 17_000_000


# --- validators -----------------------------------------------------------------


def is_right(value: Any) -> bool:
    return value["n"] == 1


def is_wrong(value: Any) -> bool:
    return value["n"] == 2


async def awaits(value: Any) -> bool:
    await asyncio.sleep(0)
    return value["n"] == 1


def has_limit(value: Any, limit: int) -> holdfast.Finding:
    return holdfast.Finding(status="failed", message=f"over {limit}", observed=value["n"])


def says_text(value: Any) -> str:
    return "fine"


def says_nothing(value: Any) -> None:
    return None


def raises(value: Any) -> bool:
    raise KeyError("x")


def asserts_about(value: Any) -> bool:
    assert value["n"] == 2, "n must be two"
    return True


def gets_identity(value: Any) -> bool:
    return isinstance(value, Foreign)


def ends_process(value: Any) -> bool:
    os._exit(0)


def never_answers(value: Any) -> bool:
    endless()
    return True
