"""Do users that wait for the same service all get one that was started?"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from holdfast.clock import SystemClock
from holdfast.model.case import Case, Suite, Target
from holdfast.services import running
from holdfast.services.address import Ports
from holdfast.services.running import RunServices
from holdfast.services.service import Place
from holdfast.settings import ServiceSettings


class Mortal:
    """A service of which the first is dead as soon as it was started."""

    made: int = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.number = type(self).made
        self.name = "api"
        self.url = ""

    async def start(self) -> None:
        await asyncio.sleep(0)
        self.url = f"http://127.0.0.1:{self.number}"

    async def stop(self) -> None:
        pass

    def ended(self) -> str:
        return "exit 1" if self.number == 1 else ""

    def last_lines(self) -> str:
        return ""


def test_all_who_waited_for_a_service_that_died_wait_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Mortal.made = 0
    monkeypatch.setattr(running, "make_service", lambda *_, **__: Mortal())

    async def spawn(*_: Any, **__: Any) -> Any:
        raise AssertionError

    place = Place(spawn=spawn, root=Path(), logs=Path(), clock=SystemClock(), env={}, ports=Ports())
    suite = Suite(name="s", services=("api",))

    async def main() -> list[Any]:
        services = RunServices({"api": ServiceSettings(command="x")}, {}, place)
        cases = [
            Case(suite="s", id=str(number), target=Target(kind="http", spec={}))
            for number in range(3)
        ]
        entered = await asyncio.gather(*(services.enter(case, suite) for case in cases))
        await services.close()
        return [each["api"] for each in entered]

    assert asyncio.run(main()) == ["http://127.0.0.1:2"] * 3
