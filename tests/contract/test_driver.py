"""Does every driver call the target as it promises, and pass on what the calls left?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.model.evidence import CaseError, Evidence
from tests.contract.target_kit import REGISTRY, Recorder

DRIVERS = [name for kind, name, _ in COMPONENTS if kind == "driver"]


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> Any:
    return REGISTRY.load("driver", request.param)


def test_a_driver_calls_the_target(driver: Any) -> None:
    calls: list[int] = []

    async def call() -> Evidence:
        calls.append(1)
        return Evidence(value=len(calls))

    assert isinstance(asyncio.run(driver.drive(call, Recorder())), Evidence)
    assert calls


def test_a_driver_keeps_the_error_of_a_call(driver: Any) -> None:
    async def call() -> Evidence:
        return Evidence(has_value=False, error=CaseError(kind="timeout"))

    error = asyncio.run(driver.drive(call, Recorder())).error
    assert error is not None
    assert error.kind == "timeout"


def test_a_driver_lets_itself_be_cancelled(driver: Any) -> None:
    async def main() -> None:
        begun = asyncio.Event()

        async def call() -> Evidence:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        task = asyncio.ensure_future(driver.drive(call, Recorder()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_once_calls_once_and_returns_that_very_evidence() -> None:
    evidence = Evidence(value=3)
    calls: list[int] = []

    async def call() -> Evidence:
        calls.append(1)
        return evidence

    assert asyncio.run(REGISTRY.load("driver", "once").drive(call, Recorder())) is evidence
    assert calls == [1]
