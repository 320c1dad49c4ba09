"""Which kind of media is a file, and when was it taken? Its first bytes say so, not its name."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Callable

__all__ = ["HEADER_BYTES", "KINDS", "OTHER", "classify", "taken_at"]

# What is read of a file to judge it: one block, which a file with any content takes anyway.
HEADER_BYTES = 4096
KINDS = ("jpg", "png", "webp", "heic", "mp4")
OTHER = "other"

_PNG = b"\x89PNG\r\n\x1a\n"
_EXIF_IFD, _TAKEN = 0x8769, 0x9003
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1"})
_MP4_BRANDS = frozenset({b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  "})
# The clock of MP4 begins with 1904 (ISO/IEC 14496-12, 8.2.2).
_MP4_EPOCH = datetime.datetime(1904, 1, 1)  # noqa: DTZ001 - dates in headers have no zone


def classify(head: bytes) -> str:
    """Return one of KINDS for the first bytes of a file, or OTHER.

    >>> classify(b"RIFF....WEBPVP8X")
    'webp'
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(_PNG):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIC_BRANDS:
            return "heic"
        if brand in _MP4_BRANDS:
            return "mp4"
    return OTHER


def taken_at(kind: str, head: bytes) -> datetime.datetime | None:
    """Return when a file was taken, by the metadata in its header, without a time zone.

    None where the kind keeps no date there (webp, heic), where none was written, and where
    the header is damaged: whoever asks then takes the time of the last change.
    """
    read = _READERS.get(kind)
    if read is None:
        return None
    try:
        return read(head)
    except (struct.error, ValueError, OverflowError):
        return None


def _jpg_taken(head: bytes) -> datetime.datetime | None:
    """Read DateTimeOriginal from an Exif segment that comes first (CIPA DC-008)."""
    if head[2:4] != b"\xff\xe1" or head[6:12] != b"Exif\0\0":
        return None
    tiff = head[12:]
    order = "<" if tiff[:2] == b"II" else ">"
    (first,) = struct.unpack_from(f"{order}L", tiff, 4)
    inner = _tag(tiff, first, _EXIF_IFD, order)
    place = None if inner is None else _tag(tiff, inner, _TAKEN, order)
    if place is None:
        return None
    date = tiff[place : place + 19].decode("ascii")
    if len(date) != 19:
        return None
    return datetime.datetime.fromisoformat(date[:10].replace(":", "-") + date[10:])


def _tag(tiff: bytes, directory: int, wanted: int, order: str) -> int | None:
    """Return the value, or the place of the value, of a tag of an image file directory."""
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    for n in range(count):
        tag, _, _, value = struct.unpack_from(f"{order}HHLL", tiff, directory + 2 + 12 * n)
        if tag == wanted:
            return int(value)
    return None


def _png_taken(head: bytes) -> datetime.datetime | None:
    """Read the chunk tIME (RFC 2083, 4.2.8)."""
    at = len(_PNG)
    while at + 8 <= len(head):
        length, name = struct.unpack_from(">L4s", head, at)
        if name == b"tIME":
            return datetime.datetime(*struct.unpack_from(">H5B", head, at + 8))  # noqa: DTZ001
        at += 12 + length
    return None


def _mp4_taken(head: bytes) -> datetime.datetime | None:
    """Read the creation time of the movie header, version 0, where it comes first."""
    at = 0
    while at + 8 <= len(head):
        length, name = struct.unpack_from(">L4s", head, at)
        if name == b"moov":
            at += 8
        elif name == b"mvhd":
            (seconds,) = struct.unpack_from(">L", head, at + 12)
            return _MP4_EPOCH + datetime.timedelta(seconds=seconds) if seconds else None
        elif length < 8:
            return None
        else:
            at += length
    return None


_READERS: dict[str, Callable[[bytes], datetime.datetime | None]] = {
    "jpg": _jpg_taken,
    "png": _png_taken,
    "mp4": _mp4_taken,
}
