"""Did the function fork, and did the child come back from it as well?"""

from __future__ import annotations

import contextlib
import os
import select
import threading

__all__ = ["Strays", "strays"]

# A child that the function forked on purpose may live on; its item waits this long to be sure.
PATIENCE_S = 1.0
EXIT = 70


class _Here(threading.local):
    """What one thread knows of the forks in the item that it runs."""

    def __init__(self) -> None:
        self.depth = 0
        self.read_fds: list[int] = []
        self.pair: tuple[int, int] | None = None


class Strays:
    """Watches forks by a pipe each: the child tells its position if it returns, else nothing."""

    def __init__(self) -> None:
        self.is_child = False
        self._here = _Here()
        self._write_fd = -1
        self._is_hooked = False

    def enter(self) -> int:
        """Begin a run of items; give its process's id."""
        if not self._is_hooked and hasattr(os, "register_at_fork"):
            self._is_hooked = True
            os.register_at_fork(
                before=self._before, after_in_parent=self._in_parent, after_in_child=self._in_child
            )
        self._here.depth += 1
        return os.getpid()

    def leave(self) -> list[int]:
        """End a run of items; give the positions at which a child came back."""
        here = self._here
        here.depth -= 1
        if not here.read_fds:
            return []
        fds, here.read_fds = here.read_fds, []
        return sorted({position for fd in fds for position in _read(fd)})

    def end_child(self, position: int) -> None:
        """End this process, which belongs to nobody, and tell why."""
        if self._write_fd >= 0:
            told = (position, os.getpid())
            os.write(self._write_fd, b"".join(each.to_bytes(8, "little") for each in told))
        os._exit(EXIT)

    def start_worker(self) -> None:
        """Forget the past: this process was forked on purpose."""
        self.is_child = False
        self._here.depth = 0
        for fd in self._here.read_fds:
            os.close(fd)
        self._here.read_fds = []
        if self._write_fd >= 0:
            os.close(self._write_fd)
        self._write_fd = -1

    def _before(self) -> None:
        self._here.pair = os.pipe() if self._here.depth else None

    def _in_parent(self) -> None:
        if self._here.pair is not None:
            read_fd, write_fd = self._here.pair
            os.close(write_fd)
            self._here.read_fds.append(read_fd)
            self._here.pair = None

    def _in_child(self) -> None:
        if self._here.pair is not None:
            read_fd, self._write_fd = self._here.pair
            os.close(read_fd)
            self._here.pair = None
            self.is_child = True


def _read(fd: int) -> list[int]:
    try:
        ready, _, _ = select.select([fd], [], [], PATIENCE_S)
        told = os.read(fd, 16) if ready else b""
    finally:
        os.close(fd)
    if len(told) != 16:
        return []
    with contextlib.suppress(ChildProcessError):  # the function has waited for it itself
        os.waitpid(int.from_bytes(told[8:], "little"), 0)
    return [int.from_bytes(told[:8], "little")]


strays = Strays()
