"""Is the machine as fast as before? A fixed job on one core and on all, between any two cells."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from benchmarks.measure import ROOT, python

__all__ = ["Reading", "Reference", "reference"]

# About 15 ms: long enough to feel another process, short enough to be run a thousand times.
ROUNDS = 150_000


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How long the job took on one core, and on all of them at once."""

    one_s: float
    all_s: float

    def slower_than(self, best: Reading) -> float:
        """Return the worse of the two slow-downs; 1 is none."""
        return max(self.one_s / best.one_s, self.all_s / best.all_s)


class Reference:
    """Workers that wait, started before the first cell, so that no start is measured."""

    def __init__(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        self._workers = workers

    def read(self) -> Reading:
        """Run the job on one core, then on all."""
        return Reading(one_s=_time(self._workers[:1]), all_s=_time(self._workers))


@contextmanager
def reference(cores: int) -> Generator[Reference]:
    """Start the workers, and end them afterwards."""
    with ExitStack() as stack:
        yield Reference([stack.enter_context(_start()) for _ in range(cores)])


def _start() -> subprocess.Popen[bytes]:
    """Start a worker that ends when its input does."""
    command = python("-m", "benchmarks.parallel.reference")
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )


def _time(workers: Sequence[subprocess.Popen[bytes]]) -> float:
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"\n")
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    return time.perf_counter() - began


def _work() -> None:
    for _ in sys.stdin.buffer:
        x = 1
        for _ in range(ROUNDS):
            x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        print(x, flush=True)


if __name__ == "__main__":
    _work()
