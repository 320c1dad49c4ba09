"""The child that calls a target again and again and counts what stays: `python -m holdfast.measure.leak_child`.

Reads a request as JSON from its standard input and answers with one line of JSON on its
standard output; what the target itself writes goes to standard error.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import importlib
import os
import pickle
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import psutil

from holdfast.measure.leak_count import Counted, LeakRequest, count
from holdfast.measure.leak_sites import Sites, find_sites
from holdfast.process.reference import find, lane_of

try:
    import resource
except ImportError:  # Windows
    resource = None

__all__ = ["NATIVE", "Answer", "main", "runner_of"]

NATIVE = "holdfast.measure.leak_native"
Runner = Callable[[LeakRequest, Callable[[int], Awaitable[None]], bool], Awaitable[Any]]


class Answer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the child says: what it counted, the sites, or the exception that ended it."""

    counted: Counted | None = None
    sites: Sites | None = None
    error: str = ""
    error_type: str = ""
    trace: str = ""
    calls: int = 0
    is_set_up: bool = True


class _Calls:
    """Calls the target and knows how often."""

    def __init__(self, function: Callable[[], Any], *, is_async: bool) -> None:
        self.done = 0
        self.is_async = is_async
        self._function = function

    async def __call__(self, times: int) -> None:
        function = self._function
        if self.is_async:
            for _ in range(times):
                await function()
                self.done += 1
        else:
            for _ in range(times):
                function()
                self.done += 1


def main() -> int:
    """Carry out the request of the standard input."""
    answers = os.dup(1)
    os.dup2(2, 1)
    os.set_inheritable(answers, False)
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=LeakRequest)
    _make_room()
    with os.fdopen(answers, "wb", buffering=0) as file:
        file.write(msgspec.json.encode(_answer(request)) + b"\n")
    _end_children()
    return 0


def _make_room() -> None:
    """Let a target that leaks file descriptors be counted to the end."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _end_children() -> None:
    """Leave nothing running that the target started."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def _answer(request: LeakRequest) -> Answer:
    tempfile.tempdir = os.environ["TMPDIR"] = request.folder
    if request.root:
        sys.path.insert(0, request.root)
    calls: _Calls | None = None
    try:
        calls = _calls_of(request)
        found = asyncio.run(_run(runner_of(request.phase)(request, calls, calls.is_async)))
    except BaseException as error:  # noqa: BLE001 - whatever the target raises is the answer
        return Answer(
            error=str(error),
            error_type=type(error).__qualname__,
            trace="".join(traceback.format_exception(error)),
            calls=calls.done if calls else 0,
            is_set_up=calls is not None,
        )
    return Answer(counted=found) if request.phase == "count" else Answer(sites=found)


def runner_of(phase: str) -> Runner:
    """Return what carries out a phase; memray is there with its extra only."""
    if phase != "native":
        return count if phase == "count" else find_sites
    try:
        runner: Runner = importlib.import_module(NATIVE).find_native
    except ImportError as error:
        return functools.partial(_without, why=str(error))
    return runner


async def _without(
    request: LeakRequest,
    call: Callable[[int], Awaitable[None]],
    is_async: bool,  # noqa: FBT001 - one protocol for all phases
    *,
    why: str,
) -> Sites:
    del request, call, is_async
    return Sites(missing=why)


async def _run(work: Awaitable[Any]) -> Any:
    try:
        return await work
    finally:
        # Tasks that the target left behind are what was counted; nobody waits for what they say.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _calls_of(request: LeakRequest) -> _Calls:
    if request.pickled:
        function = pickle.loads(base64.b64decode(request.pickled))  # noqa: S301 - of whoever asked for the check, from his own process
    else:
        function = find(request.ref)
    is_async = lane_of(function) == "async"
    if request.kwargs:
        function = functools.partial(function, **request.kwargs)
    return _Calls(function, is_async=is_async)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Threads and children that the target left behind must not hold the process.
    os._exit(code)
