"""What did items of this function cost the last time? A hint, which no probe is skipped for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from holdfast.parallel.failure import name_of
from holdfast.parallel.host import Host
from holdfast.parallel.profile import Measured

__all__ = ["key_of", "recall", "remember"]

# Older entries go first when there are more.
MOST = 500


class Kept(msgspec.Struct, frozen=True):
    """What is kept of one function on one kind of machine."""

    item_s: float
    spread: float
    items: int


def key_of(func: Any, host: Host) -> str:
    """Name a function by its code and the machine by its class: a change of either is new."""
    code = getattr(func, "__code__", None)
    body = b"" if code is None else code.co_code + repr(code.co_consts).encode()
    digest = hashlib.sha256(body).hexdigest()[:12]
    module = getattr(func, "__module__", "")
    version = ".".join(map(str, host.python))
    return f"{module}:{name_of(func)}:{digest}:{version}:{host.system}:{len(host.cores)}"


def recall(path: str, func: Any, host: Host) -> float | None:
    """Return the seconds per item of an earlier run, None where there was none."""
    kept = _load(path).get(key_of(func, host))
    return None if kept is None else kept.item_s


def remember(path: str, func: Any, host: Host, measured: Measured) -> None:
    """Keep what this run measured; a reader never sees half a file."""
    if not measured.items:
        return
    entries = _load(path)
    key = key_of(func, host)
    entries.pop(key, None)
    entries[key] = Kept(measured.item_s, measured.spread, measured.items)
    for old in list(entries)[:-MOST]:
        del entries[old]
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.{os.getpid()}")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=1))
    fresh.replace(place)


def _load(path: str) -> dict[str, Kept]:
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=dict[str, Kept])
    except (OSError, msgspec.DecodeError):
        # It is a hint: one that cannot be read is none.
        return {}
