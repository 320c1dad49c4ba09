"""Does each double keep the promises of the real thing? One suite, run over both."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import pytest
import trio

from holdfast.capabilities import CapabilityManager
from holdfast.doubles import MockAsyncExecutor, MockCapabilityManager, MockREPLSession
from holdfast.session import AsyncExecutor, Session
from tests.contract.double_kit import (
    EXECUTOR_CHECKS,
    MANAGER_CHECKS,
    SESSION_CHECKS,
    double_executor,
    double_manager,
    double_session,
    real_executor,
    real_manager,
    real_session,
)
from tests.contract.session_kit import patient, public_methods

Check = Callable[[Any], Any]


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    with patient():
        yield


@pytest.mark.parametrize("check", EXECUTOR_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [real_executor, double_executor], ids=["real", "double"])
def test_executor(make: Callable[[], Any], check: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with make() as executor:
            await check(executor)

    anyio.run(main)


@pytest.mark.parametrize("check", EXECUTOR_CHECKS, ids=lambda check: check.__name__)
def test_the_double_of_an_executor_works_on_trio(check: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with double_executor() as executor:
            await check(executor)

    trio.run(main)


@pytest.mark.parametrize("check", SESSION_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [real_session, double_session], ids=["real", "double"])
def test_session(make: Callable[[], contextlib.AbstractContextManager[Any]], check: Check) -> None:
    with make() as session:
        check(session)


@pytest.mark.parametrize("check", MANAGER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [real_manager, double_manager], ids=["real", "double"])
def test_capability_manager(make: Callable[[], Any], check: Check) -> None:
    check(make())


@pytest.mark.parametrize(
    ("real", "double"),
    [
        (AsyncExecutor, MockAsyncExecutor),
        (Session, MockREPLSession),
        (CapabilityManager, MockCapabilityManager),
    ],
)
def test_a_double_has_every_method_of_the_real_one_with_the_same_parameters(
    real: type, double: type
) -> None:
    offered = public_methods(double)
    assert {name: offered.get(name) for name in public_methods(real)} == public_methods(real)
    wanted = list(inspect.signature(real).parameters)
    assert list(inspect.signature(double).parameters)[: len(wanted)] == wanted
