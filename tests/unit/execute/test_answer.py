"""Does whoever waits for a call get an answer, whatever came instead of one?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from holdfast.execute.answer import end_call, lose
from holdfast.execute.host_process import InFlight
from holdfast.execute.loss import Loss
from holdfast.model import codec
from holdfast.model.evidence import Evidence

HOST: Any = SimpleNamespace(name="worker-1")
CRASH = Loss(kind="crash", message="it ended")


def answered(tell: Callable[[InFlight], None], **options: Any) -> Any:
    async def main() -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        tell(InFlight(future, "f", None, 0.0, **options))
        return await future

    return asyncio.run(main())


def test_the_evidence_comes_with_what_the_call_wrote() -> None:
    def tell(flight: InFlight) -> None:
        flight.keep(1, b"hello")
        end_call(flight, codec.encode(Evidence(value=3)))

    evidence = answered(tell, assessors=())
    assert (evidence.value, evidence.stdout.text, evidence.stderr) == (3, "hello", None)


@pytest.mark.parametrize(
    "tell",
    [
        lambda flight: end_call(flight, b"\xc1"),
        lambda flight: (setattr(flight, "called", b"\xc1"), lose(HOST, flight, CRASH)),
    ],
    ids=["answer", "lost"],
)
def test_bytes_of_someone_else_are_told_and_leave_nobody_waiting(tell: Any) -> None:
    with pytest.raises(msgspec.DecodeError):
        answered(tell, assessors=())


def test_a_lost_call_is_evidence_and_another_lost_message_is_its_loss() -> None:
    evidence = answered(lambda flight: lose(HOST, flight, CRASH), assessors=())
    assert (evidence.error.kind, evidence.error.message) == ("crash", "it ended")
    assert evidence.worker == "worker-1"
    assert answered(lambda flight: lose(HOST, flight, CRASH)) is CRASH


def test_who_no_longer_waits_is_not_told() -> None:
    async def main() -> None:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.cancel()
        flight = InFlight(future, "f", None, 0.0, assessors=())
        end_call(flight, codec.encode(Evidence()))
        lose(HOST, flight, CRASH)
        assert future.cancelled()

    asyncio.run(main())
