"""Are waits, places and alarms given back on every way out?"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator

import anyio
import pytest

from holdfast.session.alarm import alarm
from holdfast.session.awaiting import Room, drive_async
from holdfast.session.callback import AsyncCallback, Callback
from holdfast.session.engine import Reply, read_turn
from holdfast.session.waiting import Steps, Wait, drive
from holdfast.session.wire import Done


@pytest.fixture
def ready() -> Generator[int]:
    """A descriptor that can be read at once."""
    read, write = os.pipe()
    os.write(write, b"x")
    yield read
    os.close(read)
    os.close(write)


def nothing() -> Steps[None]:
    yield from ()


def test_a_conversation_is_driven_to_its_value_blocking_and_awaited(ready: int) -> None:
    def steps() -> Steps[str]:
        yield Wait(ready, None)
        yield Wait(ready, 0.0)
        return "done"

    async def awaited() -> str:
        return await drive_async(steps(), nothing)

    assert drive(steps(), nothing) == "done"
    assert anyio.run(awaited) == "done"


def test_what_a_conversation_raises_is_raised_after_the_halt(ready: int) -> None:
    seen: list[str] = []

    def fails() -> Steps[None]:
        yield Wait(ready, None)
        raise LookupError("gone")

    def halt() -> Steps[None]:
        yield Wait(ready, None)
        seen.append("halted")

    async def awaited() -> None:
        await drive_async(fails(), halt)

    with pytest.raises(LookupError):
        drive(fails(), halt)
    with pytest.raises(LookupError):
        anyio.run(awaited)
    assert seen == ["halted"] * 2


def test_a_room_lets_in_in_order_and_forgets_who_left_the_queue() -> None:
    async def main() -> list[int]:
        room, seen = Room(1), list[int]()

        async def visit(n: int) -> None:
            async with room.enter():
                seen.append(n)
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as group, room.enter():
            for n in range(4):
                group.start_soon(visit, n)
            await anyio.wait_all_tasks_blocked()
            with anyio.move_on_after(0):
                await visit(99)
        await visit(4)
        return seen

    assert anyio.run(main) == [0, 1, 2, 3, 4]


def test_a_place_that_comes_with_the_cancellation_goes_to_the_next() -> None:
    async def main() -> list[str]:
        room, seen = Room(1), list[str]()
        scope = anyio.CancelScope()

        async def gives_up() -> None:
            with scope:
                async with room.enter():
                    seen.append("late")

        async def stays() -> None:
            async with room.enter():
                seen.append("in")

        async with anyio.create_task_group() as group:
            async with room.enter():
                group.start_soon(gives_up)
                await anyio.wait_all_tasks_blocked()
                group.start_soon(stays)
                await anyio.wait_all_tasks_blocked()
            # The place was handed over; its owner is cancelled in that moment.
            scope.cancel()
        return seen

    assert anyio.run(main)[-1] == "in"


@pytest.mark.parametrize("in_main", [True, False])
def test_an_alarm_rings_once_in_the_thread_that_set_it(in_main: bool) -> None:
    found: list[str] = []

    def work() -> None:
        try:
            with alarm(0.005, lambda: found.append("rang")):
                while True:
                    pass
        except KeyboardInterrupt:
            found.append("stopped")
        with alarm(60, lambda: found.append("too late")):
            pass
        with alarm(None, lambda: found.append("never")):
            pass

    if in_main:
        work()
    else:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == ["rang", "stopped"]


def test_a_callback_shows_its_name_and_passes_on_what_nobody_handles() -> None:
    def fail(name: str, *args: object) -> None:
        raise KeyError(name, *args)

    callback = Callback(fail, "f")
    assert (repr(callback), callback.__name__) == ("<callback f>", "f")
    with pytest.raises(KeyError):
        callback(1)

    async def awaited(name: str) -> None:
        raise KeyError(name)

    with pytest.raises(KeyError):
        anyio.run(AsyncCallback(awaited, "f"))


def test_an_answer_that_holds_no_value_is_an_error_of_the_turn() -> None:
    turn = read_turn(Reply(done=Done("ok", b"\xc1")), "x")
    assert turn.status == "error"
    assert turn.error is not None
    assert "must answer with a value" in turn.error.message
