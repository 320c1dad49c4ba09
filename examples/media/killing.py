"""What becomes of a collection when its organiser is killed, again and again?"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import msgspec

from examples.media.index import INDEX, Index
from examples.media.profiles import Profile

__all__ = ["Kill", "kill_and_resume", "started"]

ROOT = Path(__file__).parents[2]
POLL_S = 0.0005
LIMIT_S = 120.0


class Kill(msgspec.Struct, frozen=True, kw_only=True):
    """One kill: so many files were planned and not known to be moved, `moved` of them were."""

    planned: int
    moved: int

    @property
    def is_within(self) -> bool:
        """Whether it was within a batch: files were in their places that no index told of."""
        return self.moved > 0


def kill_and_resume(
    inbox: Path, library: Path, profile: Profile, *, files: int, kills: int, seed: int
) -> list[Kill]:
    """Organise an inbox by a program that is killed with SIGKILL, then left to end.

    The moments are drawn by the seed; what is there to see then is up to the machine. It is
    killed until that was within a batch so many times, or there is nothing left to do.

    Raises:
        RuntimeError: the program ended with an error.
    """
    # Near the end the program may be done before it is seen to be at work.
    points = sorted(random.Random(seed).sample(range(1, max(files * 3 // 4, kills + 1)), kills))
    done: list[Kill] = []
    for point in points:
        while kill := _kill_at(point, inbox, library, profile):
            done.append(kill)
            if kill.is_within:
                break
    with started(inbox, library, profile) as process:
        _, error = process.communicate(timeout=LIMIT_S)
        if process.returncode:
            raise RuntimeError(f"the organiser must end well, got {process.returncode}: {error}")
    return done


@contextlib.contextmanager
def started(inbox: Path, library: Path, profile: Profile) -> Generator[subprocess.Popen[str]]:
    """Start the organiser as a program; it is ended on every way out."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    sizes = ["--workers", str(profile.workers), "--batch-size", str(profile.batch_size)]
    with subprocess.Popen(
        [sys.executable, "-m", "examples.media", str(inbox), str(library), *sizes],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _kill_at(point: int, inbox: Path, library: Path, profile: Profile) -> Kill | None:
    """Start the program and kill it when so many files were planned; None where it ended before."""
    # What is open from the kill before is no work of this one.
    already, _ = _progress(library / INDEX)
    with started(inbox, library, profile) as process:
        if not _wait_for(library, max(point, already + 1), process):
            return None
        process.send_signal(signal.SIGKILL)
        process.wait()
    return _look(inbox, library)


def _wait_for(library: Path, point: int, process: subprocess.Popen[str]) -> bool:
    """Wait until so many files were planned and some of them are open; say whether that came."""
    end = time.monotonic() + LIMIT_S
    while process.poll() is None and time.monotonic() < end:
        planned, is_open = _progress(library / INDEX)
        if planned >= point and is_open:
            return True
        time.sleep(POLL_S)
    return False


def _progress(index: Path) -> tuple[int, bool]:
    """Return how many files were ever planned, and whether any is open now."""
    if not index.exists():
        return 0, False
    query = "SELECT ifnull(max(id), 0), EXISTS (SELECT 1 FROM file WHERE is_moved = 0) FROM file"
    with contextlib.closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True)) as database:
        try:
            planned, is_open = database.execute(query).fetchone()
        except sqlite3.OperationalError:
            # Its tables are not there yet, or it is just being made.
            return 0, False
    return int(planned), bool(is_open)


def _look(inbox: Path, library: Path) -> Kill:
    with Index(library) as index:
        rows = index.open_rows(str(inbox.resolve()))
    moved = sum((library / row.target).exists() for row in rows)
    return Kill(planned=len(rows), moved=moved)
