"""Are two files equal? One number per file says so, without reading what was never written."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator

__all__ = ["checksum"]

BLOCK = 4096
READ = 256 * BLOCK
_ZEROS = bytes(BLOCK)


def checksum(fd: int, size: int) -> str:
    """Return a checksum of the whole content of an open file of so many bytes.

    It is a BLAKE2b of the size and of every block of 4,096 bytes that is not all zeros, each
    with its place. So equal contents have equal checksums, whether zeros are holes or were
    written, and a byte that changes anywhere changes it. Holes, where the file system tells
    them (SEEK_DATA), are not read: a video of 100 MB with one block of content costs one read.
    It is no `sha256sum` of the content; nothing but itself can be compared with it.
    """
    digest = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=16)
    for at, block in _blocks(fd, size):
        if block != _ZEROS and block.count(0) != len(block):
            digest.update(at.to_bytes(8, "big"))
            digest.update(block)
    return digest.hexdigest()


def _blocks(fd: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the blocks that may hold data, with their places, each once."""
    done = 0
    for start, stop in _extents(fd, size):
        # A file system may have smaller blocks than these.
        at = max(start - start % BLOCK, done)
        while at < stop:
            whole = -(-(stop - at) // BLOCK) * BLOCK
            piece = os.pread(fd, min(READ, whole, size - at), at)
            if not piece:
                return
            for offset in range(0, len(piece), BLOCK):
                yield at + offset, piece[offset : offset + BLOCK]
            at += len(piece)
        done = at


def _extents(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where data lie; all of the file where the file system does not tell."""
    if not hasattr(os, "SEEK_DATA"):
        yield 0, size
        return
    at = 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # there are none behind this place
                return
            if error.errno != errno.EINVAL:
                raise
            yield at, size
            return
        at = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        yield start, at
