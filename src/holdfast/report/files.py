"""How does a file come to be whole or not there at all?"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

__all__ = ["written_whole"]

BUFFER_BYTES = 1 << 18


@contextlib.contextmanager
def written_whole(path: Path) -> Generator[BinaryIO]:
    """Open a file that takes the place of `path` once it is complete and on disk.

    Whatever goes wrong meanwhile leaves the old file, if any, and no other.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb", buffering=BUFFER_BYTES) as file:
            # mkstemp makes it private; a report is as readable as any new file.
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_directory(directory: Path) -> None:
    """Make the new name durable too."""
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
