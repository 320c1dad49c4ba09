"""In which folder, and with which path, does a version run?"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path

import msgspec

__all__ = ["Place", "PlaceFailed", "placed", "revision_of"]

GIT_S = 120.0
INSTALL_S = 900.0


class PlaceFailed(Exception):
    """A version's surroundings cannot be made; the message says why."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a version runs: its current folder and its path.

    `is_whole_path` says that `path` replaces that of the interpreter; `root` is the folder
    from which the code must come, "" where any place will do.
    """

    folder: str
    path: tuple[str, ...]
    is_whole_path: bool
    root: str = ""


@contextlib.contextmanager
def placed(
    *, folder: str = "", revision: str = "", python: str = "", install: Sequence[str] = ()
) -> Generator[Place]:
    """Make a version's surroundings; what was made is removed at the end.

    Raises:
        PlaceFailed: there is no such revision, or something cannot be installed.
    """
    here = Path(folder or Path.cwd()).resolve()
    ours = [str(Path(each or ".").absolute()) for each in sys.path]
    with contextlib.ExitStack() as stack:
        path, root = ours, ""
        if revision:
            top = Path(_git(here, "rev-parse", "--show-toplevel"))
            tree = stack.enter_context(_worktree(top, revision))
            path = _moved(ours, top, tree)
            here, root = tree / here.relative_to(top), str(tree)
        if python:
            # Its own library and packages; of ours only what belongs to the project.
            path = [each for each in path if not _is_installed(each)]
        if install:
            target = stack.enter_context(_temp_folder())
            _install(python or sys.executable, install, target, here)
            path, root = [str(target), *path], ""
        yield Place(folder=str(here), path=tuple(path), is_whole_path=not python, root=root)


def revision_of(folder: Path) -> str:
    """Return the commit of a folder, with a `+` where files that git knows have changes; "" without one."""
    if not any((each / ".git").exists() for each in (folder, *folder.resolve().parents)):
        return ""
    try:
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except PlaceFailed:
        # No git on this machine, or nothing committed yet: the commit is not known.
        return ""
    return f"{commit}{'+' if changed else ''}"


def _moved(path: Sequence[str], top: Path, tree: Path) -> list[str]:
    """Lead the folders of a repository to the same folders of its worktree."""
    found: list[str] = []
    for each in path:
        folder = Path(each)
        if not folder.is_relative_to(top) or _is_installed(each):
            found.append(each)
        else:
            found.append(str(tree / folder.relative_to(top)))
    # Nothing of the repository is on our path: then its root, or `src`, as build tools see it.
    for own in (tree / "src", tree):
        if own.is_dir() and str(own) not in found:
            found.append(str(own))
    return found


def _is_installed(folder: str) -> bool:
    """Tell whether a folder of the path belongs to the interpreter, not to the project."""
    path = Path(folder)
    return (
        any(
            path.is_relative_to(prefix) for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix}
        )
        or "site-packages" in path.parts
    )


@contextlib.contextmanager
def _worktree(top: Path, revision: str) -> Generator[Path]:
    try:
        commit = _git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except PlaceFailed:
        raise PlaceFailed(f"there is no revision {revision!r} in {top}") from None
    with _temp_folder() as folder:
        tree = folder / top.name
        # What a killed comparison left behind is forgotten here.
        _git(top, "worktree", "prune")
        _git(top, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git(top, "worktree", "remove", "--force", str(tree))


@contextlib.contextmanager
def _temp_folder() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="holdfast-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _git(folder: Path, *arguments: str) -> str:
    return _run(["git", "-C", str(folder), *arguments], folder, GIT_S)


def _install(python: str, arguments: Sequence[str], target: Path, folder: Path) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*command, "--target", str(target), *arguments], folder, INSTALL_S)


def _run(command: Sequence[str], folder: Path, limit_s: float) -> str:
    """Run a command to its end and return what it printed."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = [line for line in str(error.stderr).split("\n") if line.strip()]
        raise PlaceFailed(
            f"{' '.join(command[:4])} must succeed, got exit code {error.returncode}"
            + (f": {said[-1].strip()}" if said else "")
        ) from error
    except subprocess.TimeoutExpired:
        raise PlaceFailed(f"{' '.join(command[:4])} did not end within {limit_s:g} s") from None
    except OSError as error:
        raise PlaceFailed(f"{command[0]} cannot be started: {error}") from error
    return done.stdout.strip()
