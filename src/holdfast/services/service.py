"""How is a process under test started, waited for and stopped?"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil

from holdfast.clock import Clock
from holdfast.errors import HoldfastError
from holdfast.process.child import Child
from holdfast.services.address import Launch, Ports, prepare_launch, uses_port
from holdfast.services.log import Log
from holdfast.services.ready import Probe, wait_until_ready
from holdfast.settings import ServiceSettings
from holdfast.text.units import parse_duration

__all__ = ["Place", "ProcessService", "RunningService", "make_service"]

Spawn = Callable[..., Awaitable[Child]]

# A service that has not ended this long after SIGTERM is killed with all it started.
_STOP_S = 5.0
# What it wrote last comes through its pipes at once, unless a process that it left holds them.
_PIPE_S = 0.5
# A port can be taken between finding it free and using it; three times in a row it is not that.
_TRIES = 3

# The kernel knows that a process ended before its parent has told us how.
_STATUS_S = 0.5


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What services are started with: the run's spawner, folders, environment and ports."""

    spawn: Spawn
    root: Path
    logs: Path
    clock: Clock
    env: Mapping[str, str]
    ports: Ports


def make_service(
    name: str, settings: ServiceSettings, place: Place, *, names: Mapping[str, Any], number: int = 1
) -> ProcessService | RunningService:
    """Return a service that is not started yet; `number` tells its logs from those of earlier ones.

    `names` are the links and the addresses of the services that it needs.

    Raises:
        HoldfastError: it has neither a command nor a URL.
    """
    if settings.command:
        return ProcessService(name, settings, place, names=names, number=number)
    if settings.url:
        return RunningService(name, settings, place.clock)
    raise HoldfastError(f"service {name!r} must have a command or a url, got neither")


class RunningService:
    """A service that somebody else runs: it is only asked whether it is ready."""

    def __init__(self, name: str, settings: ServiceSettings, clock: Clock) -> None:
        self.name = name
        self.url = settings.url
        self._settings = settings
        self._clock = clock

    async def start(self) -> None:
        ready = self._settings.ready
        probe = Probe(ready, self.url, None, self._clock)
        within_s = parse_duration(ready.within)
        reason = await wait_until_ready(probe, within_s=within_s, ended=lambda: None)
        if reason:
            raise HoldfastError(
                f"service {self.name!r} must answer at {self.url}, got {reason}",
                hint="start it, or give the service a command in the settings",
            )

    async def stop(self) -> None:
        """It is not ours to stop."""

    def ended(self) -> str:
        return ""

    async def ending(self) -> str:
        """It is not ours to watch."""
        return ""

    def last_lines(self) -> str:
        """There is no log to see."""
        return ""


class ProcessService:
    """A service that holdfast starts, with its output in a log file."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        place: Place,
        *,
        names: Mapping[str, Any],
        number: int = 1,
    ) -> None:
        self.name = name
        self.url = ""
        self.port = 0
        self._settings = settings
        self._place = place
        self._names = names
        self._number = number
        self._process: _Process | None = None
        self._ended = ""

    async def start(self) -> None:
        for attempt in range(1, _TRIES + 1):
            reason = await self._start_once()
            process = self._process
            if not reason or process is None:
                return
            was_taken = (
                self.port and process.exit_status() and process.log.says("address already in use")
            )
            await self.stop()
            if not was_taken or attempt == _TRIES:
                raise HoldfastError(
                    f"service {self.name!r} must become ready, got {reason}{_tail(process.log)}",
                    hint=f"its whole log: {process.log.path}",
                )

    async def _start_once(self) -> str:
        """Start it and wait; return "" when it is ready, else why it is not."""
        port = self._place.ports.take() if uses_port(self._settings) else 0
        launch = prepare_launch(
            self.name, self._settings, port=port, names=self._names, env=self._place.env
        )
        self.url, self.port = launch.url, port
        process = self._process = await self._launch(launch)
        ready = self._settings.ready
        probe = Probe(ready, self.url, process.log, self._place.clock)
        reason = await wait_until_ready(
            probe, within_s=parse_duration(ready.within), ended=lambda: process.exited
        )
        if reason == "ended" or (not reason and process.exited.done()):
            await process.drain()
            return process.exit_status()
        return reason

    async def _launch(self, launch: Launch) -> _Process:
        suffix = "" if self._number == 1 else f"-{self._number}"
        folder = self._place.root / self._settings.cwd
        if not folder.is_dir():
            raise HoldfastError(
                f"'cwd' of service {self.name!r} must be a folder,"
                f" got {self._settings.cwd!r} ({folder} is none)",
                hint="it is relative to the folder of the settings file",
            )
        with contextlib.ExitStack() as undo:
            log = Log(self._place.logs / f"{self.name}{suffix}.log", text=self._settings.ready.log)
            undo.callback(log.close)
            try:
                child = await self._place.spawn(launch.argv, env=launch.env, cwd=str(folder))
            except OSError as error:
                raise HoldfastError(
                    f"the command of service {self.name!r} must be a program that can be started,"
                    f" got {launch.argv[0]!r} in {folder} ({error.strerror or error})"
                ) from error
            undo.pop_all()
        return _Process(child, log)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._ended = process.ended()
            await process.stop()

    @property
    def pid(self) -> int:
        """The process that was started, 0 where none runs."""
        return self._process.pid if self._process is not None else 0

    def ended(self) -> str:
        return self._process.ended() if self._process is not None else self._ended

    async def ending(self) -> str:
        """Return how it ended, waiting shortly for a status that is on its way."""
        if self._process is None or not self._process.ended():
            return self.ended()
        await asyncio.wait([self._process.exited], timeout=_STATUS_S)
        return self.ended()

    def last_lines(self) -> str:
        """Return the end of its log."""
        return self._process.log.last_lines() if self._process is not None else ""


class _Process:
    """A started process: its output is read all the time, so that it never blocks on it."""

    def __init__(self, child: Child, log: Log) -> None:
        self._child = child
        self.log = log
        self.exited: asyncio.Future[int] = asyncio.ensure_future(child.wait())
        self.pid = child.pid
        self._readers = [asyncio.ensure_future(self._read(fd)) for fd in (1, 2)]

    async def _read(self, fd: int) -> None:
        while chunk := await self._child.read(fd):
            self.log.append(chunk)

    def exit_status(self) -> str:
        """Return `exit 137` as a shell tells it, or "" while it is not known."""
        if not self.exited.done() or self.exited.cancelled():
            return ""
        status = self.exited.result()
        return f"exit {status if status >= 0 else 128 - status}"

    def ended(self) -> str:
        known = self.exit_status()
        if known or _is_alive(self._child.pid):
            return known
        return "ended"

    async def drain(self) -> None:
        """Read what is left of its output."""
        await asyncio.wait(self._readers, timeout=_PIPE_S)

    async def stop(self) -> None:
        """End it: politely, then not."""
        try:
            if not self.exited.done():
                self._child.signal(signal.SIGTERM)
                await asyncio.wait([self.exited], timeout=_STOP_S)
        finally:
            # Also after a polite end: what it started may still be there.
            await self._child.kill_tree()
            await self.exited
            await self.drain()
            for reader in self._readers:
                reader.cancel()
            await asyncio.gather(*self._readers, return_exceptions=True)
            self._child.close()
            self.log.close()


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; its end is told a moment after it has happened."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _tail(log: Log) -> str:
    lines = log.last_lines()
    return f"; its last lines:\n{lines}" if lines else "; it wrote nothing"
