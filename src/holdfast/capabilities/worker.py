"""How is a function called in a process of its own that is observed, or confined?"""

from __future__ import annotations

import contextlib
import marshal
import os
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import cloudpickle  # pyright: ignore[reportMissingTypeStubs]
import msgspec

from holdfast.capabilities.grammar import parse_capabilities
from holdfast.capabilities.observation import Observation
from holdfast.capabilities.plain_pickle import NotPlain, read_plain
from holdfast.capabilities.software import code_files, is_own_name
from holdfast.capabilities.violation import CannotEnforce, CapabilityViolation
from holdfast.capabilities.wildcard import match_name
from holdfast.clock import monotonic, sleep_blocking
from holdfast.errors import HoldfastError, UsageError
from holdfast.text.units import format_duration

__all__ = [
    "CONFINED_START",
    "ROOT",
    "ChildLost",
    "ChildRaised",
    "ConfinedWorker",
    "granted_environment",
    "start_setup",
]

# holdfast itself must be found before the path of the caller is taken over.
ROOT = str(Path(__file__).resolve().parent.parent.parent)
PLACE = str(Path(__file__).resolve().parent.parent)
# Both packages are left out until the child is confined: what their `__init__` import costs as
# much as all the rest (`child.main` lets go of the stand-ins).
CONFINED_START = (
    "import sys; new = type(sys)\n"
    f"for name, place in (('holdfast', {PLACE!r}), ('holdfast.capabilities', {PLACE + '/capabilities'!r})):\n"
    "    package = sys.modules[name] = new(name); package.__path__ = [place]\n"
    "from holdfast.capabilities.child import main, prepare"
)
START = f"{CONFINED_START}\nmain()"

# An idle child ends at once; one that is still at work is not waited for long.
GRACE_S = 2.0

# More than any value that is worth moving; what claims to be longer is no answer.
MOST_BYTES = 1 << 31
READ_BYTES = 1 << 20

Mode = Literal["observe", "enforce"]


class _Error(msgspec.Struct, frozen=True):
    type: str
    message: str
    capability: str
    pickle: bytes


class _Answer(msgspec.Struct, frozen=True):
    """What the child answers to a call."""

    used: list[str]
    undeclared: list[str]
    unused: list[str]
    blind: list[str]
    not_listed: int
    # Of `undeclared`, what this very call asked for.
    recent: list[str] = []
    value: bytes = b""
    error: _Error | None = None


class ChildLost(HoldfastError):
    """The process ended before it answered."""


class ConfinedWorker:
    """A process that is confined once, and then carries out calls one after another.

    `mode` is `enforce` (what is not in `allow` is stopped) or `observe` (it is noted).
    The process starts with the first call. `timeout_s` is the limit of each call: a
    process that is late is killed, with all that it started. After `close`, or a lost
    process, the next call starts another one.

    >>> with ConfinedWorker(allow=["read"], mode="observe") as worker:
    ...     worker.call(sum, [1, 2])
    3
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        mode: Mode = "enforce",
        timeout_s: float | None = None,
    ) -> None:
        if timeout_s is not None and not 0 < timeout_s < float("inf"):
            raise UsageError(f"timeout_s must be a number of seconds above 0, got {timeout_s!r}")
        if timeout_s is not None and not hasattr(select, "poll"):
            raise UsageError("timeout_s must be None on this system, which cannot wait for a pipe")
        self.allow = parse_capabilities(allow)
        self.mode: Mode = mode
        self.timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._touched = Observation()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The id of the process, None while there is none."""
        return self._process.pid if self._process is not None else None

    @property
    def touched(self) -> Observation:
        """What this process has touched so far, also where the last call raised; without a value."""
        return self._touched

    def start(self) -> None:
        """Start and confine the process, if there is none.

        Raises:
            CannotEnforce: this machine cannot hold it to what is granted.
        """
        if self._process is not None:
            return
        self._touched = Observation()
        self._process = _launch(granted_environment(self.allow, self.mode))
        try:
            self._send(start_setup(self.allow, self.mode))
            answer = self._receive()
        except BaseException:
            self.close()
            raise
        if "cannot" in answer:
            self.close()
            raise CannotEnforce(*answer["cannot"])

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function there and return its value; what it raises is raised.

        Raises:
            CapabilityViolation: something was stopped, even if the code went on without it.
            CannotEnforce: this machine cannot hold it to what is granted.
            NotPlain: in mode `enforce`, the value is no plain data.
            TimeoutError: it gave no answer within `timeout_s`.
            ChildLost: the process ended before it answered.
        """
        return self.observe(function, *args, **kwargs).value

    def observe(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Observation:
        """Call a function there; tell its value, and what this process has touched so far.

        Raises what `call` raises.
        """
        request: bytes = cloudpickle.dumps((function, args, kwargs))  # pyright: ignore[reportUnknownMemberType]
        self.start()
        until = None if self.timeout_s is None else monotonic() + self.timeout_s
        try:
            self._send(request)
            answer = self._receive(until)
        except TimeoutError:
            self._end(grace_s=0.0)
            raise
        except BaseException:
            # Its answer would be taken for that of the next call.
            self.close()
            raise
        return self._read_answer(answer)

    def close(self) -> None:
        """End the process with all that it started, and wait for it."""
        self._end()

    def _end(self, grace_s: float = GRACE_S) -> int:
        """End the process; return its exit status, 0 where there was none."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for pipe in (process.stdin, process.stdout):
            # What it was sent and did not read is lost with it.
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        _await_end(process, grace_s)
        # With all that it started. Before it is waited for: until then its number is nobody else's.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        return process.wait()

    def _read_answer(self, told: dict[str, Any]) -> Observation:
        read = read_plain if self.mode == "enforce" else pickle.loads  # noqa: S301 - as trusted as we are
        try:
            answer = msgspec.convert(told, _Answer)
        except msgspec.ValidationError as error:
            self.close()
            raise ChildLost(f"the process gave no answer: {error}") from error
        self._touched = Observation(
            used=tuple(answer.used),
            undeclared=tuple(answer.undeclared),
            unused=tuple(answer.unused),
            blind=tuple(answer.blind),
            not_listed=answer.not_listed,
        )
        if self.mode == "enforce" and answer.recent:
            raise _stopped(answer)
        if answer.error is not None:
            raise _rebuild(answer.error, read)
        return msgspec.structs.replace(self._touched, value=read(answer.value))

    def _send(self, frame: Any) -> None:
        assert self._process is not None and self._process.stdin is not None  # noqa: S101, PT018
        body = marshal.dumps(frame)
        try:
            self._process.stdin.write(len(body).to_bytes(8, "big") + body)
            self._process.stdin.flush()
        except BrokenPipeError:
            # It has ended; reading says how.
            return

    def _receive(self, until: float | None = None) -> dict[str, Any]:
        size = int.from_bytes(self._read(8, until), "big")
        body = self._read(size, until) if size <= MOST_BYTES else b""
        if not body or len(body) < size:
            status = self._end()
            raise ChildLost(f"the process ended before it answered: exit status {status}")
        answer: dict[str, Any] = read_plain(body)
        return answer

    def _read(self, size: int, until: float | None) -> bytes:
        """Read that much, or what there is before the end."""
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018
        source = self._process.stdout.fileno()
        data = bytearray()
        while len(data) < size:
            if until is not None and not _has_data(source, until - monotonic()):
                raise TimeoutError(f"no answer within {format_duration(self.timeout_s or 0.0)}")
            chunk = os.read(source, min(size - len(data), READ_BYTES))
            if not chunk:
                break
            data += chunk
        return bytes(data)


def _has_data(source: int, timeout_s: float) -> bool:
    """Wait until there is something to read, or the end of it; tell whether there is in time."""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    return bool(poll.poll(max(timeout_s, 0.0) * 1000))


def _await_end(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Give a process that was told to end the time to do so."""
    if not hasattr(os, "waitid"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
        return
    end, pause_s = monotonic() + grace_s, 0.0005
    options = os.WEXITED | os.WNOWAIT | os.WNOHANG
    while process.returncode is None and monotonic() < end:
        if os.waitid(os.P_PID, process.pid, options) is not None:
            return
        sleep_blocking(pause_s)
        pause_s = min(pause_s * 2, 0.02)


def start_setup(allow: tuple[tuple[str, str], ...], mode: Mode) -> dict[str, Any]:
    """Return the first frame: what the child may touch, and where it finds code."""
    return {
        "mode": mode,
        "grants": list(allow),
        "folder": str(Path.cwd()),
        "search": os.environ.get("PATH", os.defpath),
        "path": [place or str(Path.cwd()) for place in sys.path],
        "code": code_files() if mode == "enforce" else [],
    }


def granted_environment(allow: Iterable[tuple[str, str]], mode: Mode) -> dict[str, str]:
    """Return the environment of the child: what was not granted is not even there."""
    if mode == "observe":
        return dict(os.environ)
    names = [resource for kind, resource in allow if kind == "env"]
    return {
        name: value
        for name, value in os.environ.items()
        if is_own_name(name) or any(not each or match_name(each, name) for each in names)
    }


def _launch(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    out = _copy_stdout()
    try:
        return subprocess.Popen(
            [sys.executable, "-c", START, str(out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            pass_fds=(out,) if out >= 0 else (),
            start_new_session=os.name == "posix",
        )
    finally:
        if out >= 0:
            os.close(out)


def _copy_stdout() -> int:
    """Return a descriptor of where our own prints go, to be passed on; -1 where that cannot be."""
    if os.name != "posix" or sys.__stdout__ is None:
        return -1
    try:
        return os.dup(sys.__stdout__.fileno())
    except (OSError, ValueError):
        return -1


def _stopped(answer: _Answer) -> CapabilityViolation:
    """Return the violation to raise; also for code that caught it and went on."""
    if answer.error is not None and answer.error.capability:
        with contextlib.suppress(NotPlain):
            violation = read_plain(answer.error.pickle)
            if isinstance(violation, CapabilityViolation):
                return violation
    return CapabilityViolation(
        f"{', '.join(answer.recent[:5])} was stopped: it is not among the capabilities that were granted",
        answer.recent[0],
        "the code caught the refusal and went on; grant it if it is meant to be used",
    )


def _rebuild(error: _Error, read: Callable[[bytes], Any]) -> BaseException:
    """Return the exception of the child, or one that tells what it was."""
    try:
        rebuilt = read(error.pickle)
    except Exception as failure:  # noqa: BLE001 - whatever rebuilding it raises: it cannot be rebuilt
        return ChildRaised(f"{error.type}: {error.message} (it cannot be rebuilt here: {failure})")
    if isinstance(rebuilt, Exception):
        return rebuilt
    return ChildRaised(f"{error.type}: {error.message}")


class ChildRaised(HoldfastError):
    """The function raised something that cannot be rebuilt here; the message has its type and text."""
