"""Does a process that confines itself stay confined, with all that it starts? The component `confine`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.capabilities.kernel import machine
from holdfast.capabilities.worker import ROOT
from holdfast.registry import Registry
from tests.contract.capability_machine import CAN_CONFINE, needs_confinement

PROGRAM = f"""
import sys
sys.path.insert(0, {ROOT!r})
from holdfast.builtin import COMPONENTS
from holdfast.registry import Registry
from holdfast.capabilities import CannotEnforce
confine = Registry(COMPONENTS, entry_points=False).load("capability", "confine")
try:
    watch = confine(["read:data"])
except CannotEnforce as error:
    sys.exit(f"cannot: {{error.kind}}")
print(open("data/a.txt").read())
try:
    open("secret.txt")
except PermissionError:
    print("refused")
print(watch.undeclared)
import tomllib
print(tomllib.loads("a = 1"))
"""
THREADED = PROGRAM.replace(
    "try:\n    watch",
    "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\ntry:\n    watch",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return tmp_path


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_component_is_registered_by_its_name() -> None:
    assert Registry(COMPONENTS, entry_points=False).has("capability", "confine")


@needs_confinement
def test_a_process_confines_itself(folder: Path) -> None:
    done = run(PROGRAM, folder)
    assert done.stdout.splitlines() == [
        "hello",
        "refused",
        "{'read:secret.txt': None}",
        "{'a': 1}",
    ]
    assert done.stderr == ""


def test_a_process_with_threads_or_without_landlock_cannot(folder: Path) -> None:
    done = run(THREADED, folder)
    assert done.returncode == 1
    assert done.stderr.strip() in {"cannot: confinement", "cannot: read"}


@needs_confinement
def test_a_program_is_run_confined(folder: Path) -> None:
    command = [sys.executable, "-m", "holdfast.capabilities.exec", "--allow", "read:data", "--"]
    done = subprocess.run(
        [*command, "cat", "data/a.txt", "secret.txt"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ROOT, "PATH": "/usr/bin:/bin"},
        timeout=60,
    )
    assert done.stdout == "hello"
    assert done.returncode == 1
    assert "ermission denied" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--allow", "raed", "--", "true"], 125, "did you mean 'read'"),
        (["true"], 125, "a program must follow '--'"),
        (
            ["--allow", "read", "--allow", "write", "--allow", "net", "--", "nothing-of-this-name"],
            127,
            "no program",
        ),
        (["--allow", "write:nothing/here", "--", "true"], 125, "cannot be enforced"),
    ],
)
def test_what_cannot_be_run_confined_says_why(
    folder: Path, arguments: list[str], code: int, said: str
) -> None:
    if code == 127 and not CAN_CONFINE:
        pytest.skip("needs Landlock: `run` is restricted")
    done = subprocess.run(
        [sys.executable, "-m", "holdfast.capabilities.exec", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ROOT, "PATH": "/usr/bin:/bin"},
        timeout=60,
    )
    assert done.returncode == code
    assert said in done.stderr


WIPED = f"""
import os, sys
sys.path.insert(0, {ROOT!r})
from holdfast.capabilities.confinement import forget_variables
from holdfast.capabilities.kernel import texts_at
from holdfast.capabilities.scope import Scope
forget_variables(Scope([("env", "KEPT_OF_TEST")]))
begun = open("/proc/self/environ", "rb").read()
assert b"SECRET_OF_TEST=" + bytes(6) in begun and b"secret" not in begun
known = dict(text.split(b"=", 1) for _, text in texts_at("environ"))
assert known[b"KEPT_OF_TEST"] == b"kept" and b"SECRET_OF_TEST" not in known
assert "SECRET_OF_TEST" not in os.environ and os.environ["KEPT_OF_TEST"] == "kept"
"""


@pytest.mark.skipif(not machine(), reason="needs Linux on x86_64 or aarch64")
def test_a_variable_that_is_not_granted_is_gone_from_memory_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_TEST", "secret")
    monkeypatch.setenv("KEPT_OF_TEST", "kept")
    ended = run(WIPED, folder)
    assert (ended.returncode, ended.stderr) == (0, "")
