"""Which services run now, and for whom? Started before the first user, stopped after the last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from holdfast.errors import HoldfastError
from holdfast.model.case import Case, Suite
from holdfast.services.plan import find_needs, services_of
from holdfast.services.service import Place, ProcessService, RunningService, make_service
from holdfast.settings import LinkSettings, ServiceSettings

__all__ = ["RunServices"]

Service = ProcessService | RunningService

# DESIGN: a service that dies is restarted once; one that dies again would die for ever.
_RESTARTS = 1


class _Slot(msgspec.Struct):
    """One service of one scope: of the run, of a suite, or of a case."""

    name: str
    service: Service
    task: asyncio.Task[None]
    restarts: int = 0


class RunServices:
    """The services of a run.

    A service of scope `run` lives until `close`, one of scope `suite` until
    `end_suite`, one of scope `case` until `leave`. One that dies is restarted once,
    for the next user; one that did not become ready is not tried again. `given`
    are more names for the templates of commands and environments.

    Raises:
        UsageError: services need one another in a circle, or one that is stopped earlier.
    """

    def __init__(
        self,
        services: Mapping[str, ServiceSettings],
        links: Mapping[str, LinkSettings],
        place: Place,
        *,
        given: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = services
        self._links: dict[str, str] = {name: link.to for name, link in links.items()}
        self._needs = find_needs(services)
        self._given = dict(given or {})
        self._place = place
        self._slots: dict[tuple[str, ...], _Slot] = {}
        self._used: dict[str, list[Service]] = {}
        self._numbers: dict[str, int] = {}

    def needs(self, case: Case, suite: Suite) -> tuple[str, ...]:
        """Return the services that a case needs, in start order."""
        return services_of(case, suite, self._needs)

    async def enter(self, case: Case, suite: Suite) -> Mapping[str, Any]:
        """Start what a case needs and return what templates name.

        `{api}` is the address of a service, `{services.api.port}` a part of it,
        `{database}` where a link leads.

        Raises:
            HoldfastError: a service did not become ready, or died a second time.
        """
        used = self._used.setdefault(case.full_id, [])
        names: dict[str, Any] = {**self._links}
        parts: dict[str, Any] = {}
        for name in self.needs(case, suite):
            service = await self._ensure(name, case, {**self._given, **names, "link": self._links})
            used.append(service)
            if service.url:
                names[name] = service.url
                parts[name] = _parts(service.url)
        return {**names, "services": parts} if parts else names

    async def leave(self, case: Case, suite: Suite) -> None:
        """Stop what was started for this case alone."""
        del suite
        self._used.pop(case.full_id, None)
        await self._stop(lambda key: key[1:] == ("case", case.full_id))

    async def end_suite(self, name: str) -> None:
        """Stop the services of a suite whose last case has ended."""
        await self._stop(lambda key: key[1:] == ("suite", name))

    async def lost(self, case: Case, suite: Suite) -> str:
        """Say which service of the case died while it was used, with the end of its log."""
        del suite
        for service in self._used.get(case.full_id, ()):
            ended = await service.ending()
            if ended:
                return _with_log(f"service {service.name}, {ended}", service)
        return ""

    def pids(self) -> Mapping[str, int]:
        """Return the process of each service by its name; of several of one name, the newest."""
        services = (slot.service for slot in self._slots.values())
        return {each.name: each.pid for each in services if isinstance(each, ProcessService)}

    async def close(self) -> None:
        """Stop everything, those last that others need."""
        await self._stop(lambda _: True)

    async def _ensure(self, name: str, case: Case, names: Mapping[str, Any]) -> Service:
        slot = self._slot(name, case, names)
        while True:
            task = slot.task
            try:
                await asyncio.shield(task)
            except HoldfastError as error:
                # Every user gets an error of its own: one that is raised twice grows.
                raise HoldfastError(error.message, hint=error.hint) from error
            if slot.task is not task:
                continue  # somebody else has just restarted it
            ended = slot.service.ended()
            if not ended:
                return slot.service
            if slot.restarts >= _RESTARTS:
                what = f"service {name!r} must stay alive, got {ended} after a restart"
                raise HoldfastError(_with_log(what, slot.service))
            slot.restarts += 1
            old, slot.service = slot.service, self._make(name, names)
            slot.task = asyncio.ensure_future(_replace(old, slot.service))

    def _slot(self, name: str, case: Case, names: Mapping[str, Any]) -> _Slot:
        scope = self._settings[name].scope
        of = {"run": "", "suite": case.suite, "case": case.full_id}[scope]
        key = (name, scope, of)
        slot = self._slots.get(key)
        if slot is None:
            service = self._make(name, names)
            task = asyncio.ensure_future(service.start())
            slot = self._slots[key] = _Slot(name, service, task)
        return slot

    def _make(self, name: str, names: Mapping[str, Any]) -> Service:
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        settings = self._settings[name]
        return make_service(name, settings, self._place, names=names, number=number)

    async def _stop(self, is_over: Callable[[tuple[str, ...]], bool]) -> None:
        """Stop the slots whose key is over, newest first."""
        over = [key for key in reversed(self._slots) if is_over(key)]
        for key in over:
            slot = self._slots.pop(key)
            slot.task.cancel()
            await asyncio.gather(slot.task, return_exceptions=True)
            await slot.service.stop()


async def _replace(old: Service, new: Service) -> None:
    await old.stop()
    await new.start()


def _with_log(what: str, service: Service) -> str:
    lines = service.last_lines()
    return f"{what}; its last lines:\n{lines}" if lines else what


def _parts(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"url": url, "host": parts.hostname or "", "port": port}
