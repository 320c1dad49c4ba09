"""What does holdfast know of one host or worker process while it lives?"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.execute.wire import FromHost, Lane
from holdfast.ports import AssessorCall
from holdfast.process.channel import Channel
from holdfast.process.reaper_client import Reaper, ReaperGone, Spawned, describe_exit
from holdfast.text.cut import HeadTail

__all__ = ["REAPER_GONE", "HostProcess", "InFlight", "start_host"]

CHANNEL_FD = 3
REAPER_GONE = "the reaper is gone"
LOG_BYTES = 65_536
PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
# -P keeps the current folder off sys.path until the host puts the run's root there.
PROGRAM = "import sys; sys.path.append({root!r}); from holdfast.execute.host import main; main(sys.argv[1:])"


class InFlight(msgspec.Struct, eq=False):
    """A message that waits for its answer."""

    future: asyncio.Future[Any]
    label: str
    timeout_s: float | None
    started: float
    # None: no limit, or the process is not ready yet.
    deadline: float | None = None
    is_cancelled: bool = False
    called: bytes | None = None
    # For `Resolve`, which has an answer for each reference.
    answers: dict[str, Lane] = {}
    expected: int = 0
    output: dict[int, HeadTail] | None = None
    # The validators of a call, which is answered with evidence; None for other messages.
    assessors: Sequence[AssessorCall] | None = None

    def start_clock(self, now: float) -> None:
        """Count the time limit from now on."""
        self.started = now
        if self.timeout_s:
            self.deadline = now + self.timeout_s

    def keep(self, fd: int, data: bytes) -> None:
        """Add output of the call."""
        if self.output is None:
            self.output = {1: HeadTail(), 2: HeadTail()}
        self.output[fd].append(data)


class HostProcess:
    """A host or worker: its connection, what it is busy with, and its log."""

    def __init__(self, name: str, lane: Lane, spawned: Spawned) -> None:
        self.name = name
        self.lane: Lane = lane
        self.spawned = spawned
        self.channel: Channel[FromHost]
        self.in_flight: dict[int, InFlight] = {}
        self.log = HeadTail(LOG_BYTES, LOG_BYTES)
        self.is_ready = False
        self.is_lost = False
        self.last_heard = monotonic()
        self.tasks = 0
        # The call that keeps the event loop from turning: 0 none, -1 unknown.
        self.blocked_by = 0
        self.blocked_since = 0.0
        self.blocked_stack = ""
        # Which call was the reason to kill it (0: which one is not known), and how the reason reads.
        self.killed_for: int | None = None
        self.kill_reason = ""
        self._pipes: dict[int, int] = {}
        # Asking once whether anything is there costs less than two reads that find nothing.
        self._waiting = select.poll()
        self.echo: Callable[[bytes], None] | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a call may be sent to it."""
        return not self.is_lost and self.killed_for is None

    def note_ready(self) -> None:
        """Start the clocks of what waited for the process: its start is not their time."""
        self.is_ready = True
        now = monotonic()
        for flight in self.in_flight.values():
            flight.start_clock(now)

    def note_blocked(self, n: int, stack: str) -> None:
        """Note which call keeps the loop from turning; 0 gives the others back the time they lost."""
        if n:
            self.blocked_by, self.blocked_since, self.blocked_stack = n, monotonic(), stack
            return
        lost_s = monotonic() - self.blocked_since
        for waiting, flight in self.in_flight.items():
            if flight.deadline is not None and waiting != self.blocked_by:
                flight.deadline += lost_s
        self.blocked_by, self.blocked_stack = 0, ""

    def listen(self, pipes: dict[int, int]) -> None:
        """Read what the process writes to its standard streams."""
        self._pipes = pipes
        loop = asyncio.get_running_loop()
        for fd in pipes:
            os.set_blocking(fd, False)
            loop.add_reader(fd, self._read_pipe, fd)
            self._waiting.register(fd, select.POLLIN)

    def drain(self) -> None:
        """Read what is waiting in the pipes now; a full pipe needs two reads."""
        for fd, _ in self._waiting.poll(0):
            for _ in range(3):
                if not self._read_pipe(fd):
                    break

    def _read_pipe(self, fd: int) -> bool:
        try:
            data = os.read(fd, 65_536)
        except BlockingIOError:
            return False
        if not data:
            self._let_go(fd)
            del self._pipes[fd]
            return False
        self._keep(self._pipes[fd], data)
        return True

    def _keep(self, stream: int, data: bytes) -> None:
        if self.echo is not None:
            self.echo(data)
        if self.lane == "sync" and self.killed_for is None and len(self.in_flight) == 1:
            next(iter(self.in_flight.values())).keep(stream, data)
        self.log.append(data)

    def forget_log(self) -> None:
        """Begin a new log: what one call wrote does not explain how the next one ended."""
        if self.log.total_bytes:
            self.log = HeadTail(LOG_BYTES, LOG_BYTES)

    def log_text(self) -> str:
        """Return the end of the log."""
        return self.log.text()[-20_000:]

    def close(self) -> None:
        """Let go of the connection and the pipes."""
        self.channel.close()
        for fd in self._pipes:
            self._let_go(fd)
        self._pipes.clear()

    def _let_go(self, fd: int) -> None:
        asyncio.get_running_loop().remove_reader(fd)
        self._waiting.unregister(fd)
        os.close(fd)

    async def exit_text(self) -> str:
        """Say how the process ended, killing it when it lives on without its connection."""
        try:
            try:
                status = await asyncio.wait_for(self.spawned.wait(), 1.0)
            except TimeoutError:
                return "the connection to holdfast was closed"
            finally:
                # Also when it has ended: what it started may live on.
                await self.spawned.kill_tree()
        except ReaperGone:
            return REAPER_GONE
        return describe_exit(status)


async def start_host(
    reaper: Reaper,
    *,
    name: str,
    lane: Lane,
    root: str,
    env: Mapping[str, str],
    on_messages: Callable[[HostProcess, list[FromHost]], None],
    on_close: Callable[[HostProcess], None],
) -> HostProcess:
    """Start a host; it is ready once its first message has come."""
    mine, theirs = socket.socketpair()
    out, err = os.pipe(), os.pipe()
    program = PROGRAM.format(root=PACKAGE_ROOT)
    argv = [sys.executable, "-P", "-c", program, lane, str(CHANNEL_FD), root]
    fds = {CHANNEL_FD: theirs.fileno(), 1: out[1], 2: err[1]}
    try:
        spawned = await reaper.spawn(
            argv, env=reaper.environment({**env, "HOLDFAST_WORKER": name}), cwd=root, fds=fds
        )
    except BaseException:
        mine.close()
        os.close(out[0])
        os.close(err[0])
        raise
    finally:
        theirs.close()
        os.close(out[1])
        os.close(err[1])
    host = HostProcess(name, lane, spawned)
    host.channel = Channel(
        mine,
        FromHost,
        on_messages=lambda messages: on_messages(host, messages),
        on_close=lambda: on_close(host),
    )
    host.listen({out[0]: 1, err[0]: 2})
    spawned.exit_status.add_done_callback(lambda _: host.channel.end())
    return host
