"""Whom does the reaper find where there is no /proc, and what does it do with who is gone?"""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator

import pytest

from holdfast.process import reaper

# The largest number that a pid can be; Linux gives none above 2**22.
NOBODY = 2**31 - 1


def test_descendants_are_found_over_every_generation() -> None:
    parents = {5: 4, 4: 3, 3: 1, 2: 1, 6: 5, 9: 8}
    assert reaper.descendants(3, parents) == {4, 5, 6}
    assert reaper.descendants(7, parents) == set()


def test_parents_come_from_ps_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaper.os.path, "isdir", lambda path: False)
    monkeypatch.setattr(
        reaper.os, "popen", lambda command: io.StringIO("    1     0\n   12     1\n")
    )
    assert reaper.read_parents() == {1: 0, 12: 1}


def test_parents_come_from_proc() -> None:
    assert reaper.read_parents()[os.getpid()] == os.getppid()


def test_a_file_of_a_process_that_is_gone_is_empty() -> None:
    assert reaper.read_file(f"/proc/{NOBODY}/environ") == b""
    assert reaper.carriers(b"", {NOBODY: 1}) == {NOBODY}
    assert reaper.carriers(b"x", {NOBODY: 1}) == set()


def test_a_signal_to_nobody_is_no_error() -> None:
    assert reaper.send_signal(NOBODY, signal.SIGKILL) is None


def test_who_comes_up_while_the_others_are_stopped_is_killed_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(reaper, "send_signal", lambda pid, number: sent.append((pid, number)))
    seen: Iterator[set[int]] = iter([{1, 7}, {1, 7, 8}, {1, 7, 8}])
    assert reaper.kill_all(lambda: next(seen), {1}) == {7, 8}
    assert sent[:2] == [(7, signal.SIGSTOP), (8, signal.SIGSTOP)]
    assert set(sent[2:]) == {(7, signal.SIGKILL), (8, signal.SIGKILL)}


def test_orphans_are_asked_for_on_linux_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Library:
        def __init__(self, name: str | None) -> None:
            assert name is None

        def prctl(self, option: int, *rest: int) -> None:
            asked.append(option)

    monkeypatch.setattr(reaper.ctypes, "CDLL", Library)
    monkeypatch.setattr(reaper.sys, "platform", "darwin")
    reaper.become_subreaper()
    assert asked == []
    monkeypatch.setattr(reaper.sys, "platform", "linux")
    reaper.become_subreaper()
    assert asked == [reaper.PR_SET_CHILD_SUBREAPER]
