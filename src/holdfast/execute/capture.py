"""Which attempt wrote this line?

A worker runs one call at a time, so whatever arrives on its pipes belongs to that
call. A host runs many: there the streams ask the context of the writer.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

__all__ = ["CURRENT", "attribute", "pass_through"]

# The number of the call that runs in this context, 0 for none.
CURRENT: ContextVar[int] = ContextVar("holdfast_call", default=0)

Emit = Callable[[int, int, bytes], None]


class _Bytes(io.RawIOBase):
    """The `buffer` of an attributed stream."""

    def __init__(self, fd: int, emit: Emit) -> None:
        super().__init__()
        self._fd = fd
        self._raw = io.FileIO(fd, "w", closefd=False)
        self._emit = emit

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any, /) -> int:
        n = CURRENT.get()
        chunk = bytes(data)
        if n:
            self._emit(n, self._fd, chunk)
        else:
            self._raw.write(chunk)
        return len(chunk)

    def close(self) -> None:
        """Stay open: the stream belongs to the process, not to the code that runs in it."""


class _Text(io.TextIOBase):
    """An attributed text stream."""

    encoding = "utf-8"  # type: ignore[assignment]
    errors = "backslashreplace"  # type: ignore[assignment]

    def __init__(self, fd: int, emit: Emit) -> None:
        super().__init__()
        self._fd = fd
        self.buffer = _Bytes(fd, emit)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.buffer.write(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def close(self) -> None:
        """Stay open: the stream belongs to the process, not to the code that runs in it."""


def attribute(emit: Emit) -> None:
    """Hand what is written to the standard streams to `emit(call, fd, data)`."""
    sys.stdout = _Text(1, emit)
    sys.stderr = _Text(2, emit)


def pass_through() -> None:
    """Write to the standard streams at once, so that nothing is lost in a buffer when the process dies."""
    for fd, name in ((1, "stdout"), (2, "stderr")):
        raw = io.FileIO(fd, "w", closefd=False)
        setattr(sys, name, io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True))  # type: ignore[arg-type]
