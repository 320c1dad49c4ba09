"""Which process must be killed, because of which call, and how is that done?"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

from holdfast.clock import monotonic
from holdfast.errors import InternalError
from holdfast.execute.host_process import HostProcess, InFlight
from holdfast.execute.wire import Cancel

__all__ = ["Watch", "telling_slow_import"]

_LOG = logging.getLogger("holdfast.import")

# How long a cancelled coroutine may take to end before its host is killed.
CANCEL_GRACE_S = 1.0
# How long a process may take to write the stacks of its threads before it is killed.
STACKS_GRACE_S = 0.25
# How long a process may take to start: the machine may be busy, a start-up file of the user slow.
START_S = 60.0
# Whoever waits longer than this for an import wants to know what for.
SLOW_IMPORT_S = 5.0
# A host from which nothing came for this long has its interpreter held by a C function.
SILENT_S = 30.0


class Watch:
    """Holds the clock over every process; what runs inside them cannot be trusted to."""

    def __init__(self) -> None:
        self._kills: set[asyncio.Task[None]] = set()

    def check(self, host: HostProcess) -> None:
        """Act on calls whose time is over."""
        if not host.is_usable or not host.in_flight:
            return
        now = monotonic()
        if not host.is_ready:
            if now - host.last_heard > START_S:
                self.kill(host, 0, f"{host.name} was not ready within {START_S:g} s")
            return
        for n, flight in tuple(host.in_flight.items()):
            if flight.deadline is not None and now > flight.deadline:
                self._time_is_over(host, n, flight, now)
        # One call alone harms nobody by holding the interpreter: its own limit ends it.
        if (
            host.lane == "async"
            and len(host.in_flight) > 1
            and now - host.last_heard > SILENT_S
            and host.is_usable
        ):
            self.kill(host, 0, f"{host.name} gave no sign of life for {SILENT_S:g} s")

    def _time_is_over(self, host: HostProcess, n: int, flight: InFlight, now: float) -> None:
        if not host.is_usable:
            return
        reason = f"no end within {flight.timeout_s:g} s"
        if host.lane == "sync":
            self.kill(host, n, reason)
        elif host.blocked_by > 0 and host.blocked_by != n:
            # Another call keeps the loop from turning: its own clock decides, this one stands still.
            return
        elif not flight.is_cancelled:
            flight.is_cancelled = True
            flight.deadline = now + CANCEL_GRACE_S
            host.channel.send(Cancel(n))
        elif host.blocked_by != n and now - host.last_heard < CANCEL_GRACE_S:
            self.kill(host, n, f"{reason}, and it did not end when it was cancelled")
        elif host.blocked_by == n or len(host.in_flight) == 1:
            self.kill(host, n, f"{reason}: it blocked the event loop")
        else:
            self.kill(
                host,
                0,
                f"the event loop of {host.name} did not turn for {now - host.last_heard:.1f} s",
            )

    def kill(self, host: HostProcess, n: int, reason: str) -> None:
        """Keep the stacks of a process, then kill everything it started."""
        host.killed_for = n
        host.kill_reason = reason
        task = asyncio.create_task(self._carry_out(host), name=f"kill-{host.name}")
        self._kills.add(task)
        task.add_done_callback(self._kills.discard)

    async def _carry_out(self, host: HostProcess) -> None:
        try:
            host.spawned.signal(signal.SIGUSR2)
            await asyncio.sleep(STACKS_GRACE_S)
            host.drain()
            await host.spawned.kill_tree()
        except InternalError:
            # The reaper is gone, and with it everything that it had started, this process too.
            return

    async def close(self) -> None:
        """Wait for kills that are under way."""
        for task in tuple(self._kills):
            await task


@contextmanager
def telling_slow_import(what: Callable[[], str], limit_s: float) -> Generator[None]:
    """Tell on the log what is being imported when that takes long."""

    def tell() -> None:
        text = "%s is still being imported after %g s (it is ended after %g s)"
        _LOG.warning(text, what(), SLOW_IMPORT_S, limit_s)

    timer = asyncio.get_running_loop().call_later(SLOW_IMPORT_S, tell)
    try:
        yield
    finally:
        timer.cancel()
