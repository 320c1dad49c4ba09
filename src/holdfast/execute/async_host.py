"""How does a host carry out many calls at once on one event loop?"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec

from holdfast.clock import monotonic, sleep_blocking
from holdfast.execute import outcome
from holdfast.execute.assess import assess
from holdfast.execute.capture import CURRENT, attribute
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
from holdfast.model import codec
from holdfast.model.evidence import Assessment, Evidence
from holdfast.ports import AssessorCall
from holdfast.process.channel import Frames, pack
from holdfast.process.page import close_page, open_page
from holdfast.process.reference import find, lane_of_reference

__all__ = ["BEAT_S", "BLOCKED_S", "AsyncHost"]

# Half a second: often enough to tell a dead loop from a busy one, too rare to cost anything.
BEAT_S = 0.5
# A loop that has not turned for this long is blocked by whatever runs on it.
BLOCKED_S = 1.0


class AsyncHost:
    """Serves a connection on an event loop; a thread beside it names the call that blocks the loop."""

    def __init__(self, sock: socket.socket, *, end: Callable[[int], Any] = os._exit) -> None:
        self._sock = sock
        # How this process ends; given by tests, which must not end with it.
        self._end = end
        self._lock = threading.Lock()
        self._encoder = msgspec.msgpack.Encoder()
        self._frames: Frames[Any] = Frames(Call | Assess | Resolve | Collect | Cancel)
        self._outbox: list[Any] = []
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._cancelled: dict[int, str] = {}
        self._ticked = monotonic()
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._loop.set_task_factory(self._new_task)
        # Which call a task belongs to, so that a subtask which blocks the loop has a name.
        self._owners: weakref.WeakKeyDictionary[asyncio.Task[Any], int] = (
            weakref.WeakKeyDictionary()
        )

    def serve(self) -> None:
        """Answer until holdfast is gone."""
        loop = self._loop
        asyncio.set_event_loop(loop)
        loop.add_reader(self._sock.fileno(), self._readable)
        attribute(self._emit)
        self._beat()
        threading.Thread(target=self._watch, name="holdfast-watch", daemon=True).start()
        loop.run_forever()

    def _new_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coroutine, loop=loop, **options)
        n = CURRENT.get()
        if n:
            self._owners[task] = n
        return task

    def _readable(self) -> None:
        self._end_if_forked()
        data = self._frames.read(self._sock)
        if not data:
            self._end(0)
        for message in self._frames.feed(data):
            self._answer(message)

    def _answer(self, message: Any) -> None:
        match message:
            case Call():
                task = self._loop.create_task(self._call(message), name=str(message.n))
                self._tasks[message.n] = task
            case Cancel(n):
                task = self._tasks.get(n)
                if task is not None and n not in self._cancelled:
                    self._cancelled[n] = stack_of(task)
                    task.cancel()
            case Assess(n, value, assessors):
                self._tasks[n] = self._loop.create_task(
                    self._assess_only(n, value, assessors), name=str(n)
                )
            case Resolve(n, refs):
                for ref in refs:
                    self._send(Resolved(n, ref, lane_of_reference(ref)))
                    self._flush()
            case _:
                return

    async def _call(self, call: Call) -> None:
        CURRENT.set(call.n)
        page = open_page()
        start = monotonic()
        evidence = await self._collect(call)
        stack = self._cancelled.get(call.n)
        if stack is not None:
            # Whatever it made of its cancelling.
            evidence = outcome.timed_out(call.timeout_s, stack, monotonic() - start)
        self._finish(Done(call.n, codec.encode(close_page(page, evidence))))

    async def _collect(self, call: Call) -> Evidence:
        try:
            function = find(call.ref)
        except BaseException as error:  # noqa: BLE001 - whatever an import raises is evidence
            return outcome.not_prepared(error)
        start = monotonic()
        try:
            value = await function(**call.kwargs)
            evidence = outcome.from_value(value, monotonic() - start)
        except BaseException as error:  # noqa: BLE001 - whatever user code raises is evidence
            return outcome.of_failed_call(function, call.kwargs, error, monotonic() - start)
        if not call.assessors:
            return evidence
        # What is kept is what the call left, whatever a validator makes of it.
        self._send(Called(call.n, codec.encode(evidence)))
        self._flush()
        try:
            answers = await self._assess(call.assessors, value)
        except asyncio.CancelledError as error:
            return outcome.from_error(error, monotonic() - start)
        return msgspec.structs.replace(evidence, assessments=answers)

    async def _assess(self, calls: tuple[AssessorCall, ...], value: Any) -> tuple[Assessment, ...]:
        """Call validators in a thread, so that a slow one does not hold up other calls."""
        loop = self._loop

        def run(awaitable: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(_await(awaitable), loop).result()

        return await asyncio.to_thread(assess, calls, value, run)

    async def _assess_only(self, n: int, value: Any, calls: tuple[AssessorCall, ...]) -> None:
        CURRENT.set(n)
        self._finish(Assessed(n, codec.encode(await self._assess(calls, value))))

    def _finish(self, message: Done | Assessed) -> None:
        del self._tasks[message.n]
        self._cancelled.pop(message.n, None)
        self._send(message)

    def _send(self, message: Any) -> None:
        """Send a message at the end of this turn of the loop, together with the others."""
        if not self._outbox:
            self._loop.call_soon(self._flush)
        self._outbox.append(message)

    def _flush(self) -> None:
        if self._outbox:
            messages, self._outbox = self._outbox, []
            self._write(messages)

    def _write(self, messages: list[Any]) -> None:
        self._end_if_forked()
        with self._lock:
            self._sock.sendall(pack(self._encoder, messages))

    def _emit(self, n: int, fd: int, data: bytes) -> None:
        """Send output at once, so that it is not lost should the process end."""
        if os.getpid() != self._pid:
            # The connection and its lock are the parent's; what a child writes goes to the log.
            os.write(fd, data)
            return
        self._write([Wrote(n, fd, data)])

    def _end_if_forked(self) -> None:
        """End a child that user code forked and that came back to the loop, which is its parent's."""
        if os.getpid() != self._pid:
            self._end(0)

    def _beat(self) -> None:
        self._ticked = monotonic()
        self._send(Beat(len(asyncio.all_tasks(self._loop))))
        self._loop.call_later(BEAT_S, self._beat)

    def _watch(self) -> None:
        """Say which call blocks the loop, from a thread that the loop cannot block."""
        is_blocked = False
        while True:
            sleep_blocking(BLOCKED_S / 4)
            late = monotonic() - self._ticked
            if late > BLOCKED_S + BEAT_S and not is_blocked:
                is_blocked = True
                self._write([Blocked(*self._culprit())])
            elif late < BLOCKED_S and is_blocked:
                is_blocked = False
                self._write([Blocked(0)])

    def _culprit(self) -> tuple[int, str]:
        task = asyncio.tasks.current_task(self._loop)
        # The documented way to the stacks of other threads, in spite of its name.
        frames = sys._current_frames()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        stack = _format_frame(frames.get(threading.main_thread().ident or 0))
        name = task.get_name() if task is not None else ""
        if name.isdigit():
            return int(name), stack
        return (self._owners.get(task, -1) if task is not None else -1), stack


def stack_of(task: asyncio.Task[Any]) -> str:
    """Format where a suspended task waits, from the outermost coroutine inwards."""
    lines = ["Stack of the coroutine (most recent call last):\n"]
    step: Any = task.get_coro()
    while step is not None:
        frame = (
            getattr(step, "cr_frame", None)
            or getattr(step, "gi_frame", None)
            or getattr(step, "ag_frame", None)
        )
        if frame is not None and not frame.f_globals.get("__name__", "").startswith(
            "holdfast.execute"
        ):
            lines.extend(
                traceback.format_list(
                    traceback.StackSummary.extract(iter([(frame, frame.f_lineno)]))
                )
            )
        following = getattr(step, "cr_await", None)
        step = following if following is not None else getattr(step, "gi_yieldfrom", None)
    return "".join(lines)


def _format_frame(frame: FrameType | None) -> str:
    if frame is None:
        return ""
    text = io.StringIO()
    traceback.print_stack(frame, file=text)
    return text.getvalue()


async def _await(awaitable: Any) -> Any:
    return await awaitable
