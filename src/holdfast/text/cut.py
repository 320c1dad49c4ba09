"""What is kept of output that may never end? Its head, its tail, and how much was cut."""

from __future__ import annotations

__all__ = ["HeadTail"]


class HeadTail:
    """An append-only buffer of bytes that keeps the first and the last of them.

    It holds at most `head_bytes` plus twice `tail_bytes`, however much is appended.

    >>> buffer = HeadTail(head_bytes=2, tail_bytes=2)
    >>> buffer.append(b"abcdef")
    >>> buffer.head, buffer.tail, buffer.cut_bytes
    (b'ab', b'ef', 2)
    """

    __slots__ = ("_head", "_head_bytes", "_tail", "_tail_bytes", "_total")

    def __init__(self, head_bytes: int = 1_000_000, tail_bytes: int = 1_000_000) -> None:
        for name, size in (("head_bytes", head_bytes), ("tail_bytes", tail_bytes)):
            if size < 0:
                raise ValueError(f"{name} must not be negative, got {size!r}")
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes = head_bytes
        self._tail_bytes = tail_bytes
        self._total = 0

    @property
    def total_bytes(self) -> int:
        """How many bytes were appended."""
        return self._total

    @property
    def cut_bytes(self) -> int:
        """How many bytes between head and tail are gone."""
        return max(0, self._total - len(self._head) - self._tail_bytes)

    @property
    def head(self) -> bytes:
        """The first bytes."""
        return bytes(self._head)

    @property
    def tail(self) -> bytes:
        """The last bytes that are not in the head."""
        return bytes(self._tail[max(0, len(self._tail) - self._tail_bytes) :])

    def append(self, chunk: bytes) -> None:
        """Add `chunk` at the end, in amortised constant time per byte."""
        self._total += len(chunk)
        room = self._head_bytes - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if len(chunk) > self._tail_bytes:
            chunk = chunk[len(chunk) - self._tail_bytes :]
        self._tail += chunk
        # Shrinking only at twice the size moves each byte at most once.
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: len(self._tail) - self._tail_bytes]

    def text(self) -> str:
        """Decode what is kept as UTF-8, with a line between head and tail where it was cut."""
        if not self.cut_bytes:
            return (self._head + self._tail[max(0, len(self._tail) - self._tail_bytes) :]).decode(
                "utf-8", "replace"
            )
        head = self._head.decode("utf-8", "replace")
        tail = self.tail.decode("utf-8", "replace")
        return f"{head}\n[... {self.cut_bytes:,} bytes cut ...]\n{tail}"
