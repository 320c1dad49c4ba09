"""What does one side of a comparison do? Calls its version as often as it is told, and says what it took.

A program of its own (`lockstep.BOOT`) for any Python from 3.8 on: it imports the standard library
only, and little of it, since the version under test may live in an environment without holdfast.
FD is a stream socket to holdfast; messages are JSON behind a 4-byte big-endian length:

    {"ref": "module:name"} or {"pickle": base64} or {"command": [...]}, and with it
    {"path": [...], "is_whole_path": true, "kwargs": {...}, "concurrency": 1, "root": "..."}
        -> {"lane": "sync" or "async" or "command", "python": "3.11.7", "file": "...", "has_root": true}
    {"calls": 4}
        -> {"wall_s": 0.01, "cpu_s": 0.01, "waits": 0, "pushed": 2}
    {"where": true}  -> {"cpu": 0, "threads": 1}; the CPU is -1 where it is not known
    {"pin": 0}       -> {}; from now on it runs on that CPU; -1 lets it run anywhere again
    what goes wrong -> {"error": "ValueError: ..."}

`file` defines what is called; `has_root` says whether any module comes from the folder `root`.
`waits` are voluntary context switches (it slept, or waited for a lock or for I/O), `pushed` the
involuntary ones. When the socket closes, this process ends at once, within a call too.
"""

# pathlib takes longer to import than all that is imported here:
# ruff: noqa: PTH100, PTH118, PTH119, PTH123
from __future__ import annotations

import importlib
import itertools
import json
import os
import resource
import select
import signal
import socket
import sys
import threading

# The very clock of clock.py, which this program cannot import.
from timeit import default_timer as monotonic

# As `typing.TYPE_CHECKING`, without the import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

__all__ = ["Side", "find", "main"]

# CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR of the inspect module, whose import takes longer
# than all the others together.
GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x200


class Side:
    """The version of this side, ready to be called."""

    def __init__(self) -> None:
        self.lane = "sync"
        self._call: Callable[[], Any] = nothing
        self._loop: Any = None
        self._gather: Any = None
        self._concurrency = 1
        self._is_checked = False

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Do what a message asks for; what goes wrong is the answer."""
        try:
            if "calls" in message:
                return self.run(message["calls"])
            if "where" in message:
                return where()
            if "pin" in message:
                return pin(message["pin"])
            return self.prepare(message)
        except BaseException as error:  # noqa: BLE001 - a SystemExit of the version is an error like any other
            return {"error": f"{type(error).__name__}: {error}"}

    def prepare(self, message: dict[str, Any]) -> dict[str, Any]:
        """Import what is to be called and tell what it is."""
        path = message["path"]
        sys.path[:] = path if message["is_whole_path"] else [*path, *sys.path]
        self._concurrency = message["concurrency"]
        root = message["root"]
        if "command" in message:
            argv = message["command"]
            self.lane, self._is_checked = "command", True
            self._call = lambda: run_command(argv)
            return self._about("", root)
        if "pickle" in message:
            data = importlib.import_module("base64").b64decode(message["pickle"])
            function = importlib.import_module("pickle").loads(data)
        else:
            function = find(message["ref"])
        if not callable(function):
            raise TypeError(f"the target must be callable, got {type(function).__name__}")
        flags = flags_of(function)
        if flags & (GENERATOR | ASYNC_GENERATOR):
            raise TypeError("the target must run when it is called, got a generator function")
        kwargs = message["kwargs"]
        self._call = (lambda: function(**kwargs)) if kwargs else function
        if flags & COROUTINE:
            asyncio = importlib.import_module("asyncio")
            self.lane, self._is_checked = "async", True
            self._loop, self._gather = asyncio.new_event_loop(), asyncio.gather
        return self._about(file_of(function), root)

    def _about(self, file: str, root: str) -> dict[str, Any]:
        return {
            "lane": self.lane,
            "python": sys.version.split()[0],
            "file": file,
            "has_root": bool(root) and any(map(is_from(root), list(sys.modules.values()))),
        }

    def run(self, calls: int) -> dict[str, Any]:
        """Call so often and tell what it took."""
        if not self._is_checked:
            self._check()
        before = usage()
        if self._loop is None:
            wall_s = self._run_sync(calls)
        else:
            wall_s = self._loop.run_until_complete(self._run_async(calls))
        after = usage()
        own, children = (
            [end - start for start, end in zip(*pair)]  # noqa: B905 - not before 3.10
            for pair in ((before[0], after[0]), (before[1], after[1]))
        )
        # Waiting for its command is no wait of the command.
        waits = children[1] if self.lane == "command" else own[1] + children[1]
        return {
            "wall_s": wall_s,
            "cpu_s": own[0] + children[0],
            "waits": waits,
            "pushed": own[2] + children[2],
        }

    def _check(self) -> None:
        if hasattr(self._call(), "__await__"):
            raise TypeError(
                "the target must be a coroutine function to be awaited, "
                "got a function that returns an awaitable"
            )
        self._is_checked = True

    def _run_sync(self, calls: int) -> float:
        call = self._call
        start = monotonic()
        for _ in itertools.repeat(None, calls):
            call()
        return monotonic() - start

    async def _run_async(self, calls: int) -> float:
        """Await within the one loop, `concurrency` calls at a time."""
        call: Callable[[], Awaitable[Any]] = self._call

        async def take_turns(share: int) -> None:
            for _ in itertools.repeat(None, share):
                await call()

        width = self._concurrency
        shares = [len(range(at, calls, width)) for at in range(width)]
        start = monotonic()
        if width == 1:
            await take_turns(calls)
        else:
            await self._gather(*map(take_turns, shares))
        return monotonic() - start


def nothing() -> None:
    """Be called until there is something to call."""


def run_command(argv: list[str]) -> None:
    """Run a command to its end."""
    child = os.posix_spawnp(argv[0], argv, os.environ)
    status = os.waitpid(child, 0)[1]
    if status:
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        raise RuntimeError(f"the command must end with exit code 0, got {code}")


def find(ref: str) -> Any:
    """Return what `module:qualname` or `path.py:qualname` names."""
    place, _, qualname = ref.rpartition(":")
    if place.endswith(".py"):
        util = importlib.import_module("importlib.util")
        name = os.path.basename(place)[: -len(".py")]
        spec = util.spec_from_file_location(name, place)
        module = sys.modules[name] = util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(place)
    value: Any = module
    for part in qualname.split("."):
        value = getattr(value, part)
    return value


def innermost(function: Any) -> Any:
    """Return the function within partials, and the method that makes an object callable."""
    while hasattr(function, "func") and type(function).__name__ == "partial":
        function = function.func
    if hasattr(function, "__code__") or hasattr(function, "__func__") or isinstance(function, type):
        return function
    return getattr(function.__class__, "__call__", function)  # noqa: B004 - the method itself is wanted


def flags_of(function: Any) -> int:
    """Return the flags of the code behind a callable; 0 where it is not Python's."""
    code = getattr(innermost(function), "__code__", None)
    return code.co_flags if code is not None else 0


def file_of(function: Any) -> str:
    """Return the file of the module that defines a callable, "" where there is none."""
    module = sys.modules.get(getattr(innermost(function), "__module__", None) or "")
    return os.path.abspath(getattr(module, "__file__", None) or "") if module else ""


def is_from(root: str) -> Callable[[Any], bool]:
    """Return the question whether a module comes from a folder."""
    start = os.path.join(root, "")
    return lambda module: (getattr(module, "__file__", None) or "").startswith(start)


ANYWHERE: set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def pin(cpu: int) -> dict[str, Any]:
    """Let this thread, and what it starts, run on one CPU, or anywhere again."""
    os.sched_setaffinity(0, ANYWHERE if cpu < 0 else {cpu})
    return {}


def where() -> dict[str, Any]:
    """Tell on which CPU this process runs, and how many threads its version has."""
    try:
        with open("/proc/self/stat", encoding="ascii") as file:
            # Fields are counted from the state, the third: the name before it may hold blanks.
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return {"cpu": -1, "threads": 0}
    # One of the threads watches the socket.
    return {"cpu": int(fields[39 - 3]), "threads": int(fields[20 - 3]) - 1}


def usage() -> tuple[tuple[float, int, int], tuple[float, int, int]]:
    """Return CPU seconds, voluntary and involuntary switches: of this process, of its children."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return (
        (own.ru_utime + own.ru_stime, own.ru_nvcsw, own.ru_nivcsw),
        (children.ru_utime + children.ru_stime, children.ru_nvcsw, children.ru_nivcsw),
    )


def watch(fd: int) -> None:
    """End this process with all that it started when the other end of the socket is closed."""
    poll = select.poll()
    # No event is asked for: a hang-up is always told, data that waits is not.
    poll.register(fd, 0)
    poll.poll()
    # It was started as the leader of a session of its own.
    os.killpg(os.getpid(), signal.SIGKILL)


def receive(sock: socket.socket, size: int) -> bytes:
    """Read exactly so many bytes; b"" where the other end is gone."""
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            return b""
        data += more
    return data


def main(fd: int) -> None:
    """Answer until the socket closes."""
    side = Side()
    threading.Thread(target=watch, args=(fd,), daemon=True).start()
    with socket.socket(fileno=fd) as sock:
        while True:
            head = receive(sock, 4)
            if not head:
                return
            message = json.loads(receive(sock, int.from_bytes(head, "big")))
            body = json.dumps(side.answer(message)).encode()
            sock.sendall(len(body).to_bytes(4, "big") + body)


if __name__ == "__main__":
    main(int(sys.argv[1]))
