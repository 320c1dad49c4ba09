"""How does a process hold one version, ready to be called whenever it is its turn?"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from holdfast.measure.version import Prepared
from holdfast.process.reaper_client import describe_exit

__all__ = ["Batch", "NotMeasured", "SideProcess"]

PROGRAM = Path(__file__).with_name("lockstep_child.py")
# Not by its path alone: that would put this folder first on the path, where names of ours would
# hide those of the version. An empty entry, the current folder, would do the same with its own.
BOOT = (
    "import sys;sys.path[:]=[p for p in sys.path if p];"
    "exec(compile(open(sys.argv[2],'rb').read(),sys.argv[2],'exec'))"
)
# An import may read a model or compile a kernel; a call that takes longer than this hangs.
START_S = 120.0
ANSWER_S = 120.0
LAST_BYTES = 2000


class NotMeasured(Exception):
    """A side could not be measured; the message says why."""


class Batch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What so many calls took: seconds, voluntary and involuntary context switches."""

    wall_s: float
    cpu_s: float
    waits: int
    pushed: int


class SideProcess:
    """A fresh process that holds one version. Use it as a context manager."""

    def __init__(self, prepared: Prepared, *, name: str, env: Mapping[str, str]) -> None:
        self.name = name
        self.lane = ""
        self.python = ""
        # How many calls make a batch.
        self.calls = 1
        self._prepared = prepared
        self._env = env
        self._errors: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._sock: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process and send it the version; `wait_ready` waits for it.

        Raises:
            NotMeasured: the interpreter cannot be started.
        """
        ours, theirs = socket.socketpair()
        self._sock = ours
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        command = [self._prepared.python, "-c", BOOT, str(theirs.fileno()), str(PROGRAM)]
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command,
                    env={**os.environ, **self._prepared.env, **self._env},
                    cwd=self._prepared.folder,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    # A group of its own: it is killed with all that it started, and by nobody else.
                    start_new_session=True,
                )
            except OSError as error:
                raise NotMeasured(f"{self.name} cannot be started: {error}") from error
        self._send(self._prepared.message)

    def wait_ready(self) -> None:
        """Wait until the version is imported.

        Raises:
            NotMeasured: it cannot be, or it comes from another place than it should.
        """
        answer = self._receive(START_S)
        self.lane, self.python = answer["lane"], answer["python"]
        root = self._prepared.root
        if not root or self.lane == "command":
            return
        if self._prepared.is_foreign:
            is_right, came = answer["has_root"], "none of its modules did"
        else:
            is_right = _is_within(answer["file"], root)
            came = f"it came from {answer['file'] or 'nowhere'}"
        if not is_right:
            raise NotMeasured(
                f"{self.name} must be imported from its own folder {root}, {came}: "
                "both sides would have been the same code"
            )

    def run(self, calls: int) -> Batch:
        """Let it call its version so often.

        Raises:
            NotMeasured: a call raised, ended the process or did not end.
        """
        self._send({"calls": calls})
        answer = self._receive(ANSWER_S)
        return Batch(
            wall_s=answer["wall_s"],
            cpu_s=answer["cpu_s"],
            waits=answer["waits"],
            pushed=answer["pushed"],
        )

    def where(self) -> tuple[int, int]:
        """Return the CPU on which it runs, -1 if that is not known, and its number of threads."""
        self._send({"where": True})
        answer = self._receive(ANSWER_S)
        return answer["cpu"], answer["threads"]

    def pin(self, cpu: int) -> None:
        """Let it run on one CPU from now on; -1 lets it run anywhere again."""
        self._send({"pin": cpu})
        self._receive(ANSWER_S)

    def close(self) -> None:
        """Kill the process with all that it started, and wait for it."""
        if self._process is not None:
            # Before the wait: as long as it is a zombie, its number is nobody else's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._sock is not None:
            self._sock.close()
        if self._errors is not None:
            self._errors.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._sock is not None  # noqa: S101 - `start` came first
        body = msgspec.json.encode(message)
        try:
            self._sock.sendall(len(body).to_bytes(4, "big") + body)
        except OSError:
            raise self._ended() from None

    def _receive(self, limit_s: float) -> dict[str, Any]:
        assert self._sock is not None  # noqa: S101 - `start` came first
        self._sock.settimeout(limit_s)
        try:
            head = self._take(4)
            answer = msgspec.json.decode(
                self._take(int.from_bytes(head, "big")), type=dict[str, Any]
            )
        except TimeoutError:
            raise NotMeasured(f"{self.name} did not answer within {limit_s:g} s") from None
        if "error" in answer:
            raise NotMeasured(f"{self.name}: {answer['error']}{self._last_words()}")
        return answer

    def _take(self, size: int) -> bytes:
        assert self._sock is not None  # noqa: S101 - `start` came first
        data = b""
        while len(data) < size:
            try:
                more = self._sock.recv(size - len(data))
            except ConnectionError:
                more = b""
            if not more:
                raise self._ended()
            data += more
        return data

    def _ended(self) -> NotMeasured:
        assert self._process is not None  # noqa: S101 - `start` came first
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return NotMeasured(f"{self.name} closed its connection{self._last_words()}")
        return NotMeasured(f"{self.name} ended with {describe_exit(code)}{self._last_words()}")

    def _last_words(self) -> str:
        """Return the last line of what it wrote to stderr."""
        assert self._errors is not None  # noqa: S101 - `start` came first
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - LAST_BYTES))
        lines = self._errors.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return f" ({said[-1]})" if said else ""


def _is_within(file: str, root: str) -> bool:
    return bool(file) and Path(file).resolve().is_relative_to(Path(root).resolve())
