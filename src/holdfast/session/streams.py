"""Where does what the code writes go? To descriptors 1 and 2, put back before each turn."""

from __future__ import annotations

import fcntl
import io
import os
import sys

__all__ = ["Streams"]

# Above what a program of the code expects to be free.
LOWEST = 50


class Streams:
    """The standard streams of an interpreter's process; input is empty."""

    def __init__(self) -> None:
        self._kept = {fd: fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, LOWEST) for fd in (0, 1, 2)}
        self._own: dict[str, io.TextIOWrapper] = {}
        self.restore()

    def restore(self) -> None:
        """Undo what the turn before has closed, replaced or sent elsewhere."""
        for fd, kept in self._kept.items():
            os.dup2(kept, fd)
        sys.stdin = sys.__stdin__ = _reader()
        # At once, so that nothing is lost in a buffer when the process dies.
        for fd, name in ((1, "stdout"), (2, "stderr")):
            if name not in self._own or self._own[name].closed:
                self._own[name] = _writer(fd)
            setattr(sys, name, self._own[name])
            setattr(sys, f"__{name}__", self._own[name])

    def flush(self) -> list[str]:
        """Write what the code has put into buffers of its own making; say what could not be written."""
        notes: list[str] = []
        for name, own in self._own.items():
            stream = getattr(sys, name, None)
            if stream is own or stream is None:
                continue
            try:
                stream.flush()
            except Exception as error:  # noqa: BLE001 - what stands there is the code's, and may raise anything
                notes.append(f"sys.{name} could not be flushed: {type(error).__name__}")
        return notes


def _reader() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.FileIO(0, closefd=False), "utf-8", "replace")  # type: ignore[arg-type]


def _writer(fd: int) -> io.TextIOWrapper:
    raw = io.FileIO(fd, "w", closefd=False)
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)  # type: ignore[arg-type]
