"""Does a generated double refuse what the real thing would not take, and know what it has?"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from holdfast.doubles import (
    Answer,
    Contract,
    Unscripted,
    answers,
    calls,
    count_calls,
    double_of,
    forget,
)
from holdfast.errors import UsageError
from holdfast.process.page import open_page

MARKER = object()


class Base:
    currency: str = "EUR"

    def inherited(self) -> None:
        """Do nothing."""


class Shop(Base):
    limit: int

    def __init__(self, name: str) -> None:
        self.name: str = name
        self.orders, self.closed = [name], False

    def price(self, item: str, amount: int = 1, *, rate: float = 1.0) -> int:
        """Return a price."""
        raise NotImplementedError

    def many(self, first: int, /, *rest: int, **named: str) -> list[int]:
        raise NotImplementedError

    def choose(self, how: Literal["a", "b"], marker: Any = MARKER, maybe: int | None = None) -> str:
        raise NotImplementedError

    def nested(
        self, items: dict[str, list[int]], call: Callable[[], int], pair: tuple[int, str]
    ) -> Any:
        raise NotImplementedError

    async def fetch(self, key: str) -> bytes:
        raise NotImplementedError

    @staticmethod
    def parse(text: str) -> int:
        raise NotImplementedError

    @classmethod
    def open(cls, name: str) -> Shop:
        raise NotImplementedError

    @property
    def size(self) -> int:
        raise NotImplementedError

    def unknown(self, thing: Missing) -> int:  # type: ignore[name-defined]  # noqa: F821
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


def pay(amount: int, to: str) -> bool:
    raise NotImplementedError


@pytest.fixture
def shop() -> Any:
    return double_of(Shop)


def test_a_scripted_function_answers_and_keeps_its_calls(shop: Any) -> None:
    answers(shop.price, 3)
    assert [shop.price("tea"), shop.price(item="tea", amount=2)] == [3, 3]
    assert calls(shop.price) == [("tea", 1, 1.0), ("tea", 2, 1.0)]
    assert count_calls(shop.price) == 2
    forget(shop.price)
    assert (calls(shop.price), count_calls(shop.price)) == ([], 0)


def test_counts_are_exact_and_memory_is_bounded(shop: Any) -> None:
    answers(shop.price, 3)
    for _ in range(250):
        shop.price("tea")
    assert (count_calls(shop.price), len(calls(shop.price))) == (250, 100)


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "message"),
    [
        ("price", (), {}, "missing 1 required positional argument: 'item'"),
        ("price", ("a", 1, 2.0), {}, "takes from 1 to 2 positional arguments but 3 were given"),
        ("price", ("a",), {"amuont": 1}, "unexpected keyword argument 'amuont'"),
        ("price", ("a",), {"amuont": 1}, "(?i)did you mean 'amount'"),
        ("price", (), {"itm": "a"}, "(?i)did you mean 'item'"),
        ("price", (), {"item": "a", "aitem": 1}, "(?i)did you mean 'item'"),
        ("price", ("a",), {"zzz": 1}, "'zzz'; its names are item, amount, rate"),
        ("price", ("a",), {"item": "b"}, "got multiple values for argument 'item'"),
        ("inherited", (), {"x": 1}, "'x'; it takes no names"),
        ("many", (), {}, "many\\(\\) missing 1 required positional argument: 'first'"),
        ("fetch", (), {}, "missing 1 required positional argument: 'key'"),
        ("fetch", (), {"ky": "k"}, "(?i)did you mean 'key'"),
        ("fetch", (3,), {}, "fetch: key must be str, got int 3"),
        ("price", (3,), {}, "price: item must be str, got int 3"),
        ("price", ("a", "b"), {}, "price: amount must be int, got str 'b'"),
        ("price", ("a",), {"rate": "x"}, "price: rate must be float, got str 'x'"),
        ("many", (), {"first": 1}, "missing 1 required positional argument"),
        ("many", (1, "x"), {}, "many: rest must be int, got str 'x'"),
        ("many", (1,), {"a": 2}, "many: named must be str, got int 2"),
        ("choose", ("c",), {}, r"how must be Literal\['a', 'b'\], got str 'c'"),
        ("choose", ("a",), {"maybe": "x"}, "maybe must be "),
        ("nested", ({"a": ["x"]}, int, (1, "a")), {}, "items must be dict"),
        ("nested", ({"a": [1]}, 3, (1, "a")), {}, "call must be "),
        ("nested", ({"a": [1]}, int, (1,)), {}, "pair must be tuple"),
        ("parse", (3,), {}, "parse: text must be str, got int 3"),
        ("inherited", (1,), {}, "takes 0 positional arguments but 1 was given"),
    ],
)
def test_a_call_that_the_real_one_would_not_take_fails_at_once(
    shop: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        getattr(shop, name)(*args, **kwargs)
    assert count_calls(getattr(shop, name)) == 0


def test_calls_that_fit_are_taken(shop: Any) -> None:
    answers(shop.many, [1])
    answers(shop.choose, "x")
    answers(shop.nested, object())
    answers(shop.unknown, 1)
    answers(shop.price, 1)
    assert shop.many(1, 2, 3, a="b") == [1]
    assert shop.choose("a", maybe=None) == "x"
    assert calls(shop.choose)[0][1] is MARKER
    shop.nested({"a": [1]}, int, (1, "a"))
    assert shop.unknown(object()) == 1
    assert shop.price("a", rate=2) == 1
    assert shop.inherited() is None


def test_an_answer_of_another_type_fails_when_it_is_scripted(shop: Any) -> None:
    with pytest.raises(TypeError, match="price must return int, got str 'x'"):
        answers(shop.price, "x")
    with pytest.raises(TypeError, match=r"many must return list\[int\], got list \['x'\]"):
        answers(shop.many, [1], ["x"])
    with pytest.raises(TypeError, match="price must return int, got str 'x'"):
        answers(shop.price, Answer(value="x"))
    answers(shop.price, lambda: "x")
    with pytest.raises(TypeError, match="price must return int, got str 'x'"):
        shop.price("tea")


def test_sequences_and_exceptions_are_answers_too(shop: Any) -> None:
    answers(shop.price, 1, LookupError("gone"), Answer(value=3, delay_s=0.001), lambda: 4)
    assert shop.price("a") == 1
    with pytest.raises(LookupError, match="gone"):
        shop.price("a")
    assert [shop.price("a"), shop.price("a")] == [3, 4]
    with pytest.raises(Unscripted, match="at most 4 times"):
        shop.price("a")


def test_what_nothing_scripts_is_an_error(shop: Any) -> None:
    with pytest.raises(Unscripted, match=r"a call of price must be scripted, got arguments \('a'"):
        shop.price("a")
    with pytest.raises(Unscripted, match="attribute 'name' of the double of Shop must be set"):
        shop.name  # noqa: B018
    with pytest.raises(UsageError, match="must be a function of a double"):
        answers(print, 1)


def test_async_stays_async(shop: Any) -> None:
    assert inspect.iscoroutinefunction(shop.fetch)
    answers(shop.fetch, Answer(value=b"x", delay_s=0.001), b"y")
    assert asyncio.run(shop.fetch("k")) == b"x"
    answers(shop.fetch, b"z")
    assert asyncio.run(shop.fetch("k")) == b"z"


def test_unknown_attributes_are_neither_read_nor_set(shop: Any) -> None:
    with pytest.raises(AttributeError, match="'prise', it has none; did you mean 'price'"):
        shop.prise  # noqa: B018
    with pytest.raises(AttributeError, match="there is none; did you mean 'name'"):
        shop.nam = 1
    with pytest.raises(AttributeError, match="is a method: use `answers`"):
        shop.price = 1


def test_attributes_of_the_class_and_of_its_init_are_known_and_typed(shop: Any) -> None:
    shop.name, shop.orders, shop.closed, shop.currency, shop.limit, shop.size = "a", 1, 2, "b", 3, 4
    assert (shop.name, shop.limit, shop.size) == ("a", 3, 4)
    with pytest.raises(TypeError, match=r"Shop\.limit must be int, got str 'x'"):
        shop.limit = "x"
    with pytest.raises(TypeError, match=r"Shop\.size must be int, got str 'x'"):
        shop.size = "x"


def test_a_double_looks_like_the_real_one(shop: Any) -> None:
    assert isinstance(shop, Shop)
    assert repr(shop) == "<double of Shop>"
    assert {"price", "name", "size"} <= set(dir(shop))
    assert str(inspect.signature(shop.price)) == str(inspect.signature(Shop("a").price))
    assert shop.price.__doc__ == "Return a price."
    answers(shop.__len__, 7)
    assert len(shop) == 7


def test_two_doubles_of_one_class_share_nothing() -> None:
    one, two = double_of(Shop), double_of(Shop("a"))
    answers(one.price, 3)
    with pytest.raises(Unscripted):
        two.price("a")


def test_a_function_has_a_double() -> None:
    double = double_of(pay)
    answers(double, True)
    assert double(3, to="x")
    with pytest.raises(TypeError, match="pay: amount must be int"):
        double("3", "x")
    with pytest.raises(UsageError, match="must tell its signature"):
        double_of(min)


@pytest.mark.parametrize("thing", [None, 3, "text", [1], pytest])
def test_what_is_neither_class_nor_function_is_refused(thing: Any) -> None:
    with pytest.raises(UsageError, match="must be a class, an instance of one or a function, got"):
        double_of(thing)


def used_on_a_page(contract: Contract | None) -> Any:
    def call() -> Any:
        page = open_page()
        double = double_of(Shop, contract=contract)
        answers(double.price, 3)
        double.price("a")
        double.price("a")
        return page.values.get("assumed")

    return contextvars.Context().run(call)


class FreeShop(Shop):
    def price(self, item: str, amount: int = 1, *, rate: float = 1.0) -> int:
        return 3


def costs_three(shop: Any) -> None:
    assert shop.price("a") == 3


def test_a_double_without_a_verified_contract_makes_the_result_assumed(tmp_path: Path) -> None:
    assert used_on_a_page(None) == [f"the double of {__name__}:Shop has no contract"]
    contract = Contract("shop", [costs_three], record=tmp_path / "contracts.json")
    assert used_on_a_page(contract) == ["the double of contract 'shop' was never verified"]

    def double() -> Any:
        made = double_of(Shop)
        answers(made.price, 3)
        return made

    contract.verify(lambda: FreeShop("a"), double)
    assert contract.standing(FreeShop) == ""
    assert "has changed since" in contract.standing(Base)
