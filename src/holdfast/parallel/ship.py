"""How do functions, items and results cross a process border?"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

import cloudpickle  # pyright: ignore[reportMissingTypeStubs] - it has none
import msgspec

from holdfast.parallel.caught import Caught, catch
from holdfast.parallel.failure import NotPicklable, name_of

__all__ = ["lost_result", "pack_func", "pack_items", "pack_values", "unpicklable_reason"]

PROTOCOL = pickle.HIGHEST_PROTOCOL
_dump_by_value: Callable[[Any], bytes] = cast("Any", cloudpickle).dumps


def pack_func(func: Callable[..., Any]) -> bytes:
    """Pickle a function by name, or with its code where it has no name that others see.

    Raises:
        NotPicklable: it holds something that cannot be pickled at all.
    """
    # Without a file, __main__ is empty in another process: its functions go with their code.
    main = sys.modules.get("__main__")
    is_here = getattr(func, "__module__", "") == "__main__" and not hasattr(main, "__file__")
    if not is_here:
        try:
            return pickle.dumps(func, PROTOCOL)
        except Exception:  # noqa: BLE001 - any __reduce__ may raise anything; the next way is tried
            is_here = True
    try:
        return _dump_by_value(func)
    except Exception as error:
        raise NotPicklable(
            f"the function must be picklable to reach a worker, got {name_of(func)}: "
            f"{type(error).__name__}: {error}",
            hint="use executor='thread', or pass what it holds as part of the items",
        ) from error


def pack_items(items: Sequence[Any], start: int) -> bytes:
    """Pickle a chunk of items.

    Raises:
        NotPicklable: with `position`, the first item that cannot travel.
    """
    items = items if isinstance(items, range) else list(items)
    try:
        return pickle.dumps(items, PROTOCOL)
    except Exception:  # noqa: BLE001 - any __reduce__ may raise anything; the next way is tried
        return _pack_slowly(items, start)


def _pack_slowly(items: Sequence[Any], start: int) -> bytes:
    for offset, item in enumerate(items):
        reason = unpicklable_reason(item, by_value=True)
        if reason:
            error = NotPicklable(
                f"an item must be picklable to reach a worker, got {_short(item)}: {reason}",
                hint="use executor='thread', or a list on a system with fork",
            )
            error.position = start + offset
            raise error
    return _dump_by_value(list(items))


def pack_values(values: list[Any], start: int) -> tuple[bytes, list[Caught]]:
    """Pickle results; what cannot travel becomes the failure of its item."""
    try:
        return pickle.dumps(values, PROTOCOL), []
    except Exception:  # noqa: BLE001 - any __reduce__ may raise anything; found one by one below
        caught: list[Caught] = []
    for offset, value in enumerate(values):
        reason = unpicklable_reason(value)
        if reason:
            values[offset] = None
            caught.append(lost_result(start + offset, value, reason))
    return pickle.dumps(values, PROTOCOL), caught


def lost_result(position: int, value: Any, reason: str) -> Caught:
    """Say that a result cannot leave its process."""
    error = NotPicklable(
        f"a result must be picklable to leave its worker, got {_short(value)}: {reason}",
        hint="return plain data, or use executor='thread'",
    )
    return msgspec.structs.replace(catch(position, error, ship=True), is_lost=True)


def unpicklable_reason(value: Any, *, by_value: bool = False) -> str:
    """Say why a value cannot be pickled and loaded again, "" if it can."""
    try:
        dumped = _dump_by_value(value) if by_value else pickle.dumps(value, PROTOCOL)
        pickle.loads(dumped)  # noqa: S301 - made one line above
    except Exception as error:  # noqa: BLE001 - the reason is what is asked for
        return f"{type(error).__name__}: {error}"
    return ""


def _short(value: Any) -> str:
    return f"{type(value).__name__} object"
