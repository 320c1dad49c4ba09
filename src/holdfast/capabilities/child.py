"""What runs in the process whose code is observed or confined? This program.

    python -c "...main()" OUT_FD

It reads frames from standard input and answers on its standard output: first what it
may touch, then calls. What the code prints goes to OUT_FD, or to standard error.
Requests come from the one who started it and are trusted; what it answers is read as data.
"""

from __future__ import annotations

import gc
import marshal
import os
import sys

from holdfast.capabilities.confinement import begin, confine
from holdfast.capabilities.scope import Scope
from holdfast.capabilities.software import Software
from holdfast.capabilities.violation import CannotEnforce, CapabilityViolation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from holdfast.capabilities.audit import Watch

__all__ = ["main", "prepare", "report"]

# {"ready": True} as a pickle: what pickles is not imported before a call needs it.
READY = b"\x80\x05}\x8c\x05ready\x88s."


def main() -> None:
    """Serve calls until standard input closes."""
    read, write = os.dup(0), os.dup(1)
    _redirect(int(sys.argv[1]))
    setup: Any = _receive(read)
    try:
        watch = prepare(setup)
    except CannotEnforce as error:
        _send(write, _dump({"cannot": (error.kind, error.missing, error.hint)}))
        return
    # The stand-ins of `worker.START`: code that imports holdfast gets the real one.
    del sys.modules["holdfast"], sys.modules["holdfast.capabilities"]
    try:
        _send(write, READY)
        while (request := _receive(read)) is not None:
            _send(write, _dump(_answer(watch, request)))
    except BrokenPipeError:
        # Whoever asked is gone.
        return


def prepare(setup: dict[str, Any]) -> Watch:
    """Confine this process as it is told, and begin to watch it.

    Raises:
        CannotEnforce: this machine cannot hold it to what is granted.
    """
    sys.path[:] = setup["path"]
    os.chdir(setup["folder"])
    scope = Scope(setup["grants"], folder=setup["folder"], search=setup["search"])
    if setup["mode"] == "enforce":
        watch = confine(scope, setup["code"])
    else:
        watch = begin(scope, Software(has_net=bool(scope.of_kind("net"))), refuses=False)
    # What watches lives as long as the process: no collection, the last one neither, looks at it.
    gc.freeze()
    # Compiled modules that the code's imports would leave are no use of its own.
    sys.dont_write_bytecode = True
    return watch


def report(watch: Watch) -> dict[str, Any]:
    """Return what was touched so far, as plain data."""
    watch.settle()
    return {
        "used": list(watch.used),
        "undeclared": list(watch.undeclared),
        "unused": watch.unused(),
        "blind": list(watch.blind),
        "not_listed": watch.not_listed,
    }


def _answer(watch: Watch, request: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    watch.recent.clear()
    try:
        watch.is_loading = True
        function, args, kwargs = __import__("_pickle").loads(request)
        watch.is_loading = False
        value = function(*args, **kwargs)
        answer["value"] = _dump(value)
    except BaseException as error:  # noqa: BLE001 - whatever the code raises is the answer
        answer["error"] = _describe(error)
    finally:
        watch.is_loading = False
    for stream in (sys.stdout, sys.stderr):
        # Code may have closed it, or put something else in its place.
        flush = getattr(stream, "flush", None)
        if flush is not None and not getattr(stream, "closed", False):
            flush()
    return {**answer, **report(watch), "recent": list(watch.recent)}


def _describe(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    facts: dict[str, Any] = {
        "type": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."),
        "capability": error.capability if isinstance(error, CapabilityViolation) else "",
    }
    try:
        facts["message"] = str(error)
    except Exception as failure:  # noqa: BLE001 - a __str__ that raises is a fact about the exception
        facts["message"] = f"(its __str__ raised {type(failure).__name__})"
    try:
        facts["pickle"] = _dump(error)
    except Exception:  # noqa: BLE001 - then its type and message must do
        facts["pickle"] = b""
    return facts


def _dump(value: Any) -> bytes:
    data: bytes = __import__("_pickle").dumps(value, 5)
    return data


def _redirect(out: int) -> None:
    """Keep our own pipes away from the code: it reads nothing, and prints where its caller does."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(out if out >= 0 else 2, 1)
    if out > 2:
        os.close(out)


def _receive(source: int) -> Any:
    """Return the next frame: a length of 8 bytes, then marshalled data; None at the end."""
    head = _read(source, 8)
    if len(head) < 8:
        return None
    return marshal.loads(_read(source, int.from_bytes(head, "big")))  # noqa: S302 - from our own parent


def _read(source: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = os.read(source, min(size - len(data), 1 << 20))
        if not chunk:
            break
        data += chunk
    return bytes(data)


def _send(target: int, body: bytes) -> None:
    """Answer with a pickle of plain data: its reader takes no other."""
    data = memoryview(len(body).to_bytes(8, "big") + body)
    while data:
        data = data[os.write(target, data) :]
