"""Does set-up say what is missing instead of breaking half-way?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.make_venv import has_module, is_usable, main, problem_of


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 14), (4, 0)])
def test_a_supported_python_has_no_problem(version: tuple[int, int]) -> None:
    assert problem_of(version, has_ensurepip=True) is None


def test_an_old_python_is_told_its_version_and_the_cure() -> None:
    message = problem_of((3, 10), has_ensurepip=True)
    assert message is not None
    what, hint = message.splitlines()
    assert what == f"holdfast: python must be 3.11 or newer, got 3.10 ({sys.executable})"
    assert hint.startswith("hint: make PYTHON=")


def test_a_python_without_ensurepip_is_told_the_package() -> None:
    message = problem_of((3, 11), has_ensurepip=False)
    assert message is not None
    assert "apt-get install python3-venv" in message


def test_a_module_is_there_or_not() -> None:
    assert has_module("json")
    assert not has_module("no_such_module_anywhere")


def test_an_environment_is_usable_when_its_python_starts_and_has_pip(tmp_path: Path) -> None:
    assert is_usable(sys.executable)
    assert not is_usable(str(tmp_path / "python"))
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert not is_usable(str(broken))


def test_a_usable_environment_is_kept(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    assert main(str(tmp_path)) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
