from __future__ import annotations

import pytest

from holdfast.text.cut import HeadTail


def test_what_fits_is_kept_whole() -> None:
    buffer = HeadTail(head_bytes=3, tail_bytes=3)
    for chunk in (b"a", b"bcd", b"", b"ef"):
        buffer.append(chunk)

    assert buffer.text() == "abcdef"
    assert (buffer.head, buffer.tail) == (b"abc", b"def")
    assert (buffer.cut_bytes, buffer.total_bytes) == (0, 6)


def test_the_middle_is_cut_and_counted() -> None:
    buffer = HeadTail(head_bytes=3, tail_bytes=2)
    for byte in b"abcdefghijkl":
        buffer.append(bytes([byte]))

    assert buffer.text() == "abc\n[... 7 bytes cut ...]\nkl"
    assert (buffer.head, buffer.tail) == (b"abc", b"kl")
    assert buffer.cut_bytes == 7


def test_a_huge_chunk_leaves_its_head_and_tail() -> None:
    buffer = HeadTail(head_bytes=2, tail_bytes=2)
    buffer.append(b"ab" + b"-" * 100_000 + b"yz")

    assert (buffer.head, buffer.tail, buffer.cut_bytes) == (b"ab", b"yz", 100_000)


def test_no_more_than_head_and_twice_the_tail_is_held() -> None:
    buffer = HeadTail(head_bytes=10, tail_bytes=10)
    for _ in range(1000):
        buffer.append(b"1234567")
        assert len(buffer._head) + len(buffer._tail) <= 30


@pytest.mark.parametrize(
    ("head", "tail", "text"),
    [
        (0, 0, "\n[... 4 bytes cut ...]\n"),
        (2, 0, "ab\n[... 2 bytes cut ...]\n"),
        (0, 2, "\n[... 2 bytes cut ...]\ncd"),
    ],
)
def test_a_side_can_be_empty(head: int, tail: int, text: str) -> None:
    buffer = HeadTail(head_bytes=head, tail_bytes=tail)
    buffer.append(b"abcd")

    assert text == buffer.text()


def test_what_is_not_utf8_is_replaced() -> None:
    buffer = HeadTail()
    buffer.append(b"a\xff\xc3")
    buffer.append(b"\xa9")

    assert buffer.text() == "a\ufffd\xe9"


def test_a_character_across_head_and_tail_is_whole_where_nothing_was_cut() -> None:
    buffer = HeadTail(head_bytes=1, tail_bytes=4)
    buffer.append("\xe9".encode())

    assert buffer.text() == "\xe9"


@pytest.mark.parametrize("sizes", [(-1, 0), (0, -1)])
def test_a_negative_size_is_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        HeadTail(*sizes)
