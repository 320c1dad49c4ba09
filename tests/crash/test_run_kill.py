"""Is a run that was killed at any moment, and gone on with, the run that was never killed?"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.registry import Registry
from holdfast.store.open import open_store
from tests.contract.executor_kit import carriers

DRIVER = Path(__file__).with_name("run_driver.py")

CODE = """
import asyncio, os

def fine(n):
    return n

async def later(n):
    await asyncio.sleep(0)
    return n

def wrong():
    assert False, "wrong"

async def crashes():
    os._exit(3)
"""

CASES = """
suite: s
cases:
  - {id: first, python: "acts:fine", with: {n: 1}, expect: [{equals: 1}]}
  - {id: second, python: "acts:later", with: {n: 2}, expect: [{equals: 2}], after: [first]}
  - {id: third, python: "acts:later", with: {n: 3}, expect: [{equals: 3}], after: [second]}
  - {id: retried, python: "acts:wrong", expect: [completes], retries: {times: 1}}
  - {id: hopeless, python: "acts:fine", with: {n: 1}, expect: [completes], after: [retried]}
  - {id: crash, python: "acts:crashes", expect: [completes]}
  - {id: unequal, python: "acts:later", with: {n: 1}, expect: [{equals: 2}]}
  - {id: unjudged, python: "acts:later", with: {n: 1}}
  - {id: absent, python: "acts:absent", expect: [completes]}
  - {id: left-out, python: "acts:fine", with: {n: 1}, expect: [completes], skip: not now}
  - {id: one, python: "acts:later", with: {n: 1}, expect: [{equals: 1}]}
  - {id: two, python: "acts:fine", with: {n: 2}, expect: [{equals: 2}]}
"""

SETTINGS = """
workers = 2
report = []
[suites.s]
cases = ["cases.yaml"]
"""


def make_project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "acts.py").write_text(CODE)
    (folder / "cases.yaml").write_text(CASES)
    (folder / "holdfast.toml").write_text(SETTINGS)
    return folder


def run(folder: Path, limit: int, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        str(DRIVER),
        str(limit),
        "run",
        "--verbose",
        "--no-progress",
        "--seed",
        "7",
        *words,
    ]
    # Output goes to files: a process that outlived the run would hold a pipe open, and hide.
    out, err = folder / "out.txt", folder / "err.txt"
    with out.open("w") as stdout, err.open("w") as stderr:
        done = subprocess.run(
            command, cwd=folder, stdout=stdout, stderr=stderr, timeout=60, check=False
        )
    return subprocess.CompletedProcess(command, done.returncode, out.read_text(), err.read_text())


def kept(folder: Path) -> dict[str, Any]:
    """What the store holds of the last run, without times."""
    store = open_store(
        "sqlite:///.holdfast/holdfast.db", registry=Registry(COMPONENTS), root=folder
    )
    try:
        row = store.run("last")
        results = {
            result.id: (
                result.status,
                result.skip_kind,
                [
                    (each.status, [(one.expectation, one.status) for one in each.findings])
                    for each in result.attempts
                    if each.counts
                ],
            )
            for _, result in store.results(row.id)
        }
        planned, recorded = store.count(row.id)
        return {
            "runs": len(store.runs()),
            "results": results,
            "books": (planned, recorded),
            "exit": row.exit_code,
            "verdict": row.verdict,
            "counts": row.counts,
        }
    finally:
        store.close()


def shown(output: str) -> set[str]:
    """The ids of the cases whose result was on the console."""
    names = (
        "first",
        "second",
        "third",
        "retried",
        "hopeless",
        "crash",
        "unequal",
        "unjudged",
        "absent",
        "left-out",
        "one",
        "two",
    )
    lines = output.splitlines()
    return {
        name
        for name in names
        if any(f"s/{name}" in line.split() or f"s/{name}:" in line.split() for line in lines)
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = make_project(tmp_path_factory.mktemp("whole") / "project")
    done = run(folder, 0)
    assert done.returncode == 1, done.stderr
    events = int(done.stderr.rpartition("events ")[2])
    return {**kept(folder), "events": events, "shown": shown(done.stdout)}


def test_an_undisturbed_run_shows_and_keeps_every_case(undisturbed: dict[str, Any]) -> None:
    assert undisturbed["books"] == (12, 12)
    assert len(undisturbed["shown"]) == 12
    statuses = {name: status for name, (status, _, _) in undisturbed["results"].items()}
    assert statuses == {
        "first": "passed", "second": "passed", "third": "passed", "one": "passed", "two": "passed",
        "retried": "failed", "hopeless": "skipped", "crash": "error", "unequal": "failed",
        "unjudged": "undecided", "absent": "error", "left-out": "skipped",
    }  # fmt: skip
    assert [status for status, _ in undisturbed["results"]["retried"][2]] == ["failed", "failed"]


def check(
    folder: Path, limit: int, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KILLED_PROJECT", str(folder))
    make_project(folder)
    killed = run(folder, limit)
    if killed.returncode != -signal.SIGKILL:
        # It had fewer events than the first one: which messages come together is not fixed.
        assert killed.returncode == 1
        assert limit > undisturbed["events"] // 2
        return
    seen = shown(killed.stdout)
    if (folder / ".holdfast" / "holdfast.db").exists() and seen:
        before = kept(folder)
        assert seen <= set(before["results"])
        assert before["exit"] is None
    assert nothing_left(folder)
    resumed = run(folder, 0, "--resume", "last")
    assert resumed.returncode == 1, resumed.stderr
    after = kept(folder)
    assert after["runs"] == 1
    for name in ("results", "books", "exit", "verdict", "counts"):
        assert after[name] == undisturbed[name], name
    assert nothing_left(folder)
    shutil.rmtree(folder)


def nothing_left(folder: Path) -> bool:
    """Wait until nothing runs on, at most for the three seconds that are promised."""
    pause = subprocess.Popen(["sleep", "3"], env={})
    try:
        while (left := carriers(f"KILLED_PROJECT={folder}")) and pause.poll() is None:
            pass
        return left == []
    finally:
        pause.kill()
        pause.wait()


REPRESENTATIVE = (2, 14, 33)


@pytest.mark.parametrize("limit", REPRESENTATIVE)
def test_a_run_killed_at_an_event_ends_as_if_it_had_not_been(
    limit: int, undisturbed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(tmp_path / "project", limit, undisturbed, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [n for n in range(1, 71) if n not in REPRESENTATIVE])
def test_a_run_killed_at_any_event_ends_as_if_it_had_not_been(
    limit: int, undisturbed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(tmp_path / "project", limit, undisturbed, monkeypatch)


def test_a_run_killed_twice_still_ends_as_if_it_had_not_been(
    undisturbed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    monkeypatch.setenv("KILLED_PROJECT", str(folder))
    make_project(folder)
    for limit in (20, 12, 12):
        assert run(folder, limit, "--resume", "last").returncode == -signal.SIGKILL
        assert nothing_left(folder)
    assert run(folder, 0, "--resume", "last").returncode == 1
    after = kept(folder)
    # A finished run has nothing left to do, and answers with its exit code.
    assert run(folder, 0, "--resume", "last").returncode == 1
    assert kept(folder) == after
    assert {**after, "events": 0, "shown": 0} == {**undisturbed, "events": 0, "shown": 0}
