"""What do the cases of this folder call?"""

from __future__ import annotations

from typing import Any

import msgspec

from examples.sandbox.engine import RuleEngine
from examples.sandbox.rules import Order, read_rules
from holdfast import timer
from holdfast.session import Session

__all__ = ["decide", "decide_many"]


def decide(order: Order, book: str = "rulebook/orders.toml") -> dict[str, Any]:
    """Decide one order. The case holds this process to its capabilities, so the session needs none."""
    with timer("read"):
        rules = read_rules(book)
    with Session(in_process=True) as session:
        with timer("load"):
            engine = RuleEngine(session, rules)
        with timer("decide"):
            return msgspec.to_builtins(engine.decide(order))


def decide_many(orders: int, book: str = "rulebook/orders.toml") -> dict[str, int]:
    """Decide so many orders in one turn; return how many have which status."""
    made = [{"id": n, "country": "NL", "lines": [{"price": n, "count": 1}]} for n in range(orders)]
    with Session(in_process=True) as session, timer("decide"):
        decisions = RuleEngine(session, read_rules(book)).decide_all(made)
    statuses = [each.status for each in decisions]
    return {status: statuses.count(status) for status in sorted(set(statuses))}
