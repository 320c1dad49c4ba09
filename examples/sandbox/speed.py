"""Which ways to decide orders are compared with one another, and looked at for leaks?"""

from __future__ import annotations

import functools
from pathlib import Path

from examples.sandbox.engine import RuleEngine
from examples.sandbox.rules import Decision, read_rules
from holdfast.session import Session

__all__ = ["anew", "in_one_turn", "status_of", "turn_by_turn"]

RULES = read_rules(Path(__file__).parent / "rulebook" / "orders.toml")
ORDERS = [{"id": n, "country": "NL", "lines": [{"price": n, "count": 1}]} for n in range(20)]


@functools.cache
def kept_engine() -> RuleEngine:
    """Return an engine whose session stays open as long as this process lives."""
    return RuleEngine(Session(in_process=True), RULES)


def in_one_turn() -> list[Decision]:
    """Decide all orders in one turn."""
    return kept_engine().decide_all(ORDERS)


def turn_by_turn() -> list[Decision]:
    """Decide each order with a turn for each rule."""
    return [kept_engine().decide(order) for order in ORDERS]


def anew() -> list[Decision]:
    """Decide all orders in a session of their own, which is closed again."""
    with Session(in_process=True) as session:
        return RuleEngine(session, RULES).decide_all(ORDERS)


def status_of(price: int = 10) -> str:
    """Return how an order of one line is decided. The session keeps the turns in its history."""
    order = {"id": 1, "country": "DE", "lines": [{"price": price, "count": 1}]}
    return kept_engine().decide(order).status
