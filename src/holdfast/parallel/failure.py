"""What is it called when an item, a worker or an argument goes wrong?"""

from __future__ import annotations

from typing import Any

from holdfast.errors import HoldfastError, UsageError

__all__ = [
    "Failure",
    "ItemExit",
    "ItemTimeout",
    "NotPicklable",
    "ParallelDiffers",
    "StrayChild",
    "WorkerDied",
    "WorkersFailed",
    "WrongArgument",
    "add_index",
    "name_of",
]


class WrongArgument(UsageError, ValueError, TypeError):
    """An argument cannot be used; also a ValueError and a TypeError, as people expect."""


class WorkersFailed(HoldfastError, RuntimeError):
    """The workers could not be started or kept."""


class ParallelDiffers(HoldfastError, AssertionError):
    """The parallel result is not what the serial loop gives; `equality` has the verdict."""

    def __init__(self, message: str, *, equality: Any = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.equality = equality


class WorkerDied(HoldfastError, RuntimeError):
    """The worker process that ran the item was killed or ended itself."""

    index: int | None = None


class ItemTimeout(HoldfastError, TimeoutError):
    """The item took longer than `timeout_s`; its worker was killed."""

    index: int | None = None


class ItemExit(HoldfastError, RuntimeError):
    """The item called sys.exit, which would have ended the caller's program."""

    index: int | None = None


class NotPicklable(HoldfastError, TypeError):
    """A value cannot travel to or from a worker process; `position` is its item's."""

    index: int | None = None
    position: int | None = None


class StrayChild(HoldfastError, RuntimeError):
    """The function forked, and the child returned from it as well."""

    index: int | None = None


class Failure(Exception):
    """What `on_error="collect"` puts in the place of a result.

    `index` is the item's place in the data, `error` the exception as the function raised
    it, `traceback` its formatted traceback, of the worker where it ran in one.
    """

    def __init__(self, index: int, error: BaseException, traceback: str = "") -> None:
        super().__init__(index, error, traceback)
        self.index = index
        self.error = error
        self.traceback = traceback

    def __repr__(self) -> str:
        return f"Failure({self.index}, {self.error!r})"

    def __str__(self) -> str:
        text = str(self.error).removeprefix(f"item {self.index}: ")
        return f"item {self.index}: {type(self.error).__name__}: {text}"


def add_index(error: BaseException, index: int, func_name: str) -> None:
    """Note which item raised it, once; an error of this package says it in its message."""
    if isinstance(error, WorkerDied | ItemTimeout | ItemExit | NotPicklable | StrayChild):
        if error.index is None:
            error.index = index
            error.message = f"item {index}: {error.message}"
        return
    note = f"item {index} of {func_name}"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def name_of(func: Any) -> str:
    """Return the name that people know a callable by."""
    name = getattr(func, "__qualname__", None) or getattr(func, "__name__", None)
    if name is None and hasattr(func, "func"):
        return name_of(func.func)
    return str(name) if name else type(func).__qualname__
