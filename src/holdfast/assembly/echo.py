"""How does what cases print reach the console, without secrets? Line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TextIO

from holdfast.assembly.secrecy import Secrecy

__all__ = ["Echo"]

# A line that does not end is shown in pieces of this size.
MAX_LINE = 65_536


class Echo:
    """Writes whole lines to stderr, so that no secret is cut in two where a read ends."""

    def __init__(self, secrecy: Secrecy, stream: TextIO | None = None) -> None:
        self._secrecy = secrecy
        self._stream = stream
        self._begun: dict[str, bytearray] = {}

    def __call__(self, name: str) -> Callable[[bytes], None]:
        """Return what takes the output of one process."""
        return partial(self._take, self._begun.setdefault(name, bytearray()))

    def close(self) -> None:
        """Write the lines that never ended."""
        for begun in self._begun.values():
            if begun:
                self._write(bytes(begun))
        self._begun.clear()

    def _take(self, begun: bytearray, data: bytes) -> None:
        begun += data
        end = begun.rfind(b"\n") + 1
        if not end and len(begun) > MAX_LINE:
            end = len(begun)
        if end:
            self._write(bytes(begun[:end]))
            del begun[:end]

    def _write(self, data: bytes) -> None:
        stream = self._stream or sys.stderr
        text = self._secrecy.text(data.decode("utf-8", "replace"))
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
