"""What does a host answer on its loop, and whom does it accuse when the loop stands still?"""

# ruff: noqa: ASYNC110 - a turn of the loop is what is waited for

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from holdfast.execute import async_host
from holdfast.execute.async_host import AsyncHost, stack_of
from holdfast.execute.wire import (
    Assess,
    Assessed,
    Beat,
    Blocked,
    Call,
    Called,
    Cancel,
    Collect,
    Done,
    Resolve,
    Resolved,
    Wrote,
)
from holdfast.model.codec import decode
from holdfast.model.evidence import Assessment, Evidence
from holdfast.ports import AssessorCall
from holdfast.process.channel import BlockingChannel

HERE = f"{__name__}:"


async def doubles(n: int) -> int:
    return n * 2


async def never_ends() -> None:
    await asyncio.Event().wait()


async def swallows() -> str:
    try:
        await never_ends()
    except asyncio.CancelledError:
        return "swallowed"
    return ""


async def walks(n: int) -> int:
    async for each in counts():
        n += each
    return n


async def counts() -> Any:
    yield 1
    await asyncio.Event().wait()


def is_even(value: int) -> bool:
    return value % 2 == 0


async def is_small(value: int) -> bool:
    return value < 10


async def raises() -> None:
    raise LookupError("nowhere")


async def waits_forever(value: int) -> bool:
    await never_ends()
    return value > 0


def not_async() -> int:
    return 1


class Ended(Exception):
    """The process would have ended here."""


class Ends:
    """A host on a loop that the test turns, and the end that asks it."""

    def __init__(self) -> None:
        mine, theirs = socket.socketpair()
        self.host = AsyncHost(mine, end=_ends)
        self.sock = mine
        self.theirs = theirs
        answers: Any = Called | Done | Assessed | Resolved | Beat | Blocked | Wrote
        self.channel: BlockingChannel[Any] = BlockingChannel(theirs, answers)
        self.loop = self.host._loop
        self.loop.add_reader(mine.fileno(), self.host._readable)

    def ask(self, *messages: Any) -> None:
        self.channel.send(list(messages))

    def turn(self, until: Callable[[], bool]) -> None:
        async def wait() -> None:
            async with asyncio.timeout(10):
                while not until():
                    await asyncio.sleep(0.001)

        self.loop.run_until_complete(wait())

    def answers(self) -> list[Any]:
        self.theirs.setblocking(False)
        try:
            return self.channel.receive()
        except BlockingIOError:
            return []
        finally:
            self.theirs.setblocking(True)

    def finish(self, *messages: Any) -> list[Any]:
        self.ask(*messages)
        found: list[Any] = []

        def is_finished() -> bool:
            found.extend(self.answers())
            return any(isinstance(each, Done | Assessed) for each in found)

        self.turn(is_finished)
        return found

    def close(self) -> None:
        self.loop.remove_reader(self.sock.fileno())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.sock.close()
        self.theirs.close()


def _ends(status: int) -> None:
    assert status == 0
    raise Ended


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.close()


def evidence_of(answers: list[Any]) -> Evidence:
    (done,) = [each for each in answers if isinstance(each, Done)]
    return decode(done.evidence, Evidence)


def call(name: str, **options: Any) -> Call:
    return Call(**{"n": 1, "ref": HERE + name, "kwargs": {}, "timeout_s": 0.5, **options})


def test_a_call_is_answered_with_its_evidence(ends: Ends) -> None:
    assert evidence_of(ends.finish(call("doubles", kwargs={"n": 4}))).value == 8
    assert ends.host._tasks == {}


def test_what_is_no_coroutine_function_is_an_error_of_the_call(ends: Ends) -> None:
    error = evidence_of(ends.finish(call("not_async"))).error
    assert error is not None
    assert error.type == "TypeError"


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [("raises", "exception", "nowhere"), ("no_such", "setup", "has no attribute 'no_such'")],
)
def test_what_goes_wrong_with_a_call_is_its_evidence(
    ends: Ends, name: str, kind: str, message: str
) -> None:
    error = evidence_of(ends.finish(call(name))).error
    assert error is not None
    assert error.kind == kind
    assert message in error.message


def test_a_call_that_is_cancelled_under_its_validators_keeps_the_value_it_told(ends: Ends) -> None:
    validator = AssessorCall(key="k", ref=HERE + "waits_forever", params=None)
    ends.ask(call("doubles", kwargs={"n": 5}, assessors=(validator,)))
    found: list[Any] = []
    ends.turn(lambda: bool(found) or bool(found.extend(ends.answers())))
    answers = ends.finish(Cancel(1))
    assert decode(found[0].evidence, Evidence).value == 10
    error = evidence_of(answers).error
    assert error is not None
    assert error.kind == "timeout"
    for task in asyncio.all_tasks(ends.loop):
        task.cancel()


def test_the_value_is_told_before_its_validators_run(ends: Ends) -> None:
    validators = tuple(
        AssessorCall(key=name, ref=HERE + name, params=None) for name in ("is_even", "is_small")
    )
    answers = ends.finish(call("doubles", kwargs={"n": 5}, assessors=validators))
    assert [type(each) for each in answers] == [Called, Done]
    assert decode(answers[0].evidence, Evidence).value == 10
    assert [each.answer for each in evidence_of(answers).assessments] == ["passed", "failed"]


def test_validators_are_called_on_a_plain_value(ends: Ends) -> None:
    validator = AssessorCall(key="k", ref=HERE + "is_even", params=None)
    (answer,) = ends.finish(Assess(7, 4, (validator,)))
    assert answer.n == 7
    assert [each.answer for each in decode(answer.assessments, tuple[Assessment, ...])] == [
        "passed"
    ]


def test_each_reference_has_its_lane_in_order(ends: Ends) -> None:
    ends.ask(Collect(2, "not for this host"), Resolve(3, (HERE + "doubles", HERE + "is_even")))
    found: list[Any] = []
    ends.turn(lambda: len(found) == 2 or bool(found.extend(ends.answers())))
    assert [(each.n, each.lane) for each in found] == [(3, "async"), (3, "sync")]


@pytest.mark.parametrize("name", ["never_ends", "swallows"])
def test_a_cancelled_call_is_a_timeout_whatever_it_makes_of_it(ends: Ends, name: str) -> None:
    ends.ask(call(name))
    ends.turn(lambda: 1 in ends.host._tasks)
    ends.turn(lambda: ends.host._tasks[1].get_coro().cr_await is not None)
    evidence = evidence_of(ends.finish(Cancel(1), Cancel(1), Cancel(9)))
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.error.message) == ("timeout", "no end within 0.5 s")
    assert "in never_ends" in evidence.error.traceback
    assert not evidence.has_value
    assert ends.host._cancelled == {}


def test_a_stack_goes_through_generators_and_names_no_frame_of_the_host(ends: Ends) -> None:
    task = ends.loop.create_task(walks(1))
    ends.turn(lambda: getattr(task.get_coro(), "cr_await", None) is not None)
    assert "in walks" in stack_of(task)
    task.cancel()
    ends.turn(task.done)


def test_a_subtask_belongs_to_the_call_that_made_it(ends: Ends) -> None:
    accused: list[tuple[int, str]] = []

    async def blocks() -> None:
        accused.append(ends.host._culprit())

    async def outer() -> None:
        async_host.CURRENT.set(4)
        await asyncio.create_task(blocks())

    named = ends.loop.create_task(blocks(), name="7")
    stranger = ends.loop.create_task(blocks(), name="stranger")
    ends.turn(lambda: named.done() and stranger.done())
    ends.loop.run_until_complete(outer())
    assert [n for n, _ in accused] == [7, -1, 4]
    assert "in blocks" in accused[0][1]
    assert ends.host._culprit()[0] == -1
    assert async_host._format_frame(None) == ""


def test_a_loop_that_stands_still_is_told_once_and_again_when_it_turns(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([1.0, 2.0, 3.0, 3.5, 100.0])
    monkeypatch.setattr(async_host, "monotonic", lambda: next(now))
    monkeypatch.setattr(async_host, "sleep_blocking", lambda seconds: None)
    ends.host._ticked = 0.0
    written: list[Any] = []

    def write(messages: list[Any]) -> None:
        written.extend(messages)
        if len(written) == 1:
            ends.host._ticked = 3.0
        else:
            raise Ended

    monkeypatch.setattr(ends.host, "_write", write)
    with pytest.raises(Ended):
        ends.host._watch()
    assert [each.n for each in written] == [-1, 0]


def test_output_is_sent_at_once_and_the_loop_shows_that_it_turns(ends: Ends) -> None:
    ends.host._emit(3, 1, b"hello")
    assert ends.answers() == [Wrote(3, 1, b"hello")]
    ends.host._beat()
    found: list[Any] = []
    ends.turn(lambda: bool(found) or bool(found.extend(ends.answers())))
    assert found == [Beat()]


def test_a_host_ends_with_its_connection(ends: Ends) -> None:
    ends.theirs.close()
    with pytest.raises(Ended):
        ends.host._readable()


def test_a_forked_child_says_nothing_over_its_parents_connection(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends.host._pid = -1
    logged: list[tuple[int, bytes]] = []
    monkeypatch.setattr(os, "write", lambda fd, data: logged.append((fd, data)))
    ends.host._emit(3, 1, b"from the child")
    assert logged == [(1, b"from the child")]
    with pytest.raises(Ended):
        ends.host._write([Beat()])
    with pytest.raises(Ended):
        ends.host._readable()
    assert ends.answers() == []
