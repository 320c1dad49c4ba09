"""What does Ctrl-C do? The first finishes what runs and keeps it, the second stops at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

from holdfast.execute.runner import Runner

__all__ = ["stopped_by_signals"]


class _Stopper:
    """Counts the signals that came, also before there is a runner to tell."""

    def __init__(self, task: asyncio.Task[object] | None) -> None:
        self._task = task
        self._runner: Runner | None = None
        self._count = 0

    def announce(self, runner: Runner) -> None:
        """Stop this runner from now on."""
        self._runner = runner

    def stop(self) -> None:
        """A signal came."""
        self._count += 1
        if self._runner is None:
            # Nothing has started: there is nothing to keep.
            if self._task is not None:
                self._task.cancel()
        elif self._count == 1:
            self._runner.stop_granting("interrupt", "interrupted")
        else:
            self._runner.stop_now()


@contextmanager
def stopped_by_signals() -> Generator[Callable[[Runner], None]]:
    """Let SIGINT and SIGTERM stop the run of the current event loop."""
    loop = asyncio.get_running_loop()
    stopper = _Stopper(asyncio.current_task())
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stopper.stop)
    try:
        yield stopper.announce
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
