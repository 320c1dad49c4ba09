"""Does the run over all Pythons tell a version that is missing from one that passed?"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tools.compat import find_python, main


def install(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_a_python_is_found_when_it_starts(folder: Path) -> None:
    install(folder, "python3.12", f'exec {shlex.quote(sys.executable)} "$@"')
    install(folder, "python3.13", "exit 127")
    assert find_python("3.12") == str(folder / "python3.12")
    assert find_python("3.13") is None
    assert find_python("3.14") is None


def test_each_version_is_told_and_missing_ones_do_not_fail(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(folder, "python3.12", "exit 0")
    make = install(folder, "make", "exit 0")
    assert main(str(make)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "python 3.11: not installed: not tested",
        "python 3.12: passed",
        "python 3.13: not installed: not tested",
        "python 3.14: not installed: not tested",
    ]


def test_a_failure_on_one_version_fails_the_run(folder: Path) -> None:
    install(folder, "python3.12", "exit 0")
    install(folder, "python3.13", "exit 0")
    make = install(folder, "make", 'case "$*" in *3.13*) exit 2;; esac')
    assert main(str(make)) == 1


def test_no_python_at_all_is_no_pass(folder: Path) -> None:
    assert main(str(install(folder, "make", "exit 0"))) == 1
