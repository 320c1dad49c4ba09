"""Is a service ready? It answers over HTTP, accepts a connection, or has said so in its log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2

from holdfast.clock import Clock
from holdfast.services.log import Log
from holdfast.settings import ReadySettings

__all__ = ["Probe", "wait_until_ready"]

# Short enough to lose little of a fast start, long enough not to disturb a slow one.
_EVERY_S = 0.05
# One probe that hangs must not use up the whole time.
_PROBE_S = 2.0


class Probe:
    """Asks one service, and remembers what was last seen; `log` is None where there is none."""

    def __init__(self, ready: ReadySettings, url: str, log: Log | None, clock: Clock) -> None:
        self._ready = ready
        self._url = url
        self._log = log
        self._clock = clock
        self.last_seen = "nothing"

    async def wait(self) -> None:
        """Return when the service is ready; never, while it is not."""
        if self._ready.log and self._log is not None:
            self.last_seen = f"no line with {self._ready.log!r} in its log"
            await self._log.was_seen.wait()
        if self._ready.http:
            # Whose certificate it shows is for cases to check; here the question is whether it is up.
            async with httpx2.AsyncClient(
                trust_env=False, timeout=_PROBE_S, verify=False
            ) as client:
                while not await self._answers(client):
                    await self._clock.sleep(_EVERY_S)
        elif self._ready.tcp or (self._url and not self._ready.log):
            while not await self._accepts():
                await self._clock.sleep(_EVERY_S)

    async def _answers(self, client: httpx2.AsyncClient) -> bool:
        url = f"{self._url.rstrip('/')}/{self._ready.http.lstrip('/')}"
        try:
            async with client.stream("GET", url) as response:
                self.last_seen = f"GET {url}: status {response.status_code}"
                return 200 <= response.status_code < 400
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            self.last_seen = f"GET {url}: {type(error).__name__} {error}".rstrip()
            return False

    async def _accepts(self) -> bool:
        parts = urlsplit(self._url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(_PROBE_S):
                _, writer = await asyncio.open_connection(parts.hostname, port)
                writer.close()
                await writer.wait_closed()
        except OSError as error:
            self.last_seen = f"connect to {parts.hostname}:{port}: {type(error).__name__}"
            return False
        return True


async def wait_until_ready(
    probe: Probe, *, within_s: float, ended: Callable[[], asyncio.Future[int] | None]
) -> str:
    """Wait for a probe; return "" when ready, else why not.

    `ended` gives the future of the process's exit, None for a service that is not ours.
    """
    ready = asyncio.ensure_future(probe.wait())
    exit_future = ended()
    waiting = {ready} if exit_future is None else {ready, exit_future}
    try:
        done, _ = await asyncio.wait(waiting, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if exit_future is not None and exit_future in done:
            return "ended"
        if ready in done:
            await ready
            return ""
        return f"not ready within {within_s:g} s; last seen: {probe.last_seen}"
    finally:
        ready.cancel()
        await asyncio.gather(ready, return_exceptions=True)
