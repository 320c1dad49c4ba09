"""Which function is called, and how?"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = ["AssessorCall", "PythonCall"]


class AssessorCall(msgspec.Struct, frozen=True, kw_only=True):
    """A user's validator to call on the live value: `key` identifies it with its parameters.

    With `takes_arguments` it is also given the arguments of the call, as `arguments`.
    """

    key: str
    ref: str
    params: Any = None
    takes_arguments: bool = False


class PythonCall(msgspec.Struct, frozen=True, kw_only=True):
    """A Python function to call in a host or worker.

    `ref` is `module:qualname`, or `path.py:qualname` for a file. `lane` is
    `async` when the function is a coroutine function, else `sync`. `worker` names
    the worker whose place the caller holds, "" for a call that holds none.
    """

    ref: str
    kwargs: dict[str, Any] = {}
    lane: Literal["async", "sync"] = "sync"
    timeout_s: float | None = None
    seed: int = 0
    assessors: tuple[AssessorCall, ...] = ()
    alone: bool = False
    worker: str = ""
