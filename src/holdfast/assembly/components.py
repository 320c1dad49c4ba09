"""Which components does a run get, and how are they started and ended?"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from holdfast.assembly.echo import Echo
from holdfast.assembly.request import Request, Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.assembly.watching import Watching
from holdfast.cases.read import read_plain
from holdfast.execute.in_process import InProcess
from holdfast.execute.nothing import NoServices
from holdfast.execute.pool import Pool
from holdfast.ports import Services, Store
from holdfast.process.child import Child, spawn_child
from holdfast.process.limits import usable_cores
from holdfast.process.reaper_client import Reaper
from holdfast.text.templates import Resolver, expand
from holdfast.text.units import parse_duration

__all__ = ["Components"]


class Components:
    """What one run is carried out with; ends all of it on the way out."""

    def __init__(self, place: Workplace, run_id: str, request: Request) -> None:
        self._place = place
        self._settings = request.settings
        self.workers = (
            usable_cores() if request.settings.workers == "auto" else request.settings.workers
        )
        self.slots = 1 if request.sequential else request.settings.slots
        if request.sequential:
            self.workers = 1
        self.reaper = Reaper(run_id)
        root = str(place.root)
        self._echo: Echo | None = None
        self.executor: Pool | InProcess
        if request.settings.in_process:
            # The code runs here, so what `.env` says must be here too.
            for name, value in place.env.items():
                os.environ.setdefault(name, value)
            self.executor = InProcess(root)
        else:
            self._echo = Echo(Secrecy(place)) if request.echo else None
            self.executor = Pool(
                self.reaper, workers=self.workers, root=root, env=place.env, echo=self._echo
            )
        self.services: Services = self._services() if request.settings.services else NoServices()
        self._http: Any = None
        self._watching: Watching | None = None
        self._warming: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.reaper.attach(asyncio.get_running_loop())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        try:
            await self.services.close()
            await self.executor.close()
            if self._http is not None:
                await self._http.close()
        finally:
            self.reaper.close()
            if self._echo is not None:
                self._echo.close()

    def _services(self) -> Services:
        """Return the services of the settings; none is started before its first user."""
        # Loaded by name: most runs have no service, and need not wait for what starts them.
        load, place, settings = self._place.registry.load, self._place, self._settings
        services_place = load("service", "place")(
            spawn=self.spawn,
            root=place.root,
            logs=place.root / ".holdfast" / "logs" / self.reaper.run_id,
            clock=place.clock,
            env=place.env,
            ports=load("service", "ports")(),
        )
        given = {"base_url": settings.base_url, "database_url": settings.database_url}
        made: Services = load("service", "run")(
            settings.services, settings.links, services_place, given=given
        )
        return made

    def watching(self, store: Store) -> Watching:
        """Return who watches the processes and the pace of the run, and keeps it in `store`."""
        self._watching = Watching(
            store,
            self.reaper.run_id,
            self.executor,
            self.services,
            reaper_pid=self.reaper.pid,
            is_on=self._settings.monitor,
        )
        return self._watching

    def used(self) -> Mapping[str, float]:
        """Return what the processes used last, for the live view; empty before it is known."""
        return self._watching.used() if self._watching is not None else {}

    async def warm(self) -> None:
        """Start the host for coroutine functions, to be ready when the case files are read."""
        if isinstance(self.executor, Pool):
            self._warming = asyncio.ensure_future(self.executor.warm())
            # One turn of the loop: the reaper has the request and starts it while we read on.
            await asyncio.sleep(0)

    def http(self) -> Any:
        """Return the HTTP clients, made when the first case needs them."""
        if self._http is None:
            timeout_s = parse_duration(self._settings.http_timeout)
            make = self._place.registry.load("client", "http")
            self._http = make(slots=self.slots, timeout_s=timeout_s)
            self._http.warm()
        return self._http

    async def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str,
        stdin_data: bytes | None = None,
    ) -> Child:
        """Start a command under the reaper; `env` is added to the run's."""
        folder = cwd or str(self._place.root)
        full = {**self._place.env, **env}
        # Last on the path: the programs beside this Python, such as uvicorn of the same environment.
        full["PATH"] = f"{full.get('PATH', os.defpath)}{os.pathsep}{Path(sys.executable).parent}"
        return await spawn_child(self.reaper, argv, env=full, cwd=folder, stdin_data=stdin_data)

    def expander(self) -> Callable[[Any, Mapping[str, Any]], Any]:
        """Return the function that fills in templates; files are read relative to `names["(base)"]`."""
        return partial(_expand, self._place.env, self._place.root)


def _expand(env: Mapping[str, str], root: Path, value: Any, names: Mapping[str, Any]) -> Any:
    base = Path(names.get("(base)", root))
    resolver = Resolver(
        names=names,
        env=env,
        read_file=lambda path: (base / path).read_text(encoding="utf-8"),
        parse_file=lambda path: read_plain(base / path),
    )
    return expand(value, resolver)
