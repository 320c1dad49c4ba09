"""What may a test leave behind? Nothing: no thread, process, file descriptor or temp file.

A loop that was left open shows as its file descriptors, and `asyncio.run` ends
the tasks of a closed one; that is how tasks are covered.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from holdfast.process.limits import usable_cores

# Tests that run beside others have no time of their own: no example is too slow.
settings.register_profile("beside", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("beside")

# A thread or child that is on its way out gets this long; what is clean waits for nothing.
GRACE_S = 5.0
# The reaper kills what a dead run left within 3 s (docs/architecture.md, "The reaper"), on a
# machine that has the time for it.
ORPHAN_GRACE_S = 10.0
# More would wait for the disk, and for each other's children.
MOST_WORKERS = 4
MARK = "HOLDFAST_TEST_SESSION"
UNMEASURED = frozenset({"crash", "docs", "examples", "zoo"})
# A confined child may not write what was measured, and the measuring shows in what it touches.
CONFINED = "test_capab"
# What tells a child that it belongs to a worker of ours: a pytest that a test starts does not.
OURS = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID")
HAS_PROC = os.path.isdir("/proc/self/task")
DESCRIPTORS = "/proc/self/fd" if HAS_PROC else "/dev/fd"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` shares the tests among: one per usable core."""
    return min(usable_cores(), MOST_WORKERS)


def pytest_configure(config: pytest.Config) -> None:
    """Let a process that has a part of the tests fork as the only one does, without a warning.

    It has one thread more, which waits for the next test to run, and since Python 3.12 any
    thread makes a fork worth a warning.
    """
    if hasattr(config, "workerinput") and sys.version_info >= (3, 12):
        config.addinivalue_line(
            "filterwarnings", "ignore:This process .* is multi-threaded:DeprecationWarning"
        )


class Traces(NamedTuple):
    """What exists now that a test could have made."""

    threads: frozenset[threading.Thread]
    children: frozenset[str]
    descriptors: frozenset[str]
    files: frozenset[str]


def list_children() -> frozenset[str]:
    """Return the ids of this process's children; nothing where the kernel does not tell."""
    found: set[str] = set()
    for thread in os.listdir("/proc/self/task") if HAS_PROC else ():
        try:
            with open(f"/proc/self/task/{thread}/children", "rb", buffering=0) as file:
                found.update(file.read().decode().split())
        except FileNotFoundError:  # the thread has just ended
            continue
    return frozenset(found)


def list_descriptors() -> frozenset[str]:
    """Return `number target` of every open descriptor but the one that lists them."""
    found: set[str] = set()
    for number in os.listdir(DESCRIPTORS):
        try:
            found.add(f"{number} {os.readlink(f'{DESCRIPTORS}/{number}')}")
        except OSError:  # the descriptor of the listing itself, or no link here
            continue
    return frozenset(found)


def take_traces(folder: str) -> Traces:
    """Record what exists now."""
    return Traces(
        frozenset(threading.enumerate()),
        list_children(),
        list_descriptors(),
        frozenset(os.listdir(folder)),
    )


def wait_until_clean(list_left: Callable[[], list[str]], grace_s: float) -> list[str]:
    """Return what is left; look again until nothing is or the grace is over."""
    left = list_left()
    end = time.monotonic() + grace_s
    while left and time.monotonic() < end:
        gc.collect()
        time.sleep(0.02)
        left = list_left()
    return left


def left_since(before: Traces, folder: str) -> list[str]:
    """Describe what exists now and did not before."""
    now = take_traces(folder)
    return [
        *(f"thread {thread.name}" for thread in now.threads - before.threads),
        *(f"process {describe_process(pid)}" for pid in now.children - before.children),
        *(f"file descriptor {name}" for name in now.descriptors - before.descriptors),
        *(f"temp file {name}" for name in now.files - before.files),
    ]


def describe_process(pid: str) -> str:
    """Return the id and the command line."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return pid
    return f"{pid} {command.replace(bytes(1), b' ').decode(errors='replace')[:200]}".strip()


def list_orphans(mark: str) -> list[str]:
    """List the living processes that carry the mark in their environment, wherever they hang."""
    needle = f"{MARK}={mark}".encode()
    found: list[str] = []
    for pid in os.listdir("/proc") if HAS_PROC else ():
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:  # ended meanwhile, or not ours to read
            continue
        if needle in environment.split(bytes(1)):
            found.append(f"process {describe_process(pid)}")
    return found


@pytest.fixture(scope="session")
def session_tmp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the session a temp folder of its own, so that what is left in it can be seen.

    Children inherit it, and a mark by which they are found after their parent has died.
    """
    tmp_path_factory.getbasetemp()  # tmp_path stays where it is
    folder = tempfile.mkdtemp(prefix="holdfast-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setenv(MARK, folder)
        patch.setattr(tempfile, "tempdir", folder)
        for name in OURS:
            patch.delenv(name, raising=False)
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True, scope="module")
def starts_children_unmeasured(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave the children of some folders unmeasured: measuring adds 0.2 s to the start of each.

    Those of tests/crash are hundreds, and the killed write no data; those of the
    example and of the pages run what tests/e2e runs, for much longer.
    """
    with pytest.MonkeyPatch.context() as patch:
        folders = UNMEASURED.intersection(request.path.parent.parts)
        if folders or request.path.name.startswith(CONFINED):
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


@pytest.fixture(autouse=True, scope="module")
def leaves_no_orphan(session_tmp: str) -> Iterator[None]:
    """Fail the last test of a module if a process outlived its parent.

    Per module, not per test: it looks at every process of the machine. Services
    of session scope are not orphans, they are there before the module starts.
    """
    before = set(list_orphans(session_tmp))
    yield
    left = wait_until_clean(
        lambda: [name for name in list_orphans(session_tmp) if name not in before],
        ORPHAN_GRACE_S,
    )
    if left:
        pytest.fail(f"a test of this module must leave nothing running, got {sorted(left)[:5]}")


@pytest.fixture(autouse=True)
def leaves_nothing_behind(session_tmp: str) -> Iterator[None]:
    """Fail a test that leaves a thread, a child, a file descriptor or a temp file behind."""
    before = take_traces(session_tmp)
    yield
    left = wait_until_clean(lambda: left_since(before, session_tmp), GRACE_S)
    if left:
        pytest.fail(f"a test must leave nothing behind, got {sorted(left)[:5]}")
