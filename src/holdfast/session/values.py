"""How does a value leave an interpreter, and enter one, without code coming along?

msgpack with extension types for what it cannot say. Never pickle: the other end
runs code that may be hostile, and unpickling would let that code into this process.
What is no plain data becomes an `Opaque`.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import pathlib
import uuid
from collections.abc import Callable
from typing import Any, cast

import msgspec
from msgspec.msgpack import Ext

from holdfast.session.protocol import Opaque

__all__ = ["NotPlain", "decode_value", "encode_plain", "encode_value"]

# As in the evidence of a run: larger values make stores and reports unusable.
MAX_BYTES = 16_000_000
MAX_DEPTH = 100
MAX_REPR = 2_000

OPAQUE, TUPLE, SET, FROZENSET, MAP, INTEGER, TEXT, BYTEARRAY, COMPLEX = range(1, 10)
SCALARS: dict[type, tuple[int, Callable[[Any], Any], Callable[[Any], Any]]] = {
    datetime.datetime: (20, lambda v: v.isoformat(), datetime.datetime.fromisoformat),
    datetime.date: (21, lambda v: v.isoformat(), datetime.date.fromisoformat),
    datetime.time: (22, lambda v: v.isoformat(), datetime.time.fromisoformat),
    datetime.timedelta: (
        23,
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda parts: datetime.timedelta(*parts),
    ),
    decimal.Decimal: (24, str, decimal.Decimal),
    uuid.UUID: (25, lambda v: v.bytes, lambda data: uuid.UUID(bytes=data)),
    pathlib.PosixPath: (26, str, pathlib.PurePosixPath),
    pathlib.PurePosixPath: (26, str, pathlib.PurePosixPath),
    complex: (COMPLEX, lambda v: [v.real, v.imag], lambda parts: complex(*parts)),
    bytearray: (BYTEARRAY, bytes, bytearray),
}
READERS = {code: read for code, _, read in SCALARS.values()}
KEYS = frozenset({str, int, float, bool, bytes, type(None)})

_encoder = msgspec.msgpack.Encoder()


class NotPlain(TypeError):
    """A value that should enter a session is no plain data."""


class _TooLarge(Exception):
    """The value passed the size limit."""


class _Walk:
    """One conversion; `strict` refuses what would become opaque."""

    __slots__ = ("budget", "strict")

    def __init__(self, *, strict: bool) -> None:
        self.budget = MAX_BYTES
        self.strict = strict

    def spend(self, size: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise _TooLarge

    def take(self, value: Any, depth: int) -> Any:
        kind = cast("Any", type(value))
        self.spend(9)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            return self.integer(value)
        if kind is str:
            return self.text(value)
        if kind is bytes:
            self.spend(len(value))
            return value
        if depth >= MAX_DEPTH:
            return self.opaque(value)
        if kind is list:
            return [self.take(item, depth + 1) for item in value]
        if kind is dict:
            return self.mapping(value, depth)
        if kind is tuple:
            return self.group(TUPLE, value, depth)
        return self.other(value, kind, depth)

    def integer(self, value: int) -> Any:
        if -(2**63) <= value < 2**64:
            return value
        self.spend(value.bit_length() // 4)
        return self.ext(INTEGER, hex(value))

    def text(self, value: str) -> Any:
        self.spend(len(value))
        try:
            value.encode()
        except UnicodeEncodeError:
            return Ext(TEXT, value.encode("utf-8", "surrogatepass"))
        return value

    def mapping(self, value: dict[Any, Any], depth: int) -> Any:
        keys = [self.take(key, depth + 1) for key in value]
        items = [self.take(item, depth + 1) for item in value.values()]
        pairs = [[key, item] for key, item in zip(keys, items, strict=True)]
        if all(type(key) in KEYS for key in keys):
            return dict(pairs)
        return self.ext(MAP, pairs)

    def group(self, code: int, value: Any, depth: int) -> Ext:
        return self.ext(code, [self.take(item, depth + 1) for item in value])

    def other(self, value: Any, kind: Any, depth: int) -> Any:
        known = SCALARS.get(kind)
        if known is not None:
            code, write, _ = known
            written = write(value)
            self.spend(len(written))
            return self.ext(code, written)
        if kind is set or kind is frozenset:
            return self.group(SET if kind is set else FROZENSET, value, depth)
        if kind is Opaque:
            if self.strict:
                raise NotPlain(
                    f"a value must be plain data, got the Opaque of an object of type {value.type}, "
                    "whose content stayed where it was"
                )
            return self.ext(OPAQUE, [value.type, value.repr])
        if isinstance(value, enum.Enum):
            return self.take(value.value, depth + 1)
        if isinstance(value, (str, int, float, bytes, list, tuple, dict)):
            return self.take(_base_of(value), depth)
        if kind.__module__ == "numpy" and getattr(value, "shape", None) == ():
            return self.take(value.item(), depth + 1)
        return self.opaque(value)

    def opaque(self, value: Any) -> Ext:
        if self.strict:
            raise NotPlain(f"a value must be plain data, got {type_name(value)}")
        shown = safe_repr(value)
        self.spend(len(shown))
        return self.ext(OPAQUE, [type_name(value), shown])

    def ext(self, code: int, content: Any) -> Ext:
        return Ext(code, _encoder.encode(content))


def encode_value(value: Any) -> bytes:
    """Encode any value: plain data as it is, the rest as `Opaque`.

    Runs code of the value (`repr`); what that raises is said in the opaque text.
    """
    try:
        return _encoder.encode(_Walk(strict=False).take(value, 0))
    except _TooLarge:
        shown = f"<{type_name(value)} of more than {MAX_BYTES:,} bytes>"
    except Exception as error:  # noqa: BLE001 - the value's own code failed: its content is unknown, and says so
        shown = f"<{type_name(value)} which raised {type(error).__name__} when it was looked at>"
    return _encoder.encode(Ext(OPAQUE, _encoder.encode([type_name(value), shown])))


def encode_plain(value: Any) -> bytes:
    """Encode plain data.

    Raises:
        NotPlain: some of it is not.
    """
    try:
        return _encoder.encode(_Walk(strict=True).take(value, 0))
    except _TooLarge:
        raise NotPlain(f"a value must have at most {MAX_BYTES:,} bytes") from None


def decode_value(data: bytes) -> Any:
    """Return the value that was encoded.

    Raises:
        ValueError: these bytes hold none.
    """
    try:
        return _decoder.decode(data)
    except (
        msgspec.DecodeError,
        ArithmeticError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(f"a session must answer with a value, got {error}") from error


def type_name(value: Any) -> str:
    """Return the name of a value's type, with its module unless that is builtins."""
    kind = cast("Any", type(value))
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return _sayable(f"{module}{kind.__qualname__}")


def safe_repr(value: Any) -> str:
    """Return `repr(value)`, cut, or what it raised."""
    try:
        shown = _sayable(repr(value))
    except Exception as error:  # noqa: BLE001 - a repr that raises is a fact about the value
        return f"<{type_name(value)} whose repr raised {type(error).__name__}>"
    return shown if len(shown) <= MAX_REPR else f"{shown[:MAX_REPR]}..."


def _sayable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _base_of(value: Any) -> Any:
    """Reduce an instance of a subclass to the built-in value inside it."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes.__getitem__(value, slice(None))
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, dict):
        return dict(cast("dict[Any, Any]", value).items())
    if isinstance(value, tuple):
        return tuple(cast("tuple[Any, ...]", value))
    return list(cast("list[Any]", value))


def _read_ext(code: int, data: memoryview) -> Any:
    if code == TEXT:
        return bytes(data).decode("utf-8", "surrogatepass")
    content = _decoder.decode(data)
    if code in READERS:
        return READERS[code](content)
    match code:
        case 1:
            return Opaque(*content)
        case 2:
            return tuple(content)
        case 3:
            return set(content)
        case 4:
            return frozenset(content)
        case 5:
            return {key: item for key, item in content}  # noqa: C416 - a pair too short is an error
        case 6:
            return int(content, 16)
        case _:
            raise ValueError(f"no value has the code {code}")


_decoder = msgspec.msgpack.Decoder(ext_hook=_read_ext)
