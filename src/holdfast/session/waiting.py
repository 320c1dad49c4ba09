"""How does one and the same conversation wait, blocking a thread or awaited on any event loop?

A conversation is a generator: it yields what it waits for and is resumed when
that may have come. Two small drivers run it, so that no line of a session is
written twice.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import msgspec

__all__ = ["Steps", "Wait", "drive"]

T = TypeVar("T")


class Wait(msgspec.Struct, frozen=True):
    """Wait until a descriptor can be read, at most so long (None: for ever)."""

    fd: int
    seconds: float | None


Steps = Generator[Wait, None, T]


def drive(steps: Steps[T], halt: Callable[[], Steps[Any]]) -> T:
    """Run a conversation, blocking the thread; `halt` ends what runs when this is interrupted."""
    try:
        while True:
            try:
                wait = next(steps)
            except StopIteration as done:
                return done.value
            _block(wait)
    except BaseException:
        steps.close()
        for wait in halt():
            _block(wait)
        raise


def _block(wait: Wait) -> None:
    poll = select.poll()
    poll.register(wait.fd, select.POLLIN)
    poll.poll(None if wait.seconds is None else max(0.0, wait.seconds) * 1000)
