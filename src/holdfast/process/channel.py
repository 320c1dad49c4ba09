"""How do two processes exchange batches of messages? A 4-byte big-endian length, then msgpack."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

__all__ = ["BlockingChannel", "Channel"]

T = TypeVar("T")

READ_BYTES = 262_144
# So many messages leave at once, the rest at the end of the loop's turn: the other end works on the
# first ones while this end still writes the others. Fewer cost more wake-ups than they win.
SEND_AT = 16


class Frames(Generic[T]):
    """Cuts a stream of bytes into batches of decoded messages."""

    def __init__(self, message_type: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[list[T]] = msgspec.msgpack.Decoder(
            list[message_type]
        )
        self._buffer = bytearray()
        # One for all reads: a new one of this size each time costs more than the read (25 us).
        self._room = memoryview(bytearray(READ_BYTES))

    def read(self, sock: socket.socket) -> memoryview:
        """Return what has arrived, until the next read; it is empty when the other end is gone."""
        return self._room[: sock.recv_into(self._room)]

    def feed(self, data: bytes | memoryview) -> list[T]:
        """Return every message that is complete now."""
        buffer = self._buffer
        if not buffer and int.from_bytes(data[:4], "big") == len(data) - 4:
            # One whole batch, as nearly always.
            return self._decoder.decode(data[4:])
        buffer += data
        messages: list[T] = []
        start = 0
        while len(buffer) - start >= 4:
            size = int.from_bytes(buffer[start : start + 4], "big")
            end = start + 4 + size
            if len(buffer) < end:
                break
            with memoryview(buffer) as view:
                messages.extend(self._decoder.decode(view[start + 4 : end]))
            start = end
        if start:
            del buffer[:start]
        return messages


def pack(encoder: msgspec.msgpack.Encoder, messages: list[Any]) -> bytes:
    """Encode one batch with its length before it."""
    body = encoder.encode(messages)
    return len(body).to_bytes(4, "big") + body


def join(encoded: list[bytes]) -> bytes:
    """Make one batch of messages that are encoded already: a msgpack array (0xdd) of them."""
    size = 5 + sum(map(len, encoded))
    head = size.to_bytes(4, "big") + b"\xdd" + len(encoded).to_bytes(4, "big")
    return b"".join([head, *encoded])


class Channel(Generic[T]):
    """The end of a connection that lives on an event loop.

    Messages sent within one turn of the loop leave in few batches. `on_messages`
    gets each batch that arrived, `on_close` is called once, when the other end is
    gone; what was sent to it after that is dropped.
    """

    def __init__(
        self,
        sock: socket.socket,
        message_type: Any,
        *,
        on_messages: Callable[[list[T]], None],
        on_close: Callable[[], None],
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._fd = sock.fileno()
        self._frames: Frames[T] = Frames(message_type)
        self._encoder = msgspec.msgpack.Encoder()
        self._on_messages = on_messages
        self._on_close = on_close
        self._outbox: list[bytes] = []
        self._unsent = bytearray()
        self._is_open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    def send(self, message: Any) -> None:
        """Send a message at the end of this turn of the loop.

        Raises:
            TypeError, ValueError, OverflowError, RecursionError: it holds what msgpack cannot say.
        """
        encoded = self._encoder.encode(message)
        outbox = self._outbox
        outbox.append(encoded)
        if len(outbox) == 1:
            self._loop.call_soon(self.flush)
        elif len(outbox) >= SEND_AT:
            self.flush()

    def send_now(self, message: Any) -> None:
        """Send a message, and those that wait before it, without waiting for the end of the turn.

        Raises:
            TypeError, ValueError, OverflowError, RecursionError: it holds what msgpack cannot say.
        """
        self._outbox.append(self._encoder.encode(message))
        self.flush()

    def flush(self) -> None:
        """Send what is waiting now."""
        if not self._outbox:
            return
        messages, self._outbox = self._outbox, []
        if not self._is_open:
            return
        data = join(messages)
        if self._unsent:
            self._unsent += data
            return
        sent = self._write(data)
        if sent < len(data) and self._is_open:
            self._unsent += data[sent:]
            self._loop.add_writer(self._fd, self._writable)

    def close(self) -> None:
        """Stop reading and close the connection; `on_close` is not called for this."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._sock.close()

    def _write(self, data: bytes | bytearray) -> int:
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._lost()
            return 0

    def _writable(self) -> None:
        sent = self._write(self._unsent)
        del self._unsent[:sent]
        if not self._unsent and self._is_open:
            self._loop.remove_writer(self._fd)

    def _readable(self) -> None:
        try:
            data = self._frames.read(self._sock)
        except BlockingIOError:
            return
        except OSError:
            self._lost()
            return
        self._take(data)

    def end(self) -> None:
        """Hand over what the other end sent before it died, then close; `on_close` is called.

        Its death alone does not close the connection: a process that it forked may hold it.
        """
        while self._is_open:
            try:
                data = self._frames.read(self._sock)
            except OSError:
                self._lost()
                return
            self._take(data)

    def _take(self, data: memoryview) -> None:
        if not data:
            self._lost()
            return
        try:
            messages = self._frames.feed(data)
        except msgspec.DecodeError:
            # Someone else wrote to the connection; what follows cannot be told apart either.
            self._lost()
            return
        if messages:
            self._on_messages(messages)

    def _lost(self) -> None:
        if self._is_open:
            self.close()
            self._on_close()


class BlockingChannel(Generic[T]):
    """The end of a connection in a process that does one thing at a time."""

    def __init__(self, sock: socket.socket, message_type: Any) -> None:
        sock.setblocking(True)
        self._sock = sock
        self._frames: Frames[T] = Frames(message_type)
        self._encoder = msgspec.msgpack.Encoder()

    def send(self, messages: list[Any]) -> None:
        """Send one batch."""
        self._sock.sendall(pack(self._encoder, messages))

    def receive(self) -> list[T]:
        """Wait for the next messages; an empty list says that the other end is gone."""
        while True:
            data = self._frames.read(self._sock)
            if not data:
                return []
            messages = self._frames.feed(data)
            if messages:
                return messages
