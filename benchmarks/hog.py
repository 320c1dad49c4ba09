"""What keeps a CPU busy meanwhile? A process of its own, ended on every way out."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator

from benchmarks.measure import python

__all__ = ["hog"]

HOG = "while True: pass"


@contextlib.contextmanager
def hog() -> Iterator[None]:
    """Keep a CPU busy meanwhile."""
    with subprocess.Popen(python("-c", HOG), start_new_session=True) as busy:
        try:
            yield
        finally:
            busy.send_signal(signal.SIGKILL)
