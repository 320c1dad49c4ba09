"""What carries out one Python case that is observed or confined? This program, in a process of its own.

    python -c "...main()" ANSWER

It reads the request from standard input and writes the answer to the file ANSWER,
which it opens before it is confined. Its output is the case's.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import msgspec

from holdfast.capabilities.audit import Watch
from holdfast.capabilities.child import prepare, report
from holdfast.capabilities.project import find_code
from holdfast.capabilities.violation import CannotEnforce, CapabilityViolation
from holdfast.clock import monotonic, seed_global
from holdfast.model import codec
from holdfast.model.evidence import CaseError, Evidence
from holdfast.process.page import close_page, open_page
from holdfast.process.reference import find

__all__ = ["CaseAnswer", "CaseRequest", "main"]

MAX_TRACEBACK = 20_000
OWN = str(Path(__file__).parent)


class CaseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is called, and what it may touch."""

    ref: str
    kwargs: dict[str, Any]
    seed: int
    root: str
    mode: str
    grants: tuple[tuple[str, str], ...]
    folder: str
    search: str


class CaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the call left and touched; `cannot` says why it was not made."""

    cannot: str = ""
    evidence: Evidence = Evidence(has_value=False)
    used: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()
    not_listed: int = 0


def main() -> None:
    """Carry out one request."""
    answer = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
    request = codec.decode(sys.stdin.buffer.read(), CaseRequest)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    _write(answer, _carry_out(request))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # The user's threads and exit handlers must not keep a finished case alive.
    os._exit(0)


def _carry_out(request: CaseRequest) -> CaseAnswer:
    place = request.ref.rpartition(":")[0]
    roots = [request.root, *([str(Path(place).parent)] if place.endswith(".py") else [])]
    # Code that the user put on the path is the case's own code too.
    roots += [root for root in os.environ.get("PYTHONPATH", "").split(os.pathsep) if root]
    try:
        watch = prepare(
            {
                "mode": request.mode,
                "grants": request.grants,
                "folder": request.folder,
                "search": request.search,
                "path": [request.root, *sys.path],
                "code": [file for root in roots for file in find_code(root)]
                if request.mode == "enforce"
                else [],
            }
        )
    except CannotEnforce as error:
        return CaseAnswer(cannot=str(error))
    evidence = _call(request, watch)
    found = report(watch)
    if request.mode == "enforce" and found["undeclared"] and not _is_violation(evidence.error):
        evidence = msgspec.structs.replace(evidence, error=_swallowed(found["undeclared"]))
    return msgspec.convert({**found, "evidence": evidence}, CaseAnswer)


def _call(request: CaseRequest, watch: Watch) -> Evidence:
    watch.is_loading = True
    try:
        function = find(request.ref)
    except BaseException as error:  # noqa: BLE001 - whatever an import raises is evidence
        return Evidence(has_value=False, error=_describe(error, kind="setup"))
    finally:
        watch.is_loading = False
    seed_global(request.seed)
    page = open_page(is_alone=True)
    return close_page(page, _carry(function, request))


def _carry(function: Any, request: CaseRequest) -> Evidence:
    start = monotonic()
    try:
        value = function(**request.kwargs)
        if inspect.isawaitable(value):
            value = asyncio.run(_await(value))
    except BaseException as error:  # noqa: BLE001 - whatever user code raises is evidence
        failure = _describe(error, kind="exception")
        return Evidence(has_value=False, error=failure, call_s=monotonic() - start)
    call_s = monotonic() - start
    encoded = codec.to_plain(value)
    return Evidence(value=encoded.plain, round_trips=encoded.is_exact, call_s=call_s)


async def _await(awaitable: Any) -> Any:
    return await awaitable


def _describe(error: BaseException, *, kind: Any) -> CaseError:
    """Return an exception as evidence; a violation contradicts what was declared, and fails the case."""
    is_violation = isinstance(error, CapabilityViolation)
    is_end = isinstance(error, (SystemExit, MemoryError))
    try:
        message = str(error)
    except Exception as failure:  # noqa: BLE001 - a __str__ that raises is a fact about the exception
        message = f"(its __str__ raised {type(failure).__name__})"
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return CaseError(
        kind="exception" if is_violation else "crash" if is_end else kind,
        type=type(error).__name__ if is_violation else name,
        message=message,
        traceback=_trace(error),
        is_assertion=is_violation or (isinstance(error, AssertionError) and kind == "exception"),
    )


def _trace(error: BaseException) -> str:
    """Show where the user's code was: neither what called it nor the hook that stopped it."""
    told = traceback.TracebackException.from_exception(error)
    kept = [frame for frame in told.stack if not frame.filename.startswith(OWN)]
    told.stack = traceback.StackSummary.from_list(kept)
    return "".join(told.format())[-MAX_TRACEBACK:]


def _is_violation(error: CaseError | None) -> bool:
    return error is not None and error.type == CapabilityViolation.__name__


def _swallowed(undeclared: list[str]) -> CaseError:
    names = ", ".join(undeclared[:5])
    message = f"{names} was stopped, and the code went on: it is not among the capabilities"
    return CaseError(
        kind="exception", type=CapabilityViolation.__name__, message=message, is_assertion=True
    )


def _write(target: int, answer: CaseAnswer) -> None:
    data = memoryview(codec.encode(answer))
    while data:
        data = data[os.write(target, data) :]
    os.close(target)
