"""Does `once`, and every driver that calls the target here, pass on what the calls left?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.model.evidence import CaseError, Evidence
from holdfast.ports import BadParams, CallContext, Work
from tests.contract.target_kit import REGISTRY, Recorder

AROUND = [(kind, name) for kind, name, _ in COMPONENTS if kind in {"driver", "condition", "probe"}]


def work(call: Callable[[], Awaitable[Evidence]]) -> Work:
    context = cast("CallContext", Recorder())
    return Work(kind="python", spec={}, context=context, call=call)


@pytest.mark.parametrize(("kind", "name"), AROUND)
def test_what_surrounds_a_call_says_what_it_takes(kind: str, name: str) -> None:
    component: Any = REGISTRY.load(kind, name)
    assert isinstance(component.targets, frozenset)
    assert component.exclusive in {True, False}
    assert component.schema()


@pytest.mark.parametrize(("kind", "name"), AROUND)
def test_parameters_that_mean_nothing_are_refused(kind: str, name: str) -> None:
    with pytest.raises(BadParams):
        REGISTRY.load(kind, name).check({"no such parameter": object()})


@pytest.mark.parametrize(("kind", "name"), AROUND)
def test_what_was_checked_is_plain_and_checks_again(kind: str, name: str) -> None:
    component: Any = REGISTRY.load(kind, name)
    try:
        params = component.check(None)
    except BadParams:
        return  # this one must be told something
    assert component.check(params) == params


def test_once_keeps_the_error_of_a_call() -> None:
    async def call() -> Evidence:
        return Evidence(has_value=False, error=CaseError(kind="timeout"))

    error = asyncio.run(REGISTRY.load("driver", "once").drive(work(call))).error
    assert error is not None
    assert error.kind == "timeout"


def test_once_lets_itself_be_cancelled() -> None:
    async def main() -> None:
        begun = asyncio.Event()

        async def call() -> Evidence:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        task = asyncio.ensure_future(REGISTRY.load("driver", "once").drive(work(call)))
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

    assert asyncio.run(REGISTRY.load("driver", "once").drive(work(call))) is evidence
    assert calls == [1]
