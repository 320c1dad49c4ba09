"""Code that would look passed without having been exercised; called by test_executor_earned.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any


def yields() -> Iterator[int]:
    yield 1
    raise AssertionError("never reached")


async def yields_later() -> AsyncIterator[int]:
    yield 1
    raise AssertionError("never reached")


def items() -> dict[str, list[int]]:
    return {"items": []}


async def items_later() -> dict[str, list[int]]:
    return {"items": []}


def mends(value: Any) -> bool:
    value["items"].append(1)
    return True


def wrong_inside(n: int) -> int:
    return n + "text"  # type: ignore[operator]


def takes_nothing() -> None:
    return None
