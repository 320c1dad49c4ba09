"""Does a type checker know a double for what it stands in for?

Checked by mypy, never run: `make check` reads it with the strict settings. An ignore
that is not needed is an error there, so each one says that something is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, assert_type

from holdfast.doubles import Contract, answers, double_of


class Shop:
    """What is doubled."""

    name: str

    def price(self, item: str, amount: int = 1) -> int:
        """Return a price."""
        raise NotImplementedError

    async def fetch(self, key: str) -> bytes:
        """Return what is kept."""
        raise NotImplementedError


class Till(Protocol):
    """What is doubled, and has no instances of its own."""

    def count(self, coin: str) -> int:
        """Return how many there are."""
        ...


def pay(amount: int, to: str) -> bool:
    """Pay."""
    raise NotImplementedError


def check_them(contract: Contract, taken: Shop) -> Awaitable[bytes]:
    """Use doubles of a class, of an instance and of a function."""
    shop = double_of(Shop)
    assert_type(shop, Shop)
    assert_type(double_of(taken, contract=contract), Shop)
    assert_type(shop.price("tea"), int)
    assert_type(shop.name, str)
    assert_type(double_of(pay)(3, to="you"), bool)
    double_of(Till).count("penny")
    answers(shop.price, 3)
    shop.prise("tea")  # type: ignore[attr-defined]
    shop.price(3)  # type: ignore[arg-type]
    shop.price("tea", amuont=3)  # type: ignore[call-arg]
    return shop.fetch("a")
