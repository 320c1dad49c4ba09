"""Does the monitor see what processes use, from /proc and from psutil alike?"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import UsageError
from holdfast.measure import Monitor, proc_psutil, proc_read
from holdfast.measure.monitor import MonitorLost
from holdfast.measure.monitor_program import Program
from holdfast.measure.monitor_values import Seen, read_seen

READERS = [
    pytest.param(proc_read.Watched, id="proc"),
    pytest.param(proc_psutil.Watched, id="psutil"),
]
# Says that it is there, and ends with its standard input.
WAITS = "import sys; print(flush=True); sys.stdin.read()"
STARTS = (
    "import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()']);"
    "print(flush=True); c.wait(); print(flush=True); sys.stdin.read()"
)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    yield from running(WAITS)


def running(code: str) -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


class Run:
    """The program in a thread, so that a test can be a step ahead of it."""

    def __init__(self, path: Path, watch: Any, *, proc: str = "/proc", hz: float = 200) -> None:
        self.path = path
        source, self._tell = os.pipe()
        self._program = Program(hz, watch, proc=proc)
        self._ends = (source, os.open(path, os.O_WRONLY | os.O_CREAT))
        self._thread = threading.Thread(target=lambda: self._program.run(*self._ends))
        self._thread.start()

    def tell(self, line: str) -> None:
        os.write(self._tell, f"{line}\n".encode())

    def seen(self) -> Seen:
        return read_seen(self.path.read_bytes(), 200)

    def until(self, is_so: Any) -> Seen:
        for _ in itertools.count():
            seen = self.seen()
            if is_so(seen):
                return seen
            assert self._thread.is_alive()
        raise AssertionError

    def end(self) -> Seen:
        os.close(self._tell)
        self._thread.join()
        for fd in self._ends:
            os.close(fd)
        return self.seen()


def test_memory_that_this_process_takes_is_seen() -> None:
    with Monitor(hz=100) as monitor:
        before = monitor.seen.peak_bytes
        data = b"x" * 80_000_000
        while monitor.samples[-1].rss_bytes < before + len(data) // 2:
            pass
    assert monitor.seen.peak_bytes > before + 60_000_000


def test_the_cost_and_the_rate_are_known_at_the_end(child: subprocess.Popen[bytes]) -> None:
    with Monitor(child.pid, hz=50) as monitor:
        assert monitor.cost is None
    assert monitor.cost is not None
    assert monitor.cost.start_s > 0
    assert 0 < monitor.rate <= 50


def test_a_monitor_does_not_watch_itself() -> None:
    with Monitor(hz=100) as monitor:
        while len(monitor.samples) < 5:
            pass
    assert [each.pid for each in monitor.seen.processes] == [os.getpid()]


def test_one_process_watches_all(child: subprocess.Popen[bytes]) -> None:
    with Monitor(hz=100) as monitor:
        monitor.watch(child.pid)
        while not any(each.pid == child.pid for each in monitor.samples[-1].readings):
            pass
        monitor.forget(child.pid)
        while any(each.pid == child.pid for each in monitor.samples[-1].readings):
            pass
    assert {each.pid for each in monitor.seen.processes} == {os.getpid(), child.pid}


@pytest.mark.parametrize("pid", [-1, 2**40, True, "1"])
def test_a_process_that_does_not_run_is_refused(pid: Any) -> None:
    with pytest.raises(UsageError, match="pid must be that of a process that runs, got"):
        Monitor(pid)


@pytest.mark.parametrize("hz", [0, -1, 1001, True, "10", float("nan")])
def test_a_rate_that_means_nothing_is_refused(hz: Any) -> None:
    with pytest.raises(UsageError, match=r"hz must be from 0\.1 to 1000"):
        Monitor(hz=hz)


def test_a_monitor_that_was_not_started_cannot_watch() -> None:
    with pytest.raises(MonitorLost):
        Monitor().watch(1)
    assert Monitor().stop().samples == ()


def test_a_monitor_that_was_killed_is_said_to_be_lost(child: subprocess.Popen[bytes]) -> None:
    with Monitor(child.pid, hz=100) as monitor:
        process = monitor._process
        assert process is not None
        process.kill()
        process.wait()
        with pytest.raises(MonitorLost, match="exit status -9"):
            monitor.watch(os.getpid())
    assert monitor.seen.cost is None


@pytest.mark.parametrize("watch", READERS)
def test_both_readers_tell_the_same(watch: Any, child: subprocess.Popen[bytes]) -> None:
    watched = watch(child.pid)
    found = watched.light()
    assert found is not None
    _, rss, threads, peak = found
    assert 0 < watched.uss() <= rss <= peak
    assert threads == 1
    assert watched.descriptors() >= 3
    assert watched.all_children() == []
    assert min(watched.disk()) >= 0
    assert min(watched.switches()) >= 0
    watched.close()


@pytest.mark.parametrize("watch", READERS)
def test_the_end_of_a_process_is_seen(
    watch: Any, child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    run = Run(tmp_path / "out", watch)
    run.tell(f"watch {child.pid}")
    run.until(lambda seen: len(seen.samples) > 2 and seen.samples[-1].readings)
    child.kill()
    run.until(lambda seen: seen.processes and seen.processes[0].ended)
    child.wait()
    assert run.end().samples[-1].readings == ()


@pytest.mark.parametrize("watch", READERS)
def test_children_are_watched_too(watch: Any, tmp_path: Path) -> None:
    for parent in running(STARTS):
        run = Run(tmp_path / "out", watch)
        run.tell(f"watch {parent.pid}")
        seen = run.until(lambda seen: len(seen.processes) == 2)
        assert seen.processes[1].parent == parent.pid
        assert parent.stdin is not None
        os.kill(seen.processes[1].pid, 9)
        parent.stdout.readline()  # type: ignore[union-attr]
        run.until(lambda seen: seen.processes[1].ended)
        assert run.end().processes[0].ended is None


@pytest.mark.parametrize("watch", READERS)
def test_a_process_that_is_not_there_has_ended(watch: Any, tmp_path: Path) -> None:
    run = Run(tmp_path / "out", watch)
    run.tell("watch 4194999")
    seen = run.until(lambda seen: seen.processes)
    assert seen.processes[0].ended is not None
    run.end()


def test_a_kernel_that_tells_less_is_named_aloud(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    (proc / "9" / "task" / "9").mkdir(parents=True)
    (proc / "9" / "stat").write_text("9 (x) S 1 7 7 0 -1 0 0 0 0 0 1 1 0 0 20 0 3 0 9 0 5 0")
    (proc / "9" / "status").write_text("Name: x\n")
    run = Run(tmp_path / "out", proc_read.Watched, proc=str(proc))
    run.tell("watch 9")
    run.until(lambda seen: seen.samples and seen.samples[-1].readings)
    missing = run.end().missing
    assert sorted(missing) == ["cgroup", "cpu pressure", "io pressure", "memory pressure", "peak"]
