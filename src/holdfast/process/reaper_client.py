"""How does holdfast ask the reaper to start and to end processes?"""

from __future__ import annotations

import array
import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.errors import InternalError
from holdfast.process.reaper import carriers, kill_all, read_parents

__all__ = ["Reaper", "ReaperGone", "SpawnFailed", "Spawned", "describe_exit"]

SCRIPT = Path(__file__).with_name("reaper.py")
# Answers wait in a buffer of some 200 while we send: more requests than that at once, and both ends block.
MAX_UNANSWERED = 64


class SpawnFailed(OSError):
    """The program could not be started; `errno` says why."""


class ReaperGone(InternalError):
    """The reaper ended before the run did: nothing can be started or ended any more."""


class Spawned:
    """A process that the reaper started for us.

    `peak_bytes` is known once it has ended, where the system tells it: the most that was
    resident of it, or of one process that it waited for.
    """

    __slots__ = ("_cookie", "_reaper", "exit_status", "peak_bytes", "pid")

    def __init__(
        self, pid: int, reaper: Reaper, exit_status: asyncio.Future[int], cookie: str
    ) -> None:
        self.pid = pid
        self.exit_status = exit_status
        self.peak_bytes: int | None = None
        self._reaper = reaper
        self._cookie = cookie

    async def wait(self) -> int:
        """Return the exit status: the exit code, or minus the signal."""
        return await asyncio.shield(self.exit_status)

    def note_end(self, message: Mapping[str, Any]) -> None:
        """Take in how it ended."""
        self.peak_bytes = message.get("peak_bytes")
        if not self.exit_status.done():
            self.exit_status.set_result(int(message["status"]))

    async def kill_tree(self) -> int:
        """Kill it and everything it started; return how many processes that were."""
        answer = await self._reaper.request({"op": "kill", "pid": self.pid, "spawn": self._cookie})
        return int(answer["killed"])

    def abandon(self) -> None:
        """Kill it and everything it started without waiting: nobody will ask for it again."""
        self._reaper.post({"op": "kill", "pid": self.pid, "spawn": self._cookie})

    def signal(self, number: int) -> None:
        """Send a signal to the process alone."""
        self._reaper.post({"op": "signal", "pid": self.pid, "signal": int(number)})


class Reaper:
    """A connection to this run's reaper process."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        mine, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-I", "-S", str(SCRIPT), str(theirs.fileno()), run_id]
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        mine.setblocking(False)
        self._sock = mine
        self._outer = os.environ.get("HOLDFAST_RUN", "")
        self._next = 0
        self._buffer = bytearray()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._running: dict[int, Spawned] = {}
        self._early: dict[int, Mapping[str, Any]] = {}
        self._abandoned: set[int] = set()
        self._room = asyncio.Semaphore(MAX_UNANSWERED)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_open = True
        self.on_lost: Callable[[], None] = _nothing

    @property
    def pid(self) -> int:
        """The process id of the reaper."""
        return self._process.pid

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read answers on this loop."""
        self._loop = loop
        loop.add_reader(self._sock.fileno(), self._readable)

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a child: ours, `extra`, and the cookies by which it is found again."""
        self._next += 1
        run = f"{self._outer},{self.run_id}" if self._outer else self.run_id
        cookies = {"HOLDFAST_RUN": run, "HOLDFAST_SPAWN": f"{self.run_id}.{self._next}"}
        return {**os.environ, **(extra or {}), **cookies}

    async def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str = "",
        fds: Mapping[int, int] | None = None,
    ) -> Spawned:
        """Start a program with `fds` (its number -> ours) and nothing else open.

        Raises:
            SpawnFailed: the program cannot be executed.
        """
        table = dict(fds or {})
        message = {
            "op": "spawn",
            "argv": list(argv),
            "env": dict(env),
            "cwd": cwd,
            "fds": list(table),
        }
        answer = await self.request(message, list(table.values()))
        if "error" in answer:
            raise SpawnFailed(answer["errno"], answer["error"], argv[0])
        pid = int(answer["pid"])
        future = self._loop_now().create_future()
        spawned = Spawned(pid, self, future, env.get("HOLDFAST_SPAWN", ""))
        if pid in self._early:
            spawned.note_end(self._early.pop(pid))
        else:
            self._running[pid] = spawned
        return spawned

    async def request(self, message: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        async with self._room:
            future: asyncio.Future[dict[str, Any]] = self._loop_now().create_future()
            self._waiting[self.post(message, fds)] = future
            try:
                return await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled():
                    self._abandon(future.result())
                raise

    def post(self, message: dict[str, Any], fds: Sequence[int] = ()) -> int:
        """Send a request whose answer nobody waits for; return its number."""
        if not self._is_open:
            message_text = "the reaper is gone"
            raise ReaperGone(message_text, hint="run again; report this if it happens twice")
        self._next += 1
        data = msgspec.json.encode({**message, "id": self._next})
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        head = len(data).to_bytes(4, "big")
        # The reaper reads at once and requests are small: blocking for them is shorter than a detour.
        self._sock.setblocking(True)
        try:
            self._sock.sendmsg([head], ancillary)
            self._sock.sendall(data)
        except OSError as error:
            self._lost()
            message_text = f"the reaper is gone ({error})"
            raise ReaperGone(message_text) from error
        finally:
            self._sock.setblocking(False)
        return self._next

    def close(self) -> None:
        """Let the reaper kill what is left, and wait for it."""
        if self._loop is not None:
            self._loop.remove_reader(self._sock.fileno())
        self._is_open = False
        self._sock.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for future in [*self._exits(), *self._waiting.values()]:
            future.cancel()

    def _exits(self) -> list[asyncio.Future[int]]:
        return [spawned.exit_status for spawned in self._running.values()]

    def _loop_now(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self.attach(asyncio.get_running_loop())
        return asyncio.get_running_loop()

    def _readable(self) -> None:
        try:
            data = self._sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        self._buffer += data
        while len(self._buffer) >= 4:
            size = int.from_bytes(self._buffer[:4], "big")
            if len(self._buffer) < 4 + size:
                return
            message = msgspec.json.decode(bytes(self._buffer[4 : 4 + size]), type=dict[str, Any])
            del self._buffer[: 4 + size]
            self._dispatch(message)

    def _dispatch(self, message: dict[str, Any]) -> None:
        if "exited" in message:
            pid = int(message["exited"])
            spawned = self._running.pop(pid, None)
            if spawned is not None:
                spawned.note_end(message)
            elif pid in self._abandoned:
                self._abandoned.discard(pid)
            else:
                self._early[pid] = message
            return
        waiting = self._waiting.pop(int(message["id"]), None)
        if waiting is None:
            return
        if not waiting.done():
            waiting.set_result(message)
        else:
            self._abandon(message)

    def _abandon(self, answer: dict[str, Any]) -> None:
        """End what was started for someone who was cancelled meanwhile: nobody else would."""
        pid = int(answer.get("pid", 0))
        if pid and self._early.pop(pid, None) is None and self._is_open:
            self._abandoned.add(pid)
            self.post({"op": "signal", "pid": pid, "signal": signal.SIGKILL})

    def _lost(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        if self._loop is not None:
            self._loop.remove_reader(self._sock.fileno())
        self._kill_all()
        error = ReaperGone("the reaper is gone")
        for future in [*self._waiting.values(), *self._exits()]:
            if not future.done():
                future.set_exception(error)
                future.exception()
        self.on_lost()

    def _kill_all(self) -> None:
        """Do what the reaper would have done, as far as the cookie leads."""
        cookie = f"HOLDFAST_SPAWN={self.run_id}.".encode()
        kill_all(lambda: carriers(cookie, read_parents()), {os.getpid(), self._process.pid})


def describe_exit(status: int) -> str:
    """Say how a process ended: `exit 3`, `signal 11 (SIGSEGV)`."""
    if status >= 0:
        return f"exit {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = "unknown"
    return f"signal {-status} ({name})"


def _nothing() -> None:
    return None
