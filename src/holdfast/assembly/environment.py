"""On which machine and on which state of the code does a run take place?"""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from holdfast.process.limits import disk_free_bytes, memory_bytes, usable_cores

__all__ = ["GitState", "describe_environment"]

# A tree so large that git needs longer must not hold up the run: its state is then not known.
GIT_LIMIT_S = 5.0


def describe_environment(root: Path) -> dict[str, Any]:
    """Return the facts about this machine that a reader of a report may need."""
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "cpu_count": os.cpu_count() or 1,
        "cpu_usable": usable_cores(),
        "memory_bytes": memory_bytes(),
        "disk_free_bytes": disk_free_bytes(root),
        "host": platform.node(),
    }


class GitState:
    """Asks git for the commit and for changes, in the background."""

    def __init__(self, root: Path) -> None:
        self._process: subprocess.Popen[str] | None = None
        if not any((folder / ".git").exists() for folder in (root, *root.parents)):
            return
        command = ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
        try:
            self._process = subprocess.Popen(
                command,
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except OSError:
            # There is a repository, but no git on this machine: the commit stays unknown.
            self._process = None

    def close(self) -> None:
        """End the question, where nobody wants its answer any more."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def answer(self) -> tuple[str, bool]:
        """Return (commit, whether tracked files have changes); ("", False) where git has no answer."""
        if self._process is None:
            return "", False
        try:
            text, _ = self._process.communicate(timeout=GIT_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return "", False
        finally:
            self._process = None
        lines = text.splitlines()
        commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "")
        is_dirty = any(not line.startswith("#") for line in lines)
        return ("" if commit == "(initial)" else commit), is_dirty
