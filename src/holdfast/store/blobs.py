"""Where does evidence go that is too large for a row? Into files named by their content."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path

from holdfast.errors import StoreError

__all__ = ["MAX_ROW_BYTES", "Blobs"]

# DESIGN 6: above this a row makes every scan of its table slow.
MAX_ROW_BYTES = 64_000


class Blobs:
    """A folder of content-addressed files, `ab/cdef...`, beside the store.

    A file has its final name only when its content is durable; `sync` makes the
    names durable. A row that names a blob is committed after that.
    """

    def __init__(self, folder: Path, *, fsync: Callable[[int], None] = os.fsync) -> None:
        self._folder = folder
        self._fsync = fsync
        self._known: set[Path] = set()
        self._unsynced: set[Path] = set()

    def write(self, content: bytes) -> str:
        """Keep content and return its name; the same content is kept once."""
        name = hashlib.blake2b(content, digest_size=20).hexdigest()
        path = self._path(name)
        try:
            if path.parent not in self._known:
                # Also where the folder exists: who made it may have died before syncing its name.
                path.parent.mkdir(parents=True, exist_ok=True)
                self._known.add(path.parent)
                self._unsynced |= {self._folder.parent, self._folder}
            if not path.exists():
                self._write_durably(path, content)
        except OSError as error:
            raise _explain(error, path) from error
        self._unsynced.add(path.parent)
        return name

    def sync(self) -> None:
        """Make the names of all written blobs durable."""
        for folder in sorted(self._unsynced):
            try:
                self._sync_folder(folder)
            except OSError as error:
                raise _explain(error, folder) from error
            self._unsynced.discard(folder)

    def read(self, name: str) -> bytes:
        """Return the content of a blob.

        Raises:
            StoreError: the file is gone or its content is not what was written.
        """
        path = self._path(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _explain(error, path) from error
        if hashlib.blake2b(content, digest_size=20).hexdigest() != name:
            raise StoreError(
                f"the content of a blob must match its name, got other content ({path})",
                hint="the file was changed or the disk lost it: restore it from a copy of the store",
            )
        return content

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name[2:]

    def _write_durably(self, path: Path, content: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                self._fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _sync_folder(self, folder: Path) -> None:
        if os.name == "nt":  # pragma: no cover - folders cannot be opened there
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            self._fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(error: OSError, path: Path) -> StoreError:
    return StoreError(
        f"a blob of the store cannot be kept or read: {error.strerror or error} ({path})",
        hint="check that the disk has room, that you may write there, and that nothing was deleted",
    )
