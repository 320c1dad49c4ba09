"""How does an exception leave a session, and how is it raised again on this side?"""

from __future__ import annotations

import builtins
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from holdfast.errors import HoldfastError
from holdfast.session.protocol import Opaque, TurnError
from holdfast.session.values import decode_value, encode_value

__all__ = ["Raised", "RemoteError", "SessionCrash", "describe", "rebuild", "take_apart"]

MAX_TRACEBACK = 20_000
MAX_MESSAGE = 4_000
_PACKAGE = re.escape(str(Path(__file__).parents[1]))
_OWN = re.compile(rf"{_PACKAGE}.(?:session|capabilities).")


class SessionCrash(HoldfastError):
    """The interpreter of a session ended before it answered."""

    exit_code = 1


class RemoteError(Exception):
    """An exception of the session whose class is not known here; its name and bases are kept.

    The class of what is raised bears the name of the original and has its nearest
    built-in base, so that `except ValueError` works.
    """


class Raised(msgspec.Struct, frozen=True, array_like=True):
    """An exception in parts: its class and bases as (module, name), arguments and attributes encoded."""

    kinds: tuple[tuple[str, str], ...]
    args: bytes
    attributes: bytes


def describe(error: BaseException) -> TurnError:
    """Return an exception as text; its traceback shows the code alone."""
    message = _text_of(error)
    return TurnError(
        type=_name_of(type(error)),
        message=message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}...",
        traceback=_trace(error),
    )


def take_apart(error: BaseException) -> Raised:
    """Return an exception as parts from which `rebuild` makes one like it."""
    kinds = tuple(
        (kind.__module__, kind.__qualname__) for kind in type(error).__mro__ if kind is not object
    )
    attributes = {str(name): value for name, value in vars(error).items() if name != "__notes__"}
    # An OSError keeps the name of its file elsewhere.
    args = OSError.__reduce__(error)[1] if isinstance(error, OSError) else error.args
    return Raised(kinds, encode_value(list(args)), encode_value(attributes))


def rebuild(raised: Raised, error: TurnError) -> Exception:
    """Return an exception like the one that the session raised, with its traceback as a note.

    A class that this process knows is used; the constructor of one that is not
    built in is not called. What is no `Exception` (SystemExit, KeyboardInterrupt)
    becomes a `RemoteError` of that name: it was meant for the session alone.
    """
    args = cast("list[Any]", decode_value(raised.args))
    module, name = raised.kinds[0]
    kind = _find(module, name)
    made = _make(kind, args) if kind is not None else None
    if made is None:
        made = _make(_stand_in(raised.kinds), [error.message])
        if made is None or error.message not in str(made):
            # Some built-in classes show nothing that they did not make themselves.
            made = RemoteError(str(error))
    for key, value in cast("dict[str, Any]", decode_value(raised.attributes)).items():
        if not key.startswith("__"):
            vars(made)[key] = value
    if error.traceback:
        made.add_note(f"in the session:\n{error.traceback.rstrip()}")
    return made


def _find(module: str, name: str) -> type[Exception] | None:
    """Return a class that was imported here already; nothing is imported for it."""
    if module == "__main__":
        return None  # the session's own, not that of this program
    found: Any = builtins if module == "builtins" else sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    is_exception = isinstance(found, type) and issubclass(found, Exception)
    return cast("type[Exception]", found) if is_exception else None


def _make(kind: type[Exception], args: Sequence[Any]) -> Exception | None:
    if any(isinstance(each, Opaque) for each in args):
        return None
    try:
        if kind.__module__ == "builtins":
            return kind(*args)
        made = kind.__new__(kind, *args)
        made.args = tuple(args)
    except Exception:  # noqa: BLE001 - a class that cannot be made like this has a stand-in
        return None
    return made


def _stand_in(kinds: Sequence[tuple[str, str]]) -> type[Exception]:
    module, name = kinds[0]
    known = (_find(*each) for each in kinds)
    base = next((each for each in known if each and each.__module__ == "builtins"), Exception)
    bases = (RemoteError,) if base is Exception else (RemoteError, base)
    return type(name.rpartition(".")[2], bases, {"__module__": module, "__qualname__": name})


def _name_of(kind: type[BaseException]) -> str:
    module = "" if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as failure:  # noqa: BLE001 - a __str__ that raises is a fact about the exception
        return f"(its __str__ raised {type(failure).__name__})"
    return text.encode("utf-8", "backslashreplace").decode()


def _trace(error: BaseException) -> str:
    try:
        told = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        for each in _chain(told):
            # What leads from holdfast into the code, or out of it again, is no part of the code.
            each.stack[:] = [frame for frame in each.stack if not _OWN.match(frame.filename)]
        text = "".join(told.format())
    except KeyboardInterrupt:
        raise
    except BaseException as failure:  # noqa: BLE001 - formatting runs the exception's own code
        return f"(the traceback cannot be shown: {type(failure).__name__})"
    text = text.encode("utf-8", "backslashreplace").decode()
    if len(text) <= MAX_TRACEBACK:
        return text
    half = MAX_TRACEBACK // 2
    return f"{text[:half]}\n... {len(text) - MAX_TRACEBACK:,} characters cut ...\n{text[-half:]}"


def _chain(told: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """Yield an exception with its causes and, of a group, its members."""
    yield told
    for each in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if each is not None:
            yield from _chain(each)
