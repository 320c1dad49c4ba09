"""How does any value become plain data, and plain data bytes?

Plain data is what JSON can say: null, booleans, 64-bit integers, finite floats,
strings, lists, objects with string keys. Everything else becomes an object with
the key `$type`:

    {"$type": "datetime", "value": "2026-01-31T12:00:00"}   and date, time, timedelta (seconds), decimal,
                                                             uuid, path, bytes (base64), set, int (text), float (text)
    {"$type": "ndarray", "dtype": "float64", "shape": [2, 3], "value": [[...], [...]]}
    {"$type": "map", "value": [[key, value], ...]}           a dict whose keys are not all strings, or that has "$type"
    {"$type": "opaque", "type": "package.Class", "repr": "..."}   content unknown: judging it is undecided
    {"$type": "cut", "type": "list", "bytes": 16000001, "head": "..."}   too large to keep
"""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import math
import pathlib
import uuid
from typing import Any, TypeVar, cast

import msgspec

__all__ = [
    "MAX_VALUE_BYTES",
    "Encoded",
    "decode",
    "encode",
    "encode_json",
    "is_opaque",
    "to_plain",
]

# DESIGN: a value over 16 MB is cut; larger ones make stores and reports unusable.
MAX_VALUE_BYTES = 16_000_000
MAX_DEPTH = 100
MAX_REPR = 2_000

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()
_decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}


class Encoded(msgspec.Struct, frozen=True):
    """A value as plain data.

    `is_exact` says that the plain data is the very value (a tag is not), so that
    it may be assessed again; `is_known` that nothing of it is opaque or cut.
    """

    plain: Any
    is_exact: bool = True
    is_known: bool = True


class _TooLarge(Exception):
    """The value passed the size limit."""


class _Walk:
    """One conversion: counts bytes and remembers what was lost."""

    __slots__ = ("budget", "is_exact", "is_known")

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.is_exact = True
        self.is_known = True

    def spend(self, size: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise _TooLarge

    def plain(self, value: Any, depth: int) -> Any:
        kind = cast("Any", type(value))
        if value is None or kind is bool:
            self.spend(1)
            return value
        if kind is str:
            return self.text(value)
        if kind is int:
            return self.integer(value)
        if kind is float:
            self.spend(9)
            return value if math.isfinite(value) else self.tag("float", str(value))
        if depth >= MAX_DEPTH:
            return self.opaque(value)
        # Also for an empty one: shared lists of shared lists are more than the memory holds once they are copied.
        self.spend(1)
        if kind is list:
            return [self.plain(item, depth + 1) for item in value]
        if kind is dict:
            return self.mapping(value, depth)
        return self.other(value, depth)

    def text(self, value: str) -> Any:
        # Before it is encoded: a string over the limit is not even looked at.
        self.spend(len(value))
        clean = _sayable(value)
        if clean is not value:
            self.is_exact = False
        return clean

    def integer(self, value: int) -> Any:
        self.spend(9)
        if -(2**63) <= value < 2**64:
            return value
        bits = value.bit_length()
        self.spend(bits // 3)
        return self.tag("int", hex(value) if bits > 10_000 else str(value))

    def mapping(self, value: dict[Any, Any], depth: int) -> Any:
        if "$type" in value or not all(type(key) is str for key in value):
            pairs = [
                [self.plain(key, depth + 1), self.plain(item, depth + 1)]
                for key, item in value.items()
            ]
            return self.tag("map", pairs)
        return {self.text(key): self.plain(item, depth + 1) for key, item in value.items()}

    def other(self, value: Any, depth: int) -> Any:
        if isinstance(value, enum.Enum):
            self.is_exact = False
            return self.plain(value.value, depth + 1)
        if isinstance(value, (bytes, bytearray, memoryview)):
            self.spend(len(cast("bytes", value)) * 4 // 3)
        tagged = _tagged_scalar(value)
        if tagged is not None:
            self.spend(16)
            self.is_exact = False
            return (
                {**tagged, "value": self.text(tagged["value"])}
                if type(tagged["value"]) is str
                else tagged
            )
        if isinstance(value, (set, frozenset)):
            members = cast("set[Any]", value)
            return self.tag(
                "set", sorted((self.plain(item, depth + 1) for item in members), key=repr)
            )
        if isinstance(value, (bool, int, float, str, list, tuple, dict)):
            self.is_exact = False
            return self.plain(_base_of(value), depth + 1)
        return self.foreign(value, depth)

    def tag(self, name: str, value: Any) -> dict[str, Any]:
        # Nothing turns a tag back into the value.
        self.is_exact = False
        return _tag(name, value)

    def foreign(self, value: Any, depth: int) -> Any:
        """Turn objects of other libraries into plain data where they say how."""
        kind = cast("Any", type(value))
        try:
            if kind.__module__ == "numpy":
                return self.numpy(value, depth)
            if isinstance(value, msgspec.Struct):
                fields = {name: getattr(value, name) for name in value.__struct_fields__}
            elif hasattr(kind, "__dataclass_fields__"):
                fields = {name: getattr(value, name) for name in kind.__dataclass_fields__}
            elif hasattr(kind, "model_dump") and hasattr(kind, "model_fields"):
                fields = value.model_dump()
            else:
                return self.opaque(value)
        except (_TooLarge, RecursionError):
            raise
        except Exception:  # noqa: BLE001 - the value's own code failed: its content is unknown, and says so
            return self.opaque(value)
        self.is_exact = False
        return self.plain(fields, depth + 1)

    def numpy(self, value: Any, depth: int) -> Any:
        if not hasattr(value, "shape") or value.dtype.hasobject:
            return self.opaque(value)
        self.is_exact = False
        if value.shape == ():
            return self.plain(value.item(), depth + 1)
        self.spend(int(value.nbytes))
        rows = self.plain(value.tolist(), depth + 1)
        return {
            "$type": "ndarray",
            "dtype": str(value.dtype),
            "shape": list(value.shape),
            "value": rows,
        }

    def opaque(self, value: Any) -> Any:
        self.is_exact = False
        self.is_known = False
        shown = _safe_repr(value)
        self.spend(len(shown))
        return _opaque_tag(value, shown)


def to_plain(value: Any, *, max_bytes: int = MAX_VALUE_BYTES) -> Encoded:
    """Turn any value into plain data; never raises for what the value is.

    What is larger than `max_bytes` becomes a `cut` tag, what holdfast does not
    know an `opaque` tag.
    """
    kind = cast("Any", type(value))
    if value is None or kind is bool:
        return Encoded(value)
    walk = _Walk(max_bytes)
    try:
        plain = walk.plain(value, 0)
    except _TooLarge:
        head = _sayable(value[:200]) if kind is str else _safe_repr(value, large=True)
        cut = {"$type": "cut", "type": _type_name(value), "bytes": max_bytes + 1, "head": head}
        return Encoded(cut, is_exact=False, is_known=False)
    except Exception as error:  # noqa: BLE001 - the value's own code failed: its content is unknown, and says so
        shown = f"<{_type_name(value)} which raised {type(error).__name__} when it was looked at>"
        return Encoded(_opaque_tag(value, shown), is_exact=False, is_known=False)
    return Encoded(plain, walk.is_exact, walk.is_known)


def is_opaque(plain: Any) -> bool:
    """Tell whether any part of plain data is opaque or cut."""
    if isinstance(plain, dict):
        mapping = cast("dict[str, Any]", plain)
        if mapping.get("$type") in {"opaque", "cut"}:
            return True
        return any(is_opaque(item) for item in mapping.values())
    if isinstance(plain, list):
        return any(is_opaque(item) for item in cast("list[Any]", plain))
    return False


def encode(value: Any) -> bytes:
    """Encode a model value or plain data as msgpack."""
    return _encoder.encode(value)


def decode(data: bytes | memoryview, kind: type[T]) -> T:
    """Decode msgpack into a model type; unknown keys are ignored, so that keys may be added.

    Raises:
        msgspec.ValidationError: the bytes do not hold such a value.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    return decoder.decode(data)


def encode_json(value: Any) -> bytes:
    """Encode a model value or plain data as JSON."""
    return msgspec.json.encode(value)


def _tag(name: str, value: Any) -> dict[str, Any]:
    return {"$type": name, "value": value}


def _opaque_tag(value: Any, shown: str) -> dict[str, Any]:
    return {"$type": "opaque", "type": _type_name(value), "repr": shown}


def _sayable(text: str) -> str:
    """Return a text that UTF-8 can say: lone surrogates are written out; the same object where there is none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def _tagged_scalar(value: Any) -> dict[str, Any] | None:
    match value:
        case bytes() | bytearray() | memoryview():
            return _tag("bytes", base64.b64encode(cast("bytes", value)).decode())
        case datetime.datetime():
            return _tag("datetime", value.isoformat())
        case datetime.date():
            return _tag("date", value.isoformat())
        case datetime.time():
            return _tag("time", value.isoformat())
        case datetime.timedelta():
            return _tag("timedelta", value.total_seconds())
        case decimal.Decimal():
            return _tag("decimal", str(value))
        case uuid.UUID():
            return _tag("uuid", str(value))
        case pathlib.PurePath():
            return _tag("path", str(value))
        case _:
            return None


def _base_of(value: Any) -> Any:
    """Reduce an instance of a subclass to the built-in value inside it."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, dict):
        return dict(cast("dict[Any, Any]", value).items())
    return list(cast("list[Any]", value))


def _type_name(value: Any) -> str:
    kind = cast("Any", type(value))
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return _sayable(f"{module}{kind.__qualname__}")


def _safe_repr(value: Any, *, large: bool = False) -> str:
    if large:
        return f"<{_type_name(value)} too large to show>"
    try:
        shown = _sayable(repr(value))
    except Exception as error:  # noqa: BLE001 - a repr that raises is a fact about the value
        return f"<{_type_name(value)} whose repr raised {type(error).__name__}>"
    return shown if len(shown) <= MAX_REPR else f"{shown[:MAX_REPR]}..."
