"""Does the guard in conftest.py see what a test left behind?"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from tests.conftest import MARK, left_since, list_orphans, take_traces, wait_until_clean


def test_a_thread_that_still_runs_is_seen(tmp_path: Path) -> None:
    before = take_traces(str(tmp_path))
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="lingers")
    thread.start()
    left = left_since(before, str(tmp_path))
    end.set()
    thread.join()
    assert left == ["thread lingers"]
    assert left_since(before, str(tmp_path)) == []


READY = [sys.executable, "-c", "print(1, flush=True); input()"]


def start(**environment: str) -> subprocess.Popen[bytes]:
    """Start a child and wait for its first line: before that its exec may not be over."""
    child = subprocess.Popen(
        READY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


def test_a_child_that_still_runs_is_seen_with_its_command(tmp_path: Path) -> None:
    before = take_traces(str(tmp_path))
    with start() as child:
        left = [line for line in left_since(before, str(tmp_path)) if line.startswith("process")]
        child.communicate(b"\n")
    assert left == [f"process {child.pid} {' '.join(READY)}"]


def test_an_open_descriptor_and_a_temp_file_are_seen(tmp_path: Path) -> None:
    before = take_traces(str(tmp_path))
    descriptor = os.open(tmp_path / "left.txt", os.O_CREAT | os.O_RDWR)
    left = left_since(before, str(tmp_path))
    os.close(descriptor)
    assert left == [
        f"file descriptor {descriptor} {tmp_path / 'left.txt'}",
        "temp file left.txt",
    ]


def test_a_process_is_found_by_its_mark_wherever_it_hangs(tmp_path: Path) -> None:
    with start(**{MARK: str(tmp_path)}) as child:
        found = list_orphans(str(tmp_path))
        child.communicate(b"\n")
    assert [line.split()[1] for line in found] == [str(child.pid)]
    assert list_orphans(str(tmp_path)) == []


def test_what_ends_within_the_grace_is_clean() -> None:
    answers = [["thread a"], ["thread a"], []]
    assert wait_until_clean(lambda: answers.pop(0), 10) == []


def test_what_stays_is_told_when_the_grace_is_over() -> None:
    assert wait_until_clean(lambda: ["thread a"], 0) == ["thread a"]
