"""What do tests of services stand on? A small real service, and a place to start it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest

from holdfast.clock import SystemClock
from holdfast.model.case import Case, Suite, Target
from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper
from holdfast.services.address import Ports
from holdfast.services.running import RunServices
from holdfast.services.service import Place
from holdfast.settings import ReadySettings, ServiceSettings

# A small service: /health, /env, /die; what it says at its start can be chosen.
SERVER = """
import http.server, json, os, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os.kill(os.getpid(), signal.SIGKILL)
        status = 200 if self.path in ("/health", "/env") else 404
        body = json.dumps({"pid": os.getpid(), "env": dict(os.environ)}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
if os.environ.get("STUBBORN"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("listening now")
server.serve_forever()
"""
SERVE = (sys.executable, "-I", "-u", "-c", SERVER, "{port}")
HEALTH = ReadySettings(http="/health", within="20s")
SUITE = Suite(name="s")
Scope = Literal["run", "suite", "case"]


class Given(Ports):
    """Gives out the ports that a test says, then free ones."""

    def __init__(self, *ports: int) -> None:
        super().__init__()
        self._first = list(ports)

    def take(self) -> int:
        return self._first.pop(0) if self._first else super().take()


def in_a_run(
    folder: Path, main: Callable[[Place], Awaitable[Any]], *, ports: Ports | None = None
) -> Any:
    """Run `main` with a place over a reaper of its own."""

    async def run() -> Any:
        reaper = Reaper(f"test-service-{os.getpid()}")
        place = Place(
            spawn=partial(spawn_child, reaper),
            root=folder,
            logs=folder / "logs",
            clock=SystemClock(),
            env=os.environ,
            ports=ports or Ports(),
        )
        try:
            return await main(place)
        finally:
            reaper.close()

    return asyncio.run(run())


def code(text: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-u", "-c", text)


def service(
    command: str | tuple[str, ...] = SERVE, ready: ReadySettings = HEALTH, **fields: Any
) -> ServiceSettings:
    return ServiceSettings(command=command, ready=ready, **fields)


def case(name: str = "c", url: str = "{api}/x", suite: str = "s") -> Case:
    return Case(suite=suite, id=name, target=Target(kind="http", spec={"url": url}))


async def ask(url: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{url}/env")).json()


async def kill(url: str) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx2.TransportError):
            await client.get(f"{url}/die")


async def until_lost(services: RunServices, used: Case) -> str:
    """Wait until the exit of the case's first service was told, and return what is said of it."""
    process = services._used[used.full_id][0]._process  # type: ignore[union-attr]
    assert process is not None
    await process.exited
    return await services.lost(used, SUITE)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
