"""What does a process take, from start to exit? Wall time, CPU time, peak memory, its children too.

Wall time is the parent's clock around start and wait. CPU time is what the kernel counted for the
process and all descendants that were waited for (`os.wait4`). Memory: the largest process is the
kernel's own peak; the process itself and the tree are read from /proc every 50 ms. The tree's is
the highest sum of resident sizes, in which pages that processes share count once for each.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from benchmarks.figure import Sample

__all__ = ["Completed", "NotMeasured", "python", "run"]

ROOT = Path(__file__).resolve().parent.parent
SAMPLED_EVERY_S = 0.05
# A run that takes longer hangs; the longest of the reported ones takes about a minute.
LIMIT_S = 900.0
# What may change how a measured program works. Everything is said on its command line.
LEFT_OUT = ("HOLDFAST_", "PYTEST_", "PYTHON", "COVERAGE")
# ru_maxrss is in KiB, on macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class NotMeasured(Exception):
    """The program did not do what was to be measured."""


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """A process that has ended, and what it printed to stdout and stderr."""

    exit_code: int
    output: str
    sample: Sample


def python(*argv: str) -> list[str]:
    """Return the command that runs this Python with the arguments."""
    return [sys.executable, *argv]


def run(
    argv: Sequence[str], *, cwd: Path, exit_code: int = 0, limit_s: float = LIMIT_S
) -> Completed:
    """Run a command to its end and measure it.

    Raises:
        NotMeasured: it took longer than `limit_s`, or ended with another exit code.
    """
    with tempfile.TemporaryFile(dir=cwd) as output:
        done, was_late = _run(argv, cwd=cwd, output=output, limit_s=limit_s)
    command = " ".join(argv[1:])
    if was_late:
        raise NotMeasured(f"`{command}` must end within {limit_s:g} s")
    if done.exit_code != exit_code:
        told = done.output.strip()[-2000:]
        raise NotMeasured(f"`{command}` must exit with {exit_code}, got {done.exit_code}:\n{told}")
    return done


def _run(
    argv: Sequence[str], *, cwd: Path, output: IO[bytes], limit_s: float
) -> tuple[Completed, bool]:
    start = time.perf_counter()
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with _Watch(process.pid, limit_s) as watch:
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
    # Popen must not wait for what has been waited for.
    process.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    sample = Sample(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        largest_bytes=_largest(usage.ru_maxrss),
        own_bytes=watch.own_bytes or None,
        tree_bytes=watch.tree_bytes or None,
    )
    text = output.read().decode(errors="replace")
    return Completed(exit_code=process.returncode, output=text, sample=sample), watch.is_late


def _largest(maxrss: int) -> int | None:
    """Return the peak of the largest process, or None where it may be the parent's own.

    Linux carries the parent's peak over an exec that follows a vfork, so a smaller child shows it.
    """
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return maxrss * RSS_UNIT if maxrss > mine else None


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    # No plug-ins: the rival is a bare pytest, however many are installed here.
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


class _Watch:
    """Reads the memory of a process and its tree while it runs, and ends it when it is late."""

    def __init__(self, pid: int, limit_s: float) -> None:
        self.own_bytes = 0
        self.tree_bytes = 0
        self.is_late = False
        self._pid = pid
        self._limit_s = limit_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if error is not None:
            _end(self._pid)
            os.waitpid(self._pid, 0)

    def _watch(self) -> None:
        end = time.monotonic() + self._limit_s
        while not self._ended.wait(SAMPLED_EVERY_S):
            self._sample()
            if time.monotonic() > end:
                self.is_late = True
                _end(self._pid)
                return

    def _sample(self) -> None:
        tree_bytes = sum(_memory(pid, "VmRSS") for pid in _tree(self._pid))
        self.own_bytes = max(self.own_bytes, _memory(self._pid, "VmHWM"))
        self.tree_bytes = max(self.tree_bytes, tree_bytes)


def _end(pid: int) -> None:
    """Kill the session's processes; the reaper ends those of a run that live in others."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        lists = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has ended, or there is no /proc
        return
    for child in " ".join(lists).split():
        yield from _tree(int(child))


def _memory(pid: int, key: str) -> int:
    """Return a field of /proc/PID/status in bytes; 0 for a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    return 0
