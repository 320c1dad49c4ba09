"""How does code that is observed or confined end without a value that travels?"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


class OwnError(Exception):
    """An exception of the user's that takes two arguments and cannot be unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def raise_own_error() -> None:
    raise OwnError("a", "b")


class Thing:
    """An object of the user's."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.getpid, ()


def return_thing() -> Thing:
    return Thing()


def end_process() -> None:
    os._exit(3)
