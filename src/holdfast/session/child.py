"""What does a session know of its interpreter's process while it lives?"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.process.channel import Frames, pack
from holdfast.process.reaper_client import describe_exit
from holdfast.session.waiting import Steps, Wait
from holdfast.session.wire import Answer
from holdfast.text.cut import HeadTail

__all__ = ["Child"]

PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
# -P keeps the current folder off sys.path until the interpreter puts it there.
PROGRAM = "import sys; sys.path.append({root!r}); from holdfast.session.worker import main; main(sys.argv[1:])"
READ_BYTES = 65_536
# A pipe holds 64 KiB unless the code made it larger; a writer that never ends must not hold us up.
MOST_READS = 16
# More than any answer has (values end at 16 MB): somebody else writes to the connection.
MOST_BYTES = 100_000_000
# The guard kills and reports within milliseconds; a machine that swaps takes longer.
END_LIMIT_S = 10.0
# Between the end of its connection and that of an interpreter.
LAST_WORDS_S = 0.5

_encoder = msgspec.msgpack.Encoder()


class Child:
    """The process of an interpreter: its connection, its output, its guard."""

    def __init__(self, *, cwd: str | None = None, env: Mapping[str, str] | None = None) -> None:
        self._frames: Frames[Answer] = Frames(Answer)
        self._answers: deque[Answer] = deque()
        self._unread = 0
        self._asked_at = self._ready_at = monotonic()
        self._status = b""
        self._has_ended = False
        self._is_closed = False
        self.is_lost = False
        self.output = {1: HeadTail(), 2: HeadTail()}
        self._selector = selectors.DefaultSelector()
        self._control, control = socket.socketpair()
        self._guard, guard = socket.socketpair()
        argv = [sys.executable, "-P", "-c", PROGRAM.format(root=PACKAGE_ROOT)]
        argv += [str(control.fileno()), str(guard.fileno())]
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=[control.fileno(), guard.fileno()],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        except BaseException:
            self._control.close()
            self._guard.close()
            self._selector.close()
            raise
        finally:
            control.close()
            guard.close()
        self._listen()
        # A session that nobody closed ends with its last reference, or with this program.
        self.leave = weakref.finalize(self, _leave, self._guard, self._process, self._files())

    def _files(self) -> list[Any]:
        return [self._control, self._selector, self._process.stdout, self._process.stderr]

    def _listen(self) -> None:
        streams = {1: self._process.stdout, 2: self._process.stderr}
        for fd, stream in streams.items():
            assert stream is not None  # noqa: S101 - both are pipes
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, fd)
        for sock in (self._control, self._guard):
            sock.setblocking(False)
            self._selector.register(sock, selectors.EVENT_READ, sock)

    @property
    def pid(self) -> int:
        """The process id of the guard, the parent of the interpreter."""
        return self._process.pid

    def begin(self) -> None:
        """Forget answers that nobody asked for; output that came meanwhile belongs to the next turn."""
        self.pump()
        self._answers.clear()
        self._asked_at = monotonic()

    def note_ready(self) -> None:
        """Note that what runs below the interpreter now belongs to it, not to its code."""
        self._ready_at = monotonic()

    def send(self, request: Any, until: float | None) -> Steps[None]:
        """Send a request; one that cannot be sent shows as a loss or a missing answer."""
        left = memoryview(pack(_encoder, [request]))
        while True:
            try:
                left = left[self._control.send(left) :]
            except BlockingIOError:
                pass  # it takes no more now: waited for below
            except OSError:
                self.is_lost = True
            if not left or self.is_lost or (until is not None and monotonic() > until):
                return
            both = selectors.EVENT_READ | selectors.EVENT_WRITE
            self._selector.modify(self._control, both, self._control)
            yield Wait(self._selector.fileno(), _seconds_left(until))
            self._selector.modify(self._control, selectors.EVENT_READ, self._control)
            self.pump()

    def listen(self, until: float | None) -> Steps[Answer | None]:
        """Wait for the next answer; None when the time is over or the interpreter is lost."""
        while True:
            self.pump()
            if self._answers:
                # What was written before the answer was sent is in the pipes by now.
                self._drain()
                return self._answers.popleft()
            left = _seconds_left(until)
            if self.is_lost or (left is not None and left <= 0):
                return None
            yield Wait(self._selector.fileno(), left)

    def interrupt(self) -> None:
        """Let the guard send SIGINT to the interpreter, and end what it started since the last request."""
        now = monotonic()
        # The kernel tells when a process started to a hundredth; none that the set-up started is meant.
        seconds = min(now - self._asked_at + 0.02, now - self._ready_at)
        with contextlib.suppress(OSError):  # it is gone: that will be heard
            self._guard.send(f"{seconds:.3f}".encode())

    def end(self) -> Steps[str]:
        """Kill the interpreter with all that it started; say how it had ended."""
        if self._is_closed:
            # It is about to exit: how, the guard will tell.
            yield from self._wait_for_end(LAST_WORDS_S)
        with contextlib.suppress(OSError):
            self._guard.shutdown(socket.SHUT_WR)
        yield from self._wait_for_end(END_LIMIT_S)
        self._drain()
        self.leave()
        if self._status.lstrip(b"-").isdigit():
            return describe_exit(int(self._status))
        how = describe_exit(self._process.returncode)
        # Before there is a guard the process speaks for itself.
        return how if self._process.returncode > 0 else f"its guard ended with {how}"

    def _wait_for_end(self, seconds: float) -> Steps[None]:
        until = monotonic() + seconds
        self.pump()
        while not self._has_ended and monotonic() < until:
            yield Wait(self._selector.fileno(), _seconds_left(until))
            self.pump()

    def take_output(self) -> tuple[str, str]:
        """Return what was written to stdout and stderr, and begin anew."""
        texts = self.output[1].text(), self.output[2].text()
        for fd, kept in self.output.items():
            if kept.total_bytes:
                self.output[fd] = HeadTail()
        return texts

    def pump(self) -> None:
        """Take in whatever has come."""
        for key, _ in self._selector.select(0):
            if key.data is self._control:
                self._hear()
            elif key.data is self._guard:
                self._hear_guard()
            else:
                self._read(key.fileobj, key.data)

    def _drain(self) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, int):
                for _ in range(MOST_READS):
                    if not self._read(key.fileobj, key.data):
                        break

    def _read(self, stream: Any, fd: int) -> bool:
        try:
            data = os.read(stream.fileno(), READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(stream)
            return False
        self.output[fd].append(data)
        return True

    def _hear(self) -> None:
        try:
            data = self._control.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        is_closed = not data
        self._unread += len(data)
        try:
            answers = self._frames.feed(data)
        except (msgspec.DecodeError, RecursionError):
            # Someone else wrote to the connection; what follows cannot be told apart either.
            data, answers = b"", []
        if answers:
            self._unread = 0
            self._answers.extend(answers)
        if not data or self._unread > MOST_BYTES:
            self.is_lost = True
            self._is_closed = is_closed
            self._selector.unregister(self._control)

    def _hear_guard(self) -> None:
        try:
            data = self._guard.recv(64)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._status += data
        if not data:
            self._has_ended = self.is_lost = True
            self._selector.unregister(self._guard)


def _seconds_left(until: float | None) -> float | None:
    return None if until is None else until - monotonic()


def _leave(guard: socket.socket, process: subprocess.Popen[bytes], files: list[Any]) -> None:
    """Let the guard end everything, and wait for it."""
    guard.close()
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for file in files:
        file.close()
