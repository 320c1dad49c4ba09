"""What runs in the processes that carry out Python code? This program.

    python -c "... main()" LANE FD ROOT

A host of lane `async` runs many calls at once on an event loop, one of lane `sync`
one call after another in its main thread. Both end when holdfast is gone.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import sys
from typing import Any

from holdfast.execute.async_host import AsyncHost
from holdfast.execute.capture import pass_through
from holdfast.execute.sync_host import SyncHost

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Serve one connection until it closes."""
    lane, fd, root = arguments
    # The faulthandler writes to the log pipe even while a C function holds the interpreter.
    faulthandler.enable(file=2)
    # SIGUSR2 rather than SIGUSR1: fewer programs use it for themselves.
    faulthandler.register(signal.SIGUSR2, file=2, all_threads=True, chain=False)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as the process lives
    sys.path.insert(0, root)
    sock = socket.socket(fileno=int(fd))
    # A program that user code starts must not hold it.
    sock.set_inheritable(False)
    pass_through()
    host: Any = AsyncHost(sock) if lane == "async" else SyncHost(sock)
    host.serve()
    # The user's threads and exit handlers must not keep a finished host alive.
    os._exit(0)
