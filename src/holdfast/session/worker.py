"""What does the process of an interpreter do? It answers one request after another, until its end of the pipe closes."""

from __future__ import annotations

import importlib
import os
import resource
import signal
import socket
import sys
import traceback
from types import FrameType
from typing import Any

from msgspec import structs

from holdfast.builtin import COMPONENTS
from holdfast.process.channel import BlockingChannel
from holdfast.registry import Registry
from holdfast.session.failure import describe, take_apart
from holdfast.session.guard import split
from holdfast.session.interpreter import Interpreter
from holdfast.session.streams import Streams
from holdfast.session.wire import Ready, Refused, Request, Setup

__all__ = ["main"]

WALL_LIMIT = "the code was interrupted at its time limit"


class Worker:
    """Serves a connection in the main thread, so that an interrupt reaches the code."""

    def __init__(self, sock: socket.socket) -> None:
        self._channel: BlockingChannel[Any] = BlockingChannel(sock, Request)
        self._pid = os.getpid()
        self._streams = Streams()
        self._cpu_s: float | None = None
        self._is_running = False
        self._stopped = ""
        self._interpreter = Interpreter(stopped=lambda: self._stopped)

    def serve(self) -> None:
        """Answer until the other end is gone."""
        while messages := self._channel.receive():
            for message in messages:
                self._send(self._answer(message))

    def _answer(self, request: Request) -> Any:
        if isinstance(request, Setup):
            return self._set_up(request)
        self._streams.restore()
        self._arm()
        try:
            done = self._interpreter.answer(request)
        finally:
            self._is_running = False
            self._disarm()
        notes = self._streams.flush()
        return structs.replace(done, notes=(*done.notes, *notes)) if notes else done

    def _set_up(self, setup: Setup) -> Ready | Refused:
        try:
            self._cpu_s = setup.cpu_s
            for module in setup.imports:
                importlib.import_module(module)
            _go_first_when_memory_ends()
            if setup.memory_bytes is not None:
                _limit_memory(setup.memory_bytes)
            # Last: what confines the code confines this too.
            if setup.capabilities is not None:
                Registry(COMPONENTS).load("capability", "confine")(list(setup.capabilities))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the session must not begin
            return Refused(describe(error), take_apart(error))
        return Ready()

    def _arm(self) -> None:
        """Let an interrupt stop the code, whatever the turn before has done to signals."""
        self._stopped = ""
        self._is_running = True
        signal.signal(signal.SIGINT, self._on_interrupt)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGPROF})
        if self._cpu_s is not None:
            signal.signal(signal.SIGPROF, self._on_cpu_limit)
            signal.setitimer(signal.ITIMER_PROF, self._cpu_s)

    def _disarm(self) -> None:
        if self._cpu_s is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _on_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        # Between two turns there is nothing to stop.
        if self._is_running:
            self._stopped = WALL_LIMIT
            raise KeyboardInterrupt

    def _on_cpu_limit(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_running:
            self._stopped = f"the code must take at most {self._cpu_s:g} s of CPU time"
            raise KeyboardInterrupt

    def _send(self, message: Any) -> None:
        """Answer; a child that the code forked and that came back here ends, the answer is its parent's to give."""
        if os.getpid() != self._pid:
            os._exit(0)
        self._channel.send([message])


def main(arguments: list[str]) -> None:
    """Become guard and interpreter, and serve until the pipe closes."""
    control, guard = (socket.socket(fileno=int(each)) for each in arguments)
    for sock in (control, guard):
        # A program that the code starts must not hold it.
        sock.set_inheritable(False)
    sys.path.insert(0, "")
    sys.argv = [""]
    split(guard, control.fileno())
    status = 0
    try:
        Worker(control).serve()
    except BaseException:  # noqa: BLE001 - nothing can be said any more but this
        traceback.print_exc()
        status = 70
    finally:
        # The code's threads and exit handlers must not keep a finished session alive.
        os._exit(status)


def _limit_memory(extra_bytes: int) -> None:
    """Let this process and each of its children take so much beyond what it has now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - read once, at the start
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + extra_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _go_first_when_memory_ends() -> None:
    """Let Linux end the code rather than the program that tests it."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("1000")
    except OSError:
        return
