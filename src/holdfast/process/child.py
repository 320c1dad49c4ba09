"""How does a command run under the reaper, with its input and output in our hands?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence

from holdfast.process.reaper_client import Reaper, Spawned

__all__ = ["Child", "run_to_end", "spawn_child"]

READ_BYTES = 65_536
# What a command still writes after its end was written by one that it started.
PIPE_GRACE_S = 1.0


class Child:
    """A running command.

    `read(1)` and `read(2)` give the next bytes of its output, b"" at the end.
    """

    def __init__(
        self,
        spawned: Spawned,
        streams: Mapping[int, asyncio.StreamReader],
        closers: Sequence[asyncio.BaseTransport],
    ) -> None:
        self._spawned = spawned
        self._streams = streams
        self._closers = closers

    @property
    def pid(self) -> int:
        """The process id."""
        return self._spawned.pid

    @property
    def peak_bytes(self) -> int | None:
        """The most that was resident of it, or of one process that it waited for; known at its end."""
        return self._spawned.peak_bytes

    async def read(self, fd: int) -> bytes:
        """Return the next bytes of an output stream, b"" when it ended."""
        return await self._streams[fd].read(READ_BYTES)

    async def wait(self) -> int:
        """Return the exit status: the exit code, or minus the signal."""
        return await self._spawned.wait()

    def signal(self, number: int) -> None:
        """Send a signal to the process alone."""
        self._spawned.signal(number)

    async def kill_tree(self) -> None:
        """Kill it and everything it started."""
        await self._spawned.kill_tree()

    def close(self) -> None:
        """Let go of its streams; a grandchild that still writes to them gets a broken pipe."""
        for transport in self._closers:
            transport.close()


async def run_to_end(
    child: Child, sinks: Mapping[int, Callable[[bytes], None]], timeout_s: float | None
) -> int | None:
    """Hand a command's output to `sinks` until it ends; return its status, None when its time was over.

    It is killed with everything it started, on every way out, and its streams are closed.
    """

    async def read(fd: int, take: Callable[[bytes], None]) -> None:
        while chunk := await child.read(fd):
            take(chunk)

    readers = [asyncio.ensure_future(read(fd, take)) for fd, take in sinks.items()]
    try:
        async with asyncio.timeout(timeout_s):
            return await child.wait()
    except TimeoutError:
        return None
    finally:
        await asyncio.shield(child.kill_tree())
        await asyncio.wait(readers, timeout=PIPE_GRACE_S)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        child.close()


async def spawn_child(
    reaper: Reaper,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str = "",
    stdin_data: bytes | None = None,
) -> Child:
    """Start a command; `env` is added to ours.

    Without `stdin_data` it reads the null device.

    Raises:
        SpawnFailed: the program cannot be executed.
    """
    pipes: dict[int, tuple[int, int]] = {1: os.pipe(), 2: os.pipe()}
    if stdin_data is not None:
        read, write = os.pipe()
        pipes[0] = (write, read)
    theirs = {number: (pair[1]) for number, pair in pipes.items()}
    ours = {number: pair[0] for number, pair in pipes.items()}
    try:
        spawned = await reaper.spawn(argv, env=reaper.environment(env), cwd=cwd, fds=theirs)
    except BaseException:
        for fd in [*ours.values(), *theirs.values()]:
            os.close(fd)
        raise
    for fd in theirs.values():
        os.close(fd)
    streams: dict[int, asyncio.StreamReader] = {}
    closers: list[asyncio.BaseTransport] = []
    try:
        for number in (1, 2):
            streams[number], transport = await _listen(ours.pop(number))
            closers.append(transport)
        if stdin_data is not None:
            closers.append(await _feed(ours.pop(0), stdin_data))
    except BaseException:
        # Nobody will ever hold this child: whoever asked for it was cancelled meanwhile.
        spawned.abandon()
        for transport in closers:
            transport.close()
        for fd in ours.values():
            os.close(fd)
        raise
    return Child(spawned, streams, closers)


async def _listen(fd: int) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    """Read what comes through a pipe."""
    stream = asyncio.StreamReader()
    file = os.fdopen(fd, "rb", 0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), file
    )
    return stream, transport


async def _feed(fd: int, data: bytes) -> asyncio.BaseTransport:
    """Write all input and close; a command that does not read it is no error."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(fd, "wb", 0))
    transport.write(data)
    transport.write_eof()
    return transport
