"""What does a worker process do? Runs chunks until it is told to stop or its parent is gone."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import select
import signal
import threading
from collections.abc import Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any, Protocol

import msgspec

from holdfast.parallel.calls import Rules, run_items
from holdfast.parallel.caught import catch
from holdfast.parallel.cells import IDLE, open_cells
from holdfast.parallel.host_read import WATCH
from holdfast.parallel.inner import limit_inner_threads
from holdfast.parallel.ship import lost_result, pack_values, unpicklable_reason
from holdfast.parallel.strays import strays

__all__ = ["STOP", "Closable", "forked_main", "spawned_main"]

STOP = b""
AGAIN = b"again"


class Closable(Protocol):
    """An end of a pipe."""

    def close(self) -> None:
        """Close it."""
        ...


class Place(msgspec.Struct, kw_only=True):
    """Where a worker stands: its pipe, and its own cell among all of them."""

    pipe: Connection
    cells: Any
    slot: int


def forked_main(
    pipe: Connection, func: Any, rules: Rules, *, job: dict[str, Any], ends: Sequence[Closable]
) -> None:
    """Run as a copy of the parent: the function and the input are here already."""
    # The parent's ends of other workers' pipes would keep those alive after its death.
    for end in ends:
        end.close()
    strays.start_worker()
    _begin(pipe, job["inner"])
    pipe.send_bytes(b"ready")
    place = Place(pipe=pipe, cells=job["cells"], slot=job["slot"])
    _serve(place, func, rules, job["items"])


def spawned_main(pipe: Connection, handle: Any, slot: int) -> None:
    """Run as a new interpreter: the first message holds the function."""
    cells = open_cells(handle)
    _begin(pipe, None)
    try:
        packed = pipe.recv_bytes()
    except EOFError:
        return
    try:
        func_bytes, rules, inner = pickle.loads(packed)  # noqa: S301 - from our parent
        func = pickle.loads(func_bytes)  # noqa: S301 - likewise
    except BaseException as error:  # noqa: BLE001 - the parent is told, whatever it is
        pipe.send_bytes(b"cannot load the function: " + f"{type(error).__name__}: {error}".encode())
        return
    limit_inner_threads(inner)
    pipe.send_bytes(b"ready")
    _serve(Place(pipe=pipe, cells=cells, slot=slot), func, rules, None)


def _begin(pipe: Connection, inner: int | None) -> None:
    # What the function forks may outlive this process, whose end is told by its pipe.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=pipe.close)
    # Ctrl-C goes to the whole group of processes; the parent alone decides what follows.
    # A handler, not SIG_IGN: commands that the function starts get the default again.
    signal.signal(signal.SIGINT, _ignore)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    watch = _watch if hasattr(select, "poll") else _watch_parent
    threading.Thread(target=watch, args=(pipe.fileno(),), name=WATCH, daemon=True).start()
    limit_inner_threads(inner)


def _ignore(*_: Any) -> None:
    """Leave Ctrl-C to the parent."""


def _watch(fd: int) -> None:
    """End this process when the parent's end of the pipe is closed, also within an item."""
    poll = select.poll()
    # No event is asked for: a hang-up is always told, data that waits is not.
    poll.register(fd, 0)
    poll.poll()
    os._exit(71)


def _watch_parent(_: int) -> None:
    """Do the same where there is no poll, by the parent's own handle."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(71)


def _serve(place: Place, func: Any, rules: Rules, items: Any) -> None:
    pipe, cells, slot = place.pipe, place.cells, place.slot
    values: list[Any] = []
    start = 0
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        if message == STOP:
            return
        if message == AGAIN:
            payload, caught = _pack_checked(values, start)
            _send(pipe, pickle.dumps((caught,)), payload)
            continue
        start, stop, packed = pickle.loads(message)  # noqa: S301 - from our parent
        try:
            given = items.between(start, stop) if packed is None else pickle.loads(packed)  # noqa: S301
        except BaseException as error:  # noqa: BLE001 - as above
            caught = [catch(at, error, ship=True) for at in range(start, stop)]
            _send(pipe, pickle.dumps((caught, 0.0)), pickle.dumps([None] * len(caught)))
            continue
        ran = run_items(func, given, start, rules, cells=cells, slot=slot)
        values = ran.values
        kept = list(values)
        payload, caught = pack_values(kept, start)
        _send(pipe, pickle.dumps(([*ran.caught, *caught], ran.busy_s)), payload)
        # Only now: a worker that dies while it packs or sends still names its last item.
        if cells is not None:
            cells[slot] = IDLE


def _send(pipe: Connection, head: bytes, payload: bytes) -> None:
    pipe.send_bytes(head)
    pipe.send_bytes(payload)


def _pack_checked(values: list[Any], start: int) -> tuple[bytes, list[Any]]:
    """Pack results of which one could not be loaded: that one becomes a failure."""
    caught: list[Any] = []
    kept = list(values)
    for offset, value in enumerate(values):
        reason = unpicklable_reason(value)
        if reason:
            kept[offset] = None
            caught.append(lost_result(start + offset, value, reason))
    return pickle.dumps(kept), caught
