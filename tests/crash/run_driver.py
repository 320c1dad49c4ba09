"""What does a run look like that kills itself at its Nth event? `python run_driver.py N ARGUMENTS...`

Events: each call of the store, and each batch of messages from a host.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from holdfast.cli import workplace
from holdfast.cli.main import main
from holdfast.execute.pool import Pool

LIMIT = int(sys.argv[1])
WRITES = frozenset({
    "open_run", "open_segment", "start_attempt", "end_attempt", "end_case", "flush", "close_run",
})  # fmt: skip
count = 0


def event() -> None:
    global count  # noqa: PLW0603 - one program, one count
    count += 1
    if count == LIMIT:
        os.kill(os.getpid(), signal.SIGKILL)


class Counting:
    """A store whose writes are events."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in WRITES:
            return method

        def counted(*arguments: Any) -> Any:
            event()
            return method(*arguments)

        return counted


def counted_messages(pool: Pool, host: Any, messages: list[Any]) -> None:
    event()
    messages_of(pool, host, messages)


open_store, messages_of = workplace.open_store, Pool._messages
workplace.open_store = lambda *arguments, **options: Counting(open_store(*arguments, **options))  # type: ignore[assignment]
Pool._messages = counted_messages  # type: ignore[method-assign]

if __name__ == "__main__":
    sys.argv[1:] = sys.argv[2:]
    code = main()
    sys.stderr.write(f"events {count}\n")
    sys.exit(code)
