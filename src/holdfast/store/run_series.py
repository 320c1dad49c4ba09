"""How are the series of a run kept? As chunks of small numbers, a row each."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable

import msgspec

from holdfast.model.evidence import Series
from holdfast.store.session import Row, Session

__all__ = ["read_run_series", "series_row"]

_SERIES = "SELECT name, points FROM run_series WHERE run = ? ORDER BY name, segment, chunk"
# What a chunk is numbered by: its first moment in ms, so that no counter has to be kept.
_PER_SECOND = 1000


class _Points(msgspec.Struct, frozen=True, array_like=True):
    """A chunk: 32-bit little-endian floats, which hold 1 GB to 64 bytes and a day to 8 ms."""

    at_s: bytes
    values: bytes


def series_row(number: int, segment: int, name: str, points: Series) -> Row:
    """Return the row of a chunk."""
    chunk = int(points.at_s[0] * _PER_SECOND) if points.at_s else 0
    kept = _Points(_packed(points.at_s), _packed(points.values))
    return number, segment, name, chunk, msgspec.msgpack.encode(kept)


def read_run_series(session: Session, number: int) -> dict[str, Series]:
    """Return the series of a run by name, their chunks put together."""
    found: dict[str, Series] = {}
    for name, points in session.query(_SERIES, (number,)):
        chunk = msgspec.msgpack.decode(points, type=_Points)
        series = found.setdefault(name, Series(at_s=[], values=[]))
        series.at_s.extend(_unpacked(chunk.at_s))
        series.values.extend(_unpacked(chunk.values))
    return found


def _packed(numbers: Iterable[float]) -> bytes:
    return _little(array("f", numbers)).tobytes()


def _unpacked(data: bytes) -> list[float]:
    numbers = array("f")
    numbers.frombytes(data)
    return _little(numbers).tolist()


def _little(numbers: array[float]) -> array[float]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
