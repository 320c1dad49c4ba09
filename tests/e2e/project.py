"""What does an end-to-end test work with? A folder, the command line in a subprocess, its report."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from holdfast.cli.main import main

# Children inherit it, so that whatever a command left running is found.
MARK = "E2E_PROJECT"
LIMIT_S = 100


class Ended(NamedTuple):
    """A command that came to its end."""

    code: int
    out: str
    err: str


class Project:
    """A folder of a user of holdfast."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: Any) -> Path:
        """Write a file; what is no text is written as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def suite(self, name: str, cases: list[dict[str, Any]], **head: Any) -> None:
        """Write a case file named like its suite."""
        self.write(f"{name}.json", {"suite": name, **head, "cases": cases})

    def env(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a command: that of the tests, without settings of whoever runs them.

        Nor is it under CI because the tests are: what holdfast does there, a test asks for.
        """
        kept = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith("HOLDFAST_") or name == "HOLDFAST_TEST_SESSION"
        }
        kept.pop("CI", None)
        return {**kept, "NO_COLOR": "1", MARK: str(self.folder), **more}

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "holdfast", *words],
            cwd=self.folder,
            env=self.env(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextlib.contextmanager
    def running(self, *words: str, **env: str) -> Generator[subprocess.Popen[str]]:
        """Start a command; it is ended on every way out."""
        with self.start(*words, **env) as process:
            try:
                yield process
            finally:
                process.kill()

    def call(self, *words: str, **env: str) -> Ended:
        """Carry a command out."""
        with self.running(*words, **env) as process:
            out, err = process.communicate(timeout=LIMIT_S)
        return Ended(process.returncode, out, err)

    def quick(self, *words: str, **env: str) -> Ended:
        """Carry a command out in this process, which takes a fifth of the time."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, self.env(env), clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(words)
        return Ended(code, out.getvalue(), err.getvalue())

    def quick_run(self, *words: str, **env: str) -> tuple[Ended, dict[str, Any]]:
        """Carry `holdfast run` out in this process; return its report too."""
        return self._with_report(self.quick("run", *words, "--report", "json", "-o", "out", **env))

    def run(self, *words: str, **env: str) -> tuple[Ended, dict[str, Any]]:
        """Carry `holdfast run` out; return its report too."""
        return self._with_report(self.call("run", *words, "--report", "json", "-o", "out", **env))

    def _with_report(self, ended: Ended) -> tuple[Ended, dict[str, Any]]:
        path = self.folder / "out" / "report.json"
        if not path.exists():
            raise AssertionError(f"there is no report: exit {ended.code}\n{ended.out}\n{ended.err}")
        report = json.loads(path.read_text())
        path.unlink()
        return ended, report

    def left_running(self) -> list[str]:
        """List the processes that carry this project's mark."""
        needle = f"{MARK}={self.folder}".encode()
        found: list[str] = []
        for entry in Path("/proc").iterdir():
            try:
                if needle in (entry / "environ").read_bytes().split(bytes(1)):
                    found.append((entry / "cmdline").read_bytes().replace(bytes(1), b" ").decode())
            except OSError:  # no process, ended meanwhile, or not ours
                continue
        return found


def statuses(report: Mapping[str, Any]) -> dict[str, str]:
    """Return each case's status by its id."""
    return {each["id"]: each["status"] for each in report["results"]}


def result(report: Mapping[str, Any], case_id: str) -> dict[str, Any]:
    """Return one result."""
    found: dict[str, Any] = next(each for each in report["results"] if each["id"] == case_id)
    return found


def command(case_id: str, words: str | list[str] = "true", **more: Any) -> dict[str, Any]:
    """Return a case that runs a command."""
    return {"id": case_id, "command": words, "expect": [{"exit_code": 0}], **more}


def python(case_id: str, ref: str, **more: Any) -> dict[str, Any]:
    """Return a case that calls a Python function."""
    return {"id": case_id, "python": ref, "expect": ["completes"], **more}
