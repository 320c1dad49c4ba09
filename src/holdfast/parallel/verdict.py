"""Is the parallel result what the serial loop gives? The answer as a value."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = ["Equality", "EqualityStatus"]

EqualityStatus = Literal["equal", "equal_within", "impure", "mutates_input", "differs"]


class Equality(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a parallel map, with the first item that tells against it.

    `equal`: every compared value is equal (NaN equals NaN); `equal_within`: equal within
    the tolerance that was asked for; `impure`: the same item gives another value when it
    is run again, so that no order of running is the right one; `mutates_input`: the
    function changes its item; `differs`: none of these, and the values differ.
    """

    status: EqualityStatus
    index: int | None = None
    serial: Any = None
    parallel: Any = None
    detail: str = ""
    compared: int = 0

    def __bool__(self) -> bool:
        return self.status in {"equal", "equal_within"}
