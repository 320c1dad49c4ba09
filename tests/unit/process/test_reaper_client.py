"""What does who asks the reaper do with answers that come late, or never?"""

# ruff: noqa: ASYNC110 - a turn of the loop is what is waited for
from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from holdfast.errors import InternalError
from holdfast.process import reaper_client
from holdfast.process.reaper_client import Reaper


class Program:
    """Stands in for the reaper's program: the test answers in its place."""

    def __init__(self, command: list[str], *, pass_fds: list[int], **_: Any) -> None:
        self.pid = -1
        self.command = command
        self.sock = socket.socket(fileno=os.dup(pass_fds[0]))
        self.sock.setblocking(False)
        self.ends = True
        self.was_killed = False

    def wait(self, timeout: float | None = None) -> int:
        if not self.ends and not self.was_killed:
            raise subprocess.TimeoutExpired(self.command, timeout or 0)
        return 0

    def kill(self) -> None:
        self.was_killed = True

    def tell(self, **message: Any) -> None:
        data = json.dumps(message).encode()
        self.sock.sendall(len(data).to_bytes(4, "big") + data)

    async def asked(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        size = int.from_bytes(await loop.sock_recv(self.sock, 4), "big")
        return json.loads(await loop.sock_recv(self.sock, size))


Use = Callable[[Reaper, Program], Coroutine[Any, Any, None]]


def run(monkeypatch: pytest.MonkeyPatch, use: Use) -> None:
    monkeypatch.setattr(reaper_client.subprocess, "Popen", Program)
    # Nothing of this machine is looked at, nor killed.
    monkeypatch.setattr(reaper_client, "kill_all", lambda members, spare: set())

    async def main() -> None:
        reaper = Reaper("r1")
        program: Any = reaper._process
        try:
            async with asyncio.timeout(10):
                await use(reaper, program)
        finally:
            reaper.close()
            program.sock.close()

    asyncio.run(main())


def start(reaper: Reaper) -> asyncio.Task[Any]:
    return asyncio.create_task(reaper.spawn(["x"], env={}))


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0)


def test_an_end_that_is_told_before_the_start_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        task = start(reaper)
        asked = await program.asked()
        program.tell(exited=7, status=3)
        program.tell(id=asked["id"], pid=7)
        assert await (await task).wait() == 3

    run(monkeypatch, use)


@pytest.mark.parametrize("is_answered_first", [False, True])
def test_a_process_whose_asker_was_cancelled_is_ended(
    monkeypatch: pytest.MonkeyPatch, is_answered_first: bool
) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        task = start(reaper)
        asked = await program.asked()
        if is_answered_first:
            reaper._dispatch({"id": asked["id"], "pid": 7})
            task.cancel()
        else:
            task.cancel()
            await asyncio.sleep(0)
            program.tell(id=asked["id"], pid=7)
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        ended = await program.asked()
        assert (ended["op"], ended["pid"], ended["signal"]) == ("signal", 7, signal.SIGKILL)
        program.tell(exited=7, status=-9)
        await until(lambda: not reaper._abandoned)
        assert reaper._early == {}

    run(monkeypatch, use)


def test_an_abandoned_process_that_has_ended_is_not_signalled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        task = start(reaper)
        asked = await program.asked()
        reaper._dispatch({"exited": 7, "status": 0})
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        reaper._dispatch({"id": asked["id"], "pid": 7})
        assert reaper._abandoned == set()
        with pytest.raises(BlockingIOError):
            program.sock.recv(1)

    run(monkeypatch, use)


def test_an_answer_that_nobody_waits_for_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        task = start(reaper)
        asked = await program.asked()
        reaper._readable()  # woken without data
        program.tell(id=99)
        program.tell(id=asked["id"], pid=7)
        assert (await task).pid == 7

    run(monkeypatch, use)


def test_answers_cut_anywhere_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        task = start(reaper)
        data = json.dumps({"id": (await program.asked())["id"], "pid": 7}).encode()
        whole = len(data).to_bytes(4, "big") + data
        for piece in (whole[:2], whole[2:9], whole[9:]):
            program.sock.send(piece)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert (await task).pid == 7

    run(monkeypatch, use)


def test_who_waits_when_the_reaper_goes_is_told_and_nothing_more_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        lost: list[int] = []
        reaper.on_lost = lambda: lost.append(1)
        task = start(reaper)
        await program.asked()
        program.sock.close()
        with pytest.raises(InternalError, match="the reaper is gone"):
            await task
        with pytest.raises(InternalError, match="the reaper is gone"):
            await reaper.request({"op": "kill"})
        reaper._lost()
        assert lost == [1]

    run(monkeypatch, use)


def test_a_question_that_cannot_be_sent_says_that_the_reaper_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        reaper.attach(asyncio.get_running_loop())
        program.sock.close()
        with pytest.raises(InternalError, match=r"the reaper is gone \("):
            reaper.post({"op": "kill"})

    run(monkeypatch, use)


class Reset:
    """A connection that was reset."""

    def __init__(self, sock: socket.socket) -> None:
        self.fileno = sock.fileno
        self.close = sock.close

    def recv(self, size: int) -> bytes:
        raise ConnectionResetError


def test_a_reset_connection_is_a_lost_reaper(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(reaper: Reaper, program: Program) -> None:
        reaper.attach(asyncio.get_running_loop())
        reaper._sock = Reset(reaper._sock)  # type: ignore[assignment]
        reaper._readable()
        with pytest.raises(InternalError):
            reaper.post({"op": "kill"})

    run(monkeypatch, use)


def test_a_reaper_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    programs: list[Program] = []

    async def use(reaper: Reaper, program: Program) -> None:
        program.ends = False
        programs.append(program)

    run(monkeypatch, use)
    assert [each.was_killed for each in programs] == [True]


def test_a_run_inside_of_a_run_carries_both_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_RUN", "outer")

    async def use(reaper: Reaper, program: Program) -> None:
        assert reaper.environment({"A": "1"})["HOLDFAST_RUN"] == "outer,r1"
        first, second = reaper.environment(), reaper.environment()
        assert first["HOLDFAST_SPAWN"] != second["HOLDFAST_SPAWN"]

    run(monkeypatch, use)
