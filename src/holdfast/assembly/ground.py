"""On what do results of Python code stand, besides the case itself? Files, and what is installed."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

__all__ = ["describe_ground"]

# A tree with more sources than this takes longer to look at than reuse would save.
MAX_FILES = 20_000
LEFT_OUT = frozenset({"__pycache__", "node_modules"})


def describe_ground(root: Path, *, besides: str = "") -> str:
    """Return a digest of every file below `root` and of what is installed, "" where there are too many.

    Files count by path, size and time of change: any edit changes the digest, and
    so does a fresh checkout, which costs a run and no truth. All files count, since
    nobody knows which ones the code reads; `besides` is a folder that does not,
    where the run writes its reports.
    """
    digest = hashlib.blake2b(digest_size=16)
    facts = (sys.version, platform.platform(), sys.prefix, os.environ.get("PYTHONPATH", ""))
    digest.update("\0".join(facts).encode())
    for name in sorted(_installed()):
        digest.update(name.encode())
    left_out = str(Path(besides).resolve()) if besides else ""
    sources = sorted(_sources(root, left_out))
    if len(sources) > MAX_FILES:
        return ""
    for path, size, changed in sources:
        digest.update(f"{path}\0{size}\0{changed}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _installed() -> set[str]:
    """Return what the environment holds, by the names and times of its folders."""
    found: set[str] = set()
    for key in ("purelib", "platlib"):
        folder = sysconfig.get_paths()[key]
        if Path(folder).is_dir():
            found.update(f"{entry.name}:{entry.stat().st_mtime_ns}" for entry in os.scandir(folder))
    return found


def _sources(root: Path, left_out: str) -> Iterator[tuple[str, int, int]]:
    """Yield (path, size, time of change) of files; environments and hidden folders are left out."""
    folders = [str(root.resolve())]
    count = 0
    while folders and count <= MAX_FILES:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if _is_source_folder(entry) and entry.path != left_out:
                        folders.append(entry.path)
                elif entry.is_file():
                    count += 1
                    about = entry.stat()
                    yield entry.path, about.st_size, about.st_mtime_ns


def _is_source_folder(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name in LEFT_OUT:
        return False
    return not (Path(entry.path) / "pyvenv.cfg").exists()
