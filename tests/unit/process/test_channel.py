"""Do messages arrive whole and in order, also when the other end is slow, wrong or gone?"""

# ruff: noqa: ASYNC110 - a turn of the loop is what is waited for
from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from holdfast.process.channel import SEND_AT, BlockingChannel, Channel, pack


class Pair:
    """A channel, and the socket of its other end."""

    def __init__(self) -> None:
        mine, self.other = socket.socketpair()
        self.messages: list[Any] = []
        self.batches = 0
        self.closed = 0
        self.channel: Channel[Any] = Channel(
            mine, Any, on_messages=self.take, on_close=self.count_close
        )
        self.socket = mine

    def take(self, messages: list[Any]) -> None:
        self.batches += 1
        self.messages += messages

    def count_close(self) -> None:
        self.closed += 1

    def received(self) -> list[list[Any]]:
        """Return the batches that have arrived at the other end."""
        self.other.setblocking(False)
        data = bytearray()
        try:
            while piece := self.other.recv(1 << 20):
                data += piece
        except BlockingIOError:
            pass
        return batches(bytes(data))


def batches(data: bytes) -> list[list[Any]]:
    found: list[list[Any]] = []
    while data:
        size = int.from_bytes(data[:4], "big")
        found.append(msgspec.msgpack.decode(data[4 : 4 + size]))
        data = data[4 + size :]
    return found


def run(use: Callable[[Pair], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        pair = Pair()
        try:
            async with asyncio.timeout(10):
                await use(pair)
        finally:
            pair.channel.close()
            pair.other.close()

    asyncio.run(main())


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_messages_of_one_turn_leave_together() -> None:
    async def use(pair: Pair) -> None:
        for n in range(3):
            pair.channel.send(n)
        assert pair.received() == []
        await turns()
        assert pair.received() == [[0, 1, 2]]

    run(use)


def test_many_messages_do_not_wait_for_the_end_of_the_turn() -> None:
    async def use(pair: Pair) -> None:
        for n in range(SEND_AT + 1):
            pair.channel.send(n)
        assert pair.received() == [list(range(SEND_AT))]
        await turns()
        assert pair.received() == [[SEND_AT]]
        pair.channel.flush()
        assert pair.received() == []

    run(use)


def test_a_message_that_cannot_wait_leaves_at_once_behind_those_before_it() -> None:
    async def use(pair: Pair) -> None:
        pair.channel.send("before")
        pair.channel.send_now("now")
        assert pair.received() == [["before", "now"]]
        with pytest.raises(TypeError):
            pair.channel.send_now(object())
        await turns()
        assert pair.received() == []

    run(use)


def test_what_cannot_be_said_is_refused_and_costs_no_other_message() -> None:
    async def use(pair: Pair) -> None:
        pair.channel.send("before")
        with pytest.raises(TypeError):
            pair.channel.send(object())
        pair.channel.send("after")
        await turns()
        assert pair.received() == [["before", "after"]]

    run(use)


def test_what_a_slow_reader_does_not_take_waits_and_arrives_in_order() -> None:
    async def use(pair: Pair) -> None:
        for letter in "abc":
            pair.channel.send(letter * 500_000)
            pair.channel.flush()
        pair.channel.send("last")
        pair.channel.flush()
        loop, data = asyncio.get_running_loop(), bytearray()
        pair.other.setblocking(False)
        while not data.endswith(b"last"):
            data += await loop.sock_recv(pair.other, 65_536)
        assert [text[:1] + text[-1:] for batch in batches(bytes(data)) for text in batch] == [
            "aa",
            "bb",
            "cc",
            "lt",
        ]
        # Nobody waits for room any more.
        assert not asyncio.get_running_loop().remove_writer(pair.socket.fileno())

    run(use)


def test_messages_cut_anywhere_are_handed_over_when_they_are_whole() -> None:
    async def use(pair: Pair) -> None:
        data = pack(msgspec.msgpack.Encoder(), ["one"]) + pack(msgspec.msgpack.Encoder(), ["two"])
        pair.other.send(data[:6])
        await turns()
        assert pair.messages == []
        pair.other.send(data[6:])
        while len(pair.messages) < 2:
            await asyncio.sleep(0)
        assert pair.messages == ["one", "two"]
        assert pair.batches == 1

    run(use)


def test_the_end_of_the_other_end_is_told_once() -> None:
    async def use(pair: Pair) -> None:
        pair.other.close()
        while not pair.closed:
            await asyncio.sleep(0)
        pair.channel.send("to nobody")
        await turns()
        pair.channel.close()
        assert pair.closed == 1

    run(use)


def test_a_write_to_who_has_left_closes_and_is_no_error() -> None:
    async def use(pair: Pair) -> None:
        pair.other.close()
        pair.channel.send("x")
        pair.channel.flush()
        assert pair.closed == 1

    run(use)


def test_who_leaves_while_it_is_written_to_closes_the_channel() -> None:
    async def use(pair: Pair) -> None:
        pair.channel.send("a" * 2_000_000)
        pair.channel.flush()
        pair.other.close()
        while not pair.closed:
            await asyncio.sleep(0)
        assert pair.closed == 1

    run(use)


def test_a_channel_that_was_closed_here_does_not_tell_of_it() -> None:
    async def use(pair: Pair) -> None:
        pair.channel.close()
        pair.channel.close()
        await turns()
        assert pair.closed == 0

    run(use)


@pytest.mark.parametrize("data", [b"\0\0\0\x01\xc1", b"\0\0\0\x01\x01"])
def test_bytes_of_someone_else_close_the_channel(data: bytes) -> None:
    async def use(pair: Pair) -> None:
        pair.other.send(data)
        while not pair.closed:
            await asyncio.sleep(0)
        assert pair.messages == []

    run(use)


def test_what_the_dead_had_sent_is_handed_over_although_a_heir_holds_the_connection() -> None:
    async def use(pair: Pair) -> None:
        with pair.other.dup():
            pair.other.send(pack(msgspec.msgpack.Encoder(), ["last words"]))
            pair.other.close()
            pair.channel.end()
            assert pair.messages == ["last words"]
            assert pair.closed == 1

    run(use)


def test_a_wakeup_without_data_is_no_end() -> None:
    async def use(pair: Pair) -> None:
        pair.channel._readable()
        assert pair.closed == 0

    run(use)


def test_a_reset_connection_is_an_end() -> None:
    async def use(pair: Pair) -> None:
        pair.socket.close()
        pair.channel._readable()
        assert pair.closed == 1

    run(use)


def test_a_blocking_end_waits_for_whole_messages_and_sees_the_end() -> None:
    mine, other = socket.socketpair()
    with mine, other:
        mine.setblocking(False)
        channel: BlockingChannel[Any] = BlockingChannel(mine, Any)
        assert mine.getblocking()
        channel.send([1, 2])
        assert batches(other.recv(100)) == [[1, 2]]
        other.send(pack(msgspec.msgpack.Encoder(), []) + pack(msgspec.msgpack.Encoder(), ["x"]))
        assert channel.receive() == ["x"]
        other.shutdown(socket.SHUT_WR)
        assert channel.receive() == []
