"""What did a service write, and has it written the line that says that it is ready?"""

from __future__ import annotations

import asyncio
from pathlib import Path

from holdfast.text.cut import HeadTail

__all__ = ["Log"]

# Enough for a traceback's end; the whole is in the file.
_LINES = 20
_LINE_CHARS = 300


class Log:
    """Both output streams of a service: in a file as a whole, in memory head and tail.

    `was_seen` is set once `text` was written.
    """

    def __init__(self, path: Path, *, text: str = "") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("wb", buffering=0)
        self._kept = HeadTail()
        self._text = text.encode()
        self._carry = b""
        self.was_seen = asyncio.Event()

    def append(self, chunk: bytes) -> None:
        """Keep what was written."""
        self._file.write(chunk)
        self._kept.append(chunk)
        if self._text and not self.was_seen.is_set():
            window = self._carry + chunk
            if self._text in window:
                self.was_seen.set()
            # The text may come in two pieces.
            self._carry = window[-(len(self._text) - 1) :] if len(self._text) > 1 else b""

    def says(self, text: str) -> bool:
        """Tell whether what is kept holds `text`, in any case."""
        return text.lower() in self._kept.text().lower()

    def last_lines(self, count: int = _LINES) -> str:
        """Return the last lines, each cut to a readable length."""
        lines = self._kept.text().rstrip().splitlines()[-count:]
        return "\n".join(
            line if len(line) <= _LINE_CHARS else f"{line[:_LINE_CHARS]}..." for line in lines
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()
