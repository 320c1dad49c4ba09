"""What does an item of a measured map do? Functions of the standard library alone.

An item is a whole number: how often to go round, shifted by SHIFT, plus its place, so that the
time that it takes travels with it and no two results are equal by accident.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable

__all__ = [
    "SHIFT",
    "checksum",
    "checksum_words",
    "compress",
    "counted",
    "digest",
    "rest",
    "spin",
    "spin_closure",
    "spread",
    "spread_words",
    "words",
    "words_closure",
]

SHIFT = 20
MASK = (1 << SHIFT) - 1
MEGABYTE = bytes(range(250)) * 4_000
TEXT = b"".join(hashlib.sha512(bytes([n])).digest() for n in range(40)) * 60


def spin(item: int) -> int:
    """Count in whole numbers."""
    x = item & MASK
    for _ in range(item >> SHIFT):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def words(item: int) -> int:
    """Count in a dict, as one who goes through a text."""
    place = item & MASK
    seen: dict[int, int] = {}
    for n in range(item >> SHIFT):
        key = (place + n) % 97
        seen[key] = seen.get(key, 0) + n
    return place + len(seen)


def spread(item: int) -> bytes:
    """Compute, and return a megabyte."""
    return bytes([spin(item) % 251]) * 1_000_000


def spread_words(item: int) -> list[float]:
    """Compute, and return 100,000 numbers."""
    return [float(words(item))] * 100_000


def checksum(item: tuple[int, bytes]) -> int:
    """Compute on a megabyte that is given."""
    work, given = item
    return zlib.crc32(given) ^ spin(work)


def checksum_words(item: tuple[int, bytes]) -> int:
    """Compute on what is given, in another way."""
    work, given = item
    return zlib.adler32(given) ^ words(work)


def digest(item: int) -> str:
    """Hash a megabyte, which lets go of the interpreter lock."""
    hashed = hashlib.sha256(str(item).encode())
    hashed.update(MEGABYTE)
    return hashed.hexdigest()


def compress(item: int) -> int:
    """Compress some text, which lets go of the interpreter lock."""
    return len(zlib.compress(str(item).encode() + TEXT, 6))


def rest(item: int) -> int:
    """Wait that many microseconds, as for a service."""
    time.sleep((item >> SHIFT) / 1e6)
    return item & MASK


def counted(rounds: int, place: int) -> int:
    """Return the item that goes round so often."""
    return rounds << SHIFT | place


def _close_over(func: Callable[[int], int], mark: int) -> Callable[[int], int]:
    return lambda item: func(item) ^ mark


# Neither has a name that another process could import.
spin_closure = _close_over(spin, 5)
words_closure = _close_over(words, 9)
