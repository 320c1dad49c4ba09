"""How does an exception travel from a worker, so that it arrives as itself?"""

from __future__ import annotations

import pickle
import traceback
from typing import Any, cast

import msgspec

from holdfast.parallel.failure import ItemExit, WorkersFailed

__all__ = ["Caught", "catch", "normalise", "rebuild"]


class Caught(msgspec.Struct, frozen=True):
    """An exception of one item. `error` is there where no process border was crossed.

    Otherwise it travels as its class's name and, pickled, its arguments and attributes:
    the class's own __init__, which may want other arguments, is never called. `is_lost`
    where the function gave a result, which could not leave its worker.
    """

    position: int
    type_module: str
    type_name: str
    text: str
    traceback: str
    payload: bytes = b""
    error: BaseException | None = None
    is_lost: bool = False


def normalise(error: BaseException) -> BaseException:
    """Turn what would end a loop or the program without a word into an error.

    StopIteration becomes RuntimeError, as in a generator (PEP 479).
    """
    if isinstance(error, StopIteration):
        changed: BaseException = RuntimeError("the function raised StopIteration")
    elif isinstance(error, SystemExit):
        changed = ItemExit(
            f"an item must not end the program, got sys.exit({error.code!r})",
            hint="return a value or raise an exception instead",
        )
    else:
        return error
    changed.__cause__ = error
    return changed


def catch(position: int, error: BaseException, *, ship: bool) -> Caught:
    """Keep an exception; with `ship` in a form that any process can rebuild."""
    error = normalise(error)
    kind = type(error)
    formatted = "".join(traceback.format_exception(error))
    return Caught(
        position=position,
        type_module=kind.__module__,
        type_name=kind.__qualname__,
        text=str(error),
        traceback=formatted,
        payload=_pack(error) if ship else b"",
        error=None if ship else error,
    )


def rebuild(caught: Caught) -> BaseException:
    """Give back the exception, with the worker's traceback as a note where there was one.

    A class that this process does not have becomes a RuntimeError that names it.
    """
    if caught.error is not None:
        return caught.error
    error = _unpack(caught)
    if error is None:
        error = WorkersFailed(f"{caught.type_name}: {caught.text}")
    error.add_note(f"in a worker process:\n{caught.traceback.rstrip()}")
    return error


def _pack(error: BaseException) -> bytes:
    state = {key: value for key, value in vars(error).items() if key != "__notes__"}
    parts: list[Any] = [error.args, state, list(getattr(error, "__notes__", ()))]
    for index, part in enumerate(parts):
        try:
            # What cannot be loaded again would look like the end of the worker.
            pickle.loads(pickle.dumps(part))  # noqa: S301 - made one line above
        except Exception as reason:  # noqa: BLE001 - any __reduce__ may raise anything
            parts[index] = _plain(part, reason)
    own = b""
    try:
        own = pickle.dumps(error)
    except Exception:  # noqa: BLE001 - likewise; the parts below carry it
        own = b""
    return pickle.dumps((own, *parts))


def _plain(part: Any, reason: Exception) -> Any:
    """Replace what cannot travel by its text, and say why."""
    if isinstance(part, tuple):
        return tuple(repr(each) for each in cast("tuple[Any, ...]", part))
    if isinstance(part, dict):
        return {"not_kept": f"{type(reason).__name__}: {reason}"}
    return []


def _unpack(caught: Caught) -> BaseException | None:
    kind = _find_class(caught.type_module, caught.type_name)
    if kind is None:
        return None
    own, args, state, notes = pickle.loads(caught.payload)  # noqa: S301 - from our own worker
    error: BaseException | None = None
    if own:
        try:
            loaded = pickle.loads(own)  # noqa: S301 - likewise
        except Exception:  # noqa: BLE001 - an __init__ that wants other arguments
            loaded = None
        error = loaded if type(loaded) is kind else None
    if error is None:
        error = kind.__new__(kind, *args)
        error.args = args
        vars(error).update(state)
        for note in notes:
            error.add_note(note)
    return error


def _find_class(module: str, name: str) -> type[BaseException] | None:
    """Find the exception class; a local one too, which no import reaches."""
    found: list[type[BaseException]] = []
    seen: set[type[BaseException]] = set()
    waiting: list[type[BaseException]] = [BaseException]
    while waiting:
        kind = waiting.pop()
        if kind in seen:
            continue
        seen.add(kind)
        if kind.__qualname__ == name and kind.__module__ == module:
            found.append(kind)
        waiting.extend(kind.__subclasses__())
    return found[-1] if found else _imported(module, name)


def _imported(module: str, name: str) -> type[BaseException] | None:
    try:
        found = pickle.loads(f"c{module}\n{name}\n.".encode())  # noqa: S301 - a bare name
    except Exception:  # noqa: BLE001 - a module that does not import here is no class here
        return None
    is_class = isinstance(found, type) and issubclass(found, BaseException)
    return cast("type[BaseException]", found) if is_class else None
