"""With which bytes does a file of a kind begin?"""

from __future__ import annotations

import datetime
import struct
import zlib
from collections.abc import Callable

__all__ = ["make_header"]

_MP4_EPOCH = datetime.datetime(1904, 1, 1)  # noqa: DTZ001 - dates in headers have no zone


def make_header(kind: str, taken: datetime.datetime, *, size: int, mark: bytes) -> bytes:
    r"""Return the header of a file of so many bytes, with the date where the kind has a place for one.

    `mark` is written into a comment, so that no two files are equal. What follows a header
    is not there: the files can be told and dated, not shown.

    >>> make_header("jpg", datetime.datetime(2024, 5, 1), size=9000, mark=b"1")[:3]
    b'\xff\xd8\xff'
    """
    return _MAKERS[kind](taken, size, mark)


def _jpg(taken: datetime.datetime, size: int, mark: bytes) -> bytes:
    del size
    date = taken.strftime("%Y:%m:%d %H:%M:%S").encode() + b"\0"
    # One directory that leads to the Exif directory at 26, whose one entry leads to the text at 44.
    first = struct.pack("<HHHLLL", 1, 0x8769, 4, 1, 26, 0)
    inner = struct.pack("<HHHLLL", 1, 0x9003, 2, len(date), 44, 0)
    exif = b"Exif\0\0" + b"II*\0" + struct.pack("<L", 8) + first + inner + date
    return b"\xff\xd8" + _segment(b"\xff\xe1", exif) + _segment(b"\xff\xfe", mark)


def _segment(marker: bytes, content: bytes) -> bytes:
    return marker + struct.pack(">H", len(content) + 2) + content


def _png(taken: datetime.datetime, size: int, mark: bytes) -> bytes:
    del size
    moment = (taken.year, taken.month, taken.day, taken.hour, taken.minute, taken.second)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">LLBBBBB", 4000, 3000, 8, 2, 0, 0, 0))
        + _chunk(b"tEXt", b"Comment\0" + mark)
        + _chunk(b"tIME", struct.pack(">H5B", *moment))
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">L", zlib.crc32(name + content))
    return struct.pack(">L", len(content)) + name + content + check


def _webp(taken: datetime.datetime, size: int, mark: bytes) -> bytes:
    del taken  # its metadata come behind the picture
    odd = b"\0" * (len(mark) % 2)
    note = b"NOTE" + struct.pack("<L", len(mark)) + mark + odd
    return b"RIFF" + struct.pack("<L", size - 8) + b"WEBPVP8X" + struct.pack("<L10x", 10) + note


def _heic(taken: datetime.datetime, size: int, mark: bytes) -> bytes:
    del taken, size  # its metadata are an item somewhere in the file
    return _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + _box(b"free", mark)


def _mp4(taken: datetime.datetime, size: int, mark: bytes) -> bytes:
    del size
    seconds = int((taken - _MP4_EPOCH).total_seconds())
    movie = _box(b"mvhd", struct.pack(">4xLLLL80x", seconds, seconds, 1000, 60_000))
    kind = _box(b"ftyp", b"isom" + struct.pack(">L", 512) + b"isommp42")
    return kind + _box(b"moov", movie) + _box(b"free", mark)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", len(content) + 8, name) + content


def _other(taken: datetime.datetime, size: int, mark: bytes) -> bytes:
    del taken, size
    return b"no media: " + mark


_MAKERS: dict[str, Callable[[datetime.datetime, int, bytes], bytes]] = {
    "jpg": _jpg,
    "png": _png,
    "webp": _webp,
    "heic": _heic,
    "mp4": _mp4,
    "other": _other,
}
