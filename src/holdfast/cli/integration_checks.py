"""Which promises of sessions and capabilities can be tried on this machine, and how?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import anyio
import msgspec

from holdfast.capabilities import CannotEnforce, CapabilityViolation, enforce, observe
from holdfast.clock import monotonic
from holdfast.errors import CannotTell
from holdfast.session.executor import AsyncExecutor
from holdfast.session.protocol import ExecutionResult
from holdfast.session.session import Session

__all__ = ["CHECKS", "LIMIT_S", "Check", "Outcome", "carry_check"]

LIMIT_S = 60.0
SHORT_S = 0.3
LOOP = "while True: pass"


class Check(msgspec.Struct, frozen=True):
    """A promise, and what raises where it is not kept."""

    area: str
    promise: str
    run: Callable[[], None]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a check; `reason` is empty where it passed."""

    area: str
    promise: str
    status: Literal["passed", "failed", "undecided"]
    reason: str = ""
    duration_s: float = 0.0


def carry_check(check: Check) -> Outcome:
    """Try a promise; what cannot be told on this machine is undecided."""
    begun = monotonic()
    status: Literal["passed", "failed", "undecided"] = "passed"
    reason = ""
    try:
        check.run()
    except CannotEnforce as error:
        status, reason = "undecided", f"{error.kind} cannot be enforced here: {error.missing}"
    except CannotTell as error:
        told = f"{error.message}; {error.hint}" if error.hint else error.message
        status, reason = "undecided", told
    except Exception as error:  # noqa: BLE001 - whatever breaks a promise is the answer
        status, reason = "failed", f"{type(error).__name__}: {error}".partition("\n")[0]
    return Outcome(
        area=check.area,
        promise=check.promise,
        status=status,
        reason=reason,
        duration_s=monotonic() - begun,
    )


def _expect(expected: object, got: object) -> None:
    if expected != got:
        raise AssertionError(f"must be {expected!r}, got {got!r}")


# --- the executor -----------------------------------------------------------------


def _executed(codes: list[str], timeout_s: float = LIMIT_S) -> list[ExecutionResult]:
    results: dict[int, ExecutionResult] = {}

    async def main() -> None:
        async with AsyncExecutor(workers=2, timeout_s=timeout_s) as executor:

            async def one(at: int, code: str) -> None:
                results[at] = await executor.execute(code)

            async with anyio.create_task_group() as group:
                for at, code in enumerate(codes):
                    group.start_soon(one, at, code)

    anyio.run(main)
    return [results[at] for at in range(len(codes))]


def _executor_runs() -> None:
    results = _executed([f"import asyncio; await asyncio.sleep(0); {n} * 7" for n in range(4)])
    _expect([0, 7, 14, 21], [each.value for each in results])


def _executor_stops() -> None:
    [stopped] = _executed([LOOP], SHORT_S)
    _expect(("timeout", False), (stopped.status, stopped.success))


def _executor_survives() -> None:
    lost, fine = _executed(["import os; os._exit(3)", "1 + 1"])
    _expect(("crash", 2), (lost.status, fine.value))


# --- sessions and callbacks -------------------------------------------------------


def _session_remembers() -> None:
    with Session(timeout_s=LIMIT_S) as session:
        session.execute("x = 6")
        _expect(42, session.execute("x * 7").value)


def _session_stops() -> None:
    with Session(timeout_s=LIMIT_S) as session:
        session.execute("x = 6")
        turn = session.execute(LOOP, timeout_s=SHORT_S)
        _expect(("timeout", True), (turn.status, turn.names_kept))
        _expect(6, session.execute("x").value)


def _session_survives() -> None:
    with Session(timeout_s=LIMIT_S) as session:
        _expect("crash", session.execute("import os; os._exit(3)").status)
        _expect(2, session.execute("1 + 1").value)


def _callback_answers() -> None:
    with Session(timeout_s=LIMIT_S) as session:
        session.execute("def double(n):\n    return 2 * n")
        _expect(42, session.callback("double")(21))


def _callback_fails() -> None:
    with Session(timeout_s=LIMIT_S) as session:
        session.execute("def broken():\n    raise ValueError('no')")
        _expect(7, session.callback("broken", default=7)())
        handled: Any = session.callback("broken", error_handler=type)()
        _expect(True, issubclass(handled, ValueError))


# --- capabilities -----------------------------------------------------------------


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be loaded in the confined child
        return file.read()


def _write(path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
        file.write("x")


def _stopped(function: Callable[..., Any], *args: Any, allow: list[str]) -> None:
    try:
        enforce(function, *args, allow=allow)
    except CapabilityViolation:
        return
    raise AssertionError("what was not granted must be stopped, it was done")


def _reads_enforced() -> None:
    with tempfile.TemporaryDirectory(prefix="holdfast-check-") as folder:
        open_file, closed_file = Path(folder, "open"), Path(folder, "closed")
        for each in (open_file, closed_file):
            each.write_text(each.name)
        allow = [f"read:{open_file}"]
        _expect("open", enforce(_read, str(open_file), allow=allow))
        _stopped(_read, str(closed_file), allow=allow)


def _writes_enforced() -> None:
    with tempfile.TemporaryDirectory(prefix="holdfast-check-") as folder:
        out, other = Path(folder, "out"), Path(folder, "other")
        out.mkdir()
        allow = [f"write:{out}"]
        enforce(_write, str(out / "x"), allow=allow)
        _expect(True, (out / "x").exists())
        _stopped(_write, str(other), allow=allow)
        _expect(False, other.exists())


def _session_code(code: str, allow: list[str]) -> str:
    """Return how code ends in a confined session: its status, "stopped", or the class that it raised."""
    with Session(capabilities=allow, timeout_s=LIMIT_S) as session:
        turn = session.execute(code)
    name = turn.error.type.rpartition(".")[2] if turn.error else turn.status
    # The kernel refuses what the audit hook does not see first, such as to make a socket.
    return "stopped" if name in {"CapabilityViolation", "PermissionError"} else name


_CONNECT = "import socket\nsocket.socket().connect_ex(('127.0.0.1', 1))"


def _network_enforced() -> None:
    _expect("stopped", _session_code(_CONNECT, []))
    _expect("ok", _session_code(_CONNECT, ["net"]))


def _addresses_enforced() -> None:
    _expect("ok", _session_code(_CONNECT, ["net:127.0.0.1:1"]))
    _expect("stopped", _session_code(_CONNECT, ["net:127.0.0.1:2"]))


def _programs_enforced() -> None:
    code = "import subprocess\nsubprocess.run(['true'], check=True)"
    _expect("stopped", _session_code(code, []))
    _expect("ok", _session_code(code, ["run:true", "read:/dev/null", "write:/dev/null"]))


def _observed() -> None:
    with tempfile.TemporaryDirectory(prefix="holdfast-check-") as folder:
        path = Path(folder, "file")
        path.write_text("seen")
        seen = observe(_read, str(path), declared=["net"])
        _expect(((f"read:{path}",), ("net",)), (seen.undeclared, seen.unused))


CHECKS: tuple[Check, ...] = (
    Check("executor", "runs code, several pieces at once", _executor_runs),
    Check("executor", "stops what passes its limit", _executor_stops),
    Check("executor", "survives the end of an interpreter", _executor_survives),
    Check("session", "remembers from turn to turn", _session_remembers),
    Check("session", "interrupts a turn and keeps its names", _session_stops),
    Check("session", "survives the end of its interpreter", _session_survives),
    Check("callback", "calls a function of a session", _callback_answers),
    Check("callback", "has a default and an error handler", _callback_fails),
    Check("capability", "observes what code touches", _observed),
    Check("capability", "enforces read", _reads_enforced),
    Check("capability", "enforces write", _writes_enforced),
    Check("capability", "enforces run", _programs_enforced),
    Check("capability", "enforces net as a whole", _network_enforced),
    Check("capability", "enforces net by address", _addresses_enforced),
)
