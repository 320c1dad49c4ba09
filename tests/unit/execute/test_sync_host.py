"""What does a worker answer, one message after another?"""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from holdfast.execute.sync_host import SyncHost
from holdfast.execute.wire import (
    Assess,
    Assessed,
    Beat,
    Call,
    Called,
    Cancel,
    Collect,
    Collected,
    Done,
    Resolve,
    Resolved,
)
from holdfast.model.codec import decode
from holdfast.model.evidence import Assessment, Evidence
from holdfast.ports import AssessorCall
from holdfast.process.channel import BlockingChannel

HERE = f"{__name__}:"
VALIDATOR = AssessorCall(key="k", ref=HERE + "is_later_even", params=None)


def doubles(n: int) -> int:
    return n * 2


def returns_awaitable() -> Any:
    return later("waited for")


async def later(value: Any) -> Any:
    return value


async def is_later_even(value: int) -> bool:
    return value % 2 == 0


def runs_out_of_memory() -> None:
    raise MemoryError


def rolls() -> float:
    return random.random()


def serve(*messages: Any) -> list[Any]:
    """Let a worker answer all messages and end with its connection."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        answers: Any = Called | Done | Assessed | Resolved | Collected | Beat
        channel: BlockingChannel[Any] = BlockingChannel(theirs, answers)
        channel.send(list(messages))
        theirs.shutdown(socket.SHUT_WR)
        SyncHost(mine).serve()
        mine.shutdown(socket.SHUT_WR)
        found: list[Any] = []
        while batch := channel.receive():
            found += batch
    assert found[0] == Beat()
    return found[1:]


def call(name: str, n: int = 1, **options: Any) -> Call:
    return Call(n, HERE + name, options.pop("kwargs", {}), **options)


def test_calls_are_answered_one_after_another() -> None:
    first, second = serve(call("doubles", kwargs={"n": 4}), call("returns_awaitable", 2))
    assert (first.n, decode(first.evidence, Evidence).value) == (1, 8)
    assert (second.n, decode(second.evidence, Evidence).value) == (2, "waited for")


def test_the_value_is_told_before_its_validators_run() -> None:
    called, done = serve(call("doubles", kwargs={"n": 4}, assessors=(VALIDATOR,)))
    assert type(called) is Called
    assert decode(called.evidence, Evidence).assessments == ()
    assert [each.answer for each in decode(done.evidence, Evidence).assessments] == ["passed"]


def test_a_worker_that_ran_out_of_memory_asks_to_be_replaced() -> None:
    ran_out, absent = serve(call("runs_out_of_memory"), call("absent"))
    assert (ran_out.retire, absent.retire) == (True, False)
    error = decode(absent.evidence, Evidence).error
    assert error is not None
    assert error.type == "AttributeError"


def test_the_seed_of_a_call_is_the_seed_of_random() -> None:
    state = random.getstate()
    values = [
        decode(each.evidence, Evidence).value
        for each in serve(call("rolls", seed=5), call("rolls", seed=6), call("rolls", seed=5))
    ]
    random.setstate(state)
    assert values[0] == values[2] != values[1]


def test_a_cancel_comes_too_late_and_is_not_answered() -> None:
    resolved = serve(Cancel(1), Resolve(2, (HERE + "doubles", HERE + "later")))
    assert resolved == [
        Resolved(2, HERE + "doubles", "sync"),
        Resolved(2, HERE + "later", "async"),
    ]


def test_validators_are_called_on_a_plain_value() -> None:
    (answer,) = serve(Assess(3, 5, (VALIDATOR,)))
    assert [each.answer for each in decode(answer.assessments, tuple[Assessment, ...])] == [
        "failed"
    ]


def test_a_file_is_collected(tmp_path: Path) -> None:
    path = tmp_path / "no_such_cases.py"
    (answer,) = serve(Collect(4, str(path)))
    assert answer.n == 4
    assert "no_such_cases.py" in answer.error


def test_a_forked_child_ends_instead_of_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Exception):
        """The process would have ended here."""

    def exits(status: int) -> None:
        raise Ended(status)

    monkeypatch.setattr(os, "_exit", exits)
    mine, theirs = socket.socketpair()
    with mine, theirs:
        host = SyncHost(mine)
        host._pid = -1
        with pytest.raises(Ended, match="0"):
            host._answer(call("doubles", kwargs={"n": 1}))
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
