"""What carries out one Python call whose memory is measured? This program, in a process of its own.

    python -c "...main()" ANSWER

It reads the request from standard input and writes the answer to the file ANSWER. Its output is
the case's.
"""

from __future__ import annotations

import contextlib
import gc
import inspect
import os
import socket
import sys
from pathlib import Path
from typing import Any

import msgspec

from holdfast.errors import UsageError
from holdfast.measure.loop_lag_call import REF
from holdfast.measure.proc_read import PAGE, read_status
from holdfast.model import codec
from holdfast.model.evidence import CaseError, Evidence
from holdfast.process.reference import find, lane_of
from holdfast.registry import load_place

__all__ = ["CallAnswer", "CallRequest", "LagRequest", "main"]

# Loaded by name: a call means here what it means in a worker.
WORKER = "holdfast.execute.sync_host:SyncHost"
NOT_PREPARED = "holdfast.execute.outcome:not_prepared"
CALL = "holdfast.execute.wire:Call"
# Sets the high-water mark back to what is resident now: man 5 proc_pid_clear_refs.
RESET_PEAK = "5"


class LagRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How the lag of the call's event loop is measured: see `LoopLag`."""

    period_s: float
    threshold_s: float


class CallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is called, and with `lag`, on a loop whose lag is measured."""

    ref: str
    kwargs: dict[str, Any]
    seed: int
    root: str
    lag: LagRequest | None = None


class CallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the call left, and what was resident before and after it; None where nothing tells.

    `peak_bytes` is the kernel's high-water mark of the call alone.
    """

    evidence: Evidence
    before_bytes: int | None = None
    after_bytes: int | None = None
    peak_bytes: int | None = None


def main() -> None:
    """Carry out one request."""
    answer = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
    os.set_inheritable(answer, False)
    request = codec.decode(sys.stdin.buffer.read(), CallRequest)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    data = memoryview(codec.encode(carry_out(request)))
    while data:
        data = data[os.write(answer, data) :]
    for stream in (sys.stdout, sys.stderr):
        # The code under test may have closed it.
        with contextlib.suppress(ValueError, OSError):
            stream.flush()
    # The user's threads and exit handlers must not keep a finished case alive.
    os._exit(0)


def carry_out(request: CallRequest) -> CallAnswer:
    """Call the function and read the memory around it."""
    if request.root:
        sys.path.insert(0, request.root)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker = load_place(WORKER)(ours)
        try:
            # Before anything is measured: what is imported is no growth of the call.
            ref, kwargs = _called(request)
        except UsageError as error:
            failure = CaseError(kind="setup", message=str(error))
            return CallAnswer(evidence=Evidence(has_value=False, error=failure))
        except BaseException as error:  # noqa: BLE001 - whatever an import raises is evidence
            return CallAnswer(evidence=load_place(NOT_PREPARED)(error))
        gc.collect()
        before, is_reset = _resident(), _reset_peak()
        call = load_place(CALL)(1, ref, kwargs, request.seed)
        evidence = worker.call(call)
        peak = _peak() if is_reset else None
        gc.collect()
        return CallAnswer(
            evidence=evidence, before_bytes=before, after_bytes=_resident(), peak_bytes=peak
        )


def _called(request: CallRequest) -> tuple[str, dict[str, Any]]:
    """Return which function to call, and with what.

    Raises:
        Exception: whatever its import raises.
        UsageError: the lag of a loop is asked for, and the function has none.
        TypeError: it takes other arguments.
    """
    function = find(request.ref)
    if request.lag is None:
        return request.ref, request.kwargs
    if lane_of(function) == "sync":
        raise UsageError(
            f"loop_lag must have a coroutine function, got {request.ref!r}",
            hint="a function that starts a loop itself can use holdfast.measure.LoopLag inside",
        )
    # Told here, for the one that is called in its place takes any.
    inspect.signature(function).bind(**request.kwargs)
    given = {"ref": request.ref, "kwargs": request.kwargs}
    return REF, {**given, **msgspec.structs.asdict(request.lag)}


def _resident() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * PAGE
    except OSError:
        return None


def _reset_peak() -> bool:
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def _peak() -> int | None:
    found = read_status(Path("/proc/self/status").read_bytes(), b"VmHWM:")
    return None if found is None else found * 1024
