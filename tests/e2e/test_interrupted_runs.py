import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.project import LIMIT_S, Project, command, statuses

# A case that says when it runs, and ends when it is told to; both without waiting for time.
HELD = "echo ready > ready; read word < go; test $word = pass"


@pytest.fixture
def held(project: Project) -> Project:
    """Give a project whose case `held` waits, between one that ran before and one that comes after."""
    os.mkfifo(project.folder / "ready")
    os.mkfifo(project.folder / "go")
    project.suite(
        "s",
        [
            command("before", "echo before >> ran"),
            command("held", HELD, after=["before"]),
            command("after", "echo after >> ran", after=["held"]),
            command("aside", "echo aside >> ran", uses={"machine": 1}, after=["held"]),
        ],
    )
    return project


def wait_for(path: Path) -> str:
    """Return what is written into a pipe; waits until someone opens it."""
    return path.read_text()


def read_until(process: subprocess.Popen[str], word: str) -> str:
    """Return what a command writes up to a word."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if word in line:
            return text
    raise AssertionError(f"{word!r} was never written: {text}")


def release(project: Project, word: str = "pass") -> None:
    (project.folder / "go").write_text(f"{word}\n")


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    return process.communicate(timeout=LIMIT_S)


def test_the_first_interrupt_keeps_what_runs_and_resume_does_the_rest(held: Project) -> None:
    with held.running("run", "s.json", "--verbose") as process:
        assert wait_for(held.folder / "ready") == "ready\n"
        # What is shown is durable, and so is what started before it was shown.
        read_until(process, "s/before")
        during = held.quick("show", "last")
        process.send_signal(signal.SIGINT)
        read_until(process, "stopping")
        release(held)
        out, err = finish(process)
    after = held.quick("show", "last")
    resumed, report = held.run("s.json", "--resume", "last")
    ran = (held.folder / "ran").read_text().split()
    again = held.quick("run", "s.json", "--resume", "last")
    seeded = held.quick("run", "s.json", "--resume", "last", "--seed", "1")

    assert process.returncode == 130
    assert "INTERRUPTED" in out
    assert err == ""
    # show, while the run goes on
    assert "running (1)\n  s/held for " in during.out
    assert "workers\n  loop: s/held" in during.out
    assert "pending (2)\n  s/a" in during.out
    assert "finished (1)\n  passed    s/before" in during.out
    assert "RUNNING  1 of 4 cases are finished after " in during.out
    assert "RUNNING" not in after.out
    assert "s/held" in after.out
    # what was finished is not run again
    assert resumed.code == 0
    assert report["counts"]["passed"] == 4
    assert sorted(ran) == ["after", "aside", "before"]
    # a finished run runs nothing and answers with its exit code
    assert again.code == 0
    assert (held.folder / "ran").read_text().split() == ran
    assert seeded.code == 2
    assert "a run keeps its seed" in seeded.err
    assert held.left_running() == []


def test_the_second_interrupt_stops_at_once(held: Project) -> None:
    with held.running("run", "s.json") as process:
        wait_for(held.folder / "ready")
        process.send_signal(signal.SIGINT)
        read_until(process, "stopping")
        process.send_signal(signal.SIGINT)
        out, err = finish(process)

    report, resumed = _resume(held)
    assert process.returncode == 130
    assert "INTERRUPTED" in out
    assert err == ""
    assert resumed == 0
    assert statuses(report) == dict.fromkeys(("before", "held", "after", "aside"), "passed")
    assert held.left_running() == []


def test_what_a_killed_run_had_shown_is_kept_and_the_rest_runs_on_resume(
    held: Project, wait_until_gone: Callable[[Project], None]
) -> None:
    with held.running("run", "s.json", "--verbose") as process:
        wait_for(held.folder / "ready")
        read_until(process, "s/before")
        process.kill()
        process.wait(timeout=LIMIT_S)
    wait_until_gone(held)
    shown = held.quick("show", "last")
    judged = held.quick("judge", "last")
    gate = held.quick("gate", "last")
    report, code = _resume(held)

    assert "lost, will run again on resume (1)\n  s/held" in shown.out
    assert "INCOMPLETE" in shown.out
    assert judged.code == 2
    assert "has not finished" in judged.err
    assert gate.code == 3
    assert code == 0
    assert report["counts"]["passed"] == 4
    assert (held.folder / "ran").read_text().split().count("before") == 1


def test_resume_without_any_run_starts_a_new_one_and_says_so(project: Project) -> None:
    project.suite("s", [command("a")])

    first, report = project.quick_run("s.json", "--resume", "last")
    other = project.quick("run", "s.json", "--resume", "last~3")

    assert first.code == 0
    assert "there was no run to go on with; this is a new one" in first.out
    assert report["counts"]["passed"] == 1
    assert other.code == 2


def test_a_signal_before_anything_runs_leaves_nothing(project: Project) -> None:
    os.mkfifo(project.folder / "imported")
    project.write(
        "slow.py", "open('imported', 'w').close()\nimport threading\nthreading.Event().wait()\n"
    )

    with project.running("run", "slow.py") as process:
        wait_for(project.folder / "imported")
        process.send_signal(signal.SIGINT)
        out, err = finish(process)

    assert process.returncode == 130
    assert (out, err) == ("", "holdfast: interrupted\n")
    assert project.left_running() == []


def _resume(project: Project) -> tuple[dict[str, object], int]:
    """Go on with the last run, whose held case is let go."""
    words = ("run", "s.json", "--resume", "last", "--report", "json", "-o", "out")
    with project.running(*words) as process:
        wait_for(project.folder / "ready")
        release(project)
        finish(process)
    report = (project.folder / "out" / "report.json").read_text()
    return json.loads(report), process.returncode
