"""Is the state of the code told where git knows it, and nothing claimed where it does not?"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest

from holdfast.assembly import environment
from holdfast.assembly.environment import GitState, describe_environment

CLEAN = "# branch.oid 1234abcd\n# branch.head main\n"


class Git:
    """Stands in for the git command."""

    started: ClassVar[list[Git]] = []
    text: str = CLEAN
    is_slow = False

    def __init__(self, command: list[str], **options: Any) -> None:
        assert command[0] == "git"
        self.folder = options["cwd"]
        self.was_killed = False
        Git.started.append(self)

    def kill(self) -> None:
        self.was_killed = True

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        if self.is_slow and timeout is not None:
            raise subprocess.TimeoutExpired("git", timeout)
        return self.text, None


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(Git, "started", [])
    monkeypatch.setattr(environment.subprocess, "Popen", Git)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (CLEAN, ("1234abcd", False)),
        (f"{CLEAN}1 .M N... 100644 100644 100644 a b file.py\n", ("1234abcd", True)),
        ("# branch.oid (initial)\n", ("", False)),
        ("", ("", False)),
    ],
)
def test_commit_and_changes_are_told(
    repository: Path, monkeypatch: pytest.MonkeyPatch, text: str, answer: tuple[str, bool]
) -> None:
    monkeypatch.setattr(Git, "text", text)
    assert GitState(repository).answer() == answer


def test_a_folder_inside_of_a_repository_is_of_it_and_git_is_asked_once(repository: Path) -> None:
    state = GitState(repository / "src")
    assert state.answer() == ("1234abcd", False)
    assert state.answer() == ("", False)
    assert len(Git.started) == 1


def test_without_a_repository_or_git_the_state_is_not_known(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_git(*_: Any, **__: Any) -> None:
        raise FileNotFoundError("git")

    assert GitState(Path("/")).answer() == ("", False)
    monkeypatch.setattr(environment.subprocess, "Popen", no_git)
    assert GitState(repository).answer() == ("", False)


def test_a_git_that_takes_too_long_is_ended(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Git, "is_slow", True)
    assert GitState(repository).answer() == ("", False)
    assert Git.started[0].was_killed


def test_a_question_that_nobody_wants_answered_is_ended_once(repository: Path) -> None:
    state = GitState(repository)
    state.close()
    assert Git.started[0].was_killed
    state.close()
    assert state.answer() == ("", False)


def test_the_environment_has_what_a_report_promises(tmp_path: Path) -> None:
    facts = describe_environment(tmp_path)
    promised = {"platform", "python", "cpu_count", "memory_bytes", "disk_free_bytes"}
    assert promised <= set(facts)
    assert all(facts[name] for name in promised)
    assert facts["cpu_usable"] >= 1
