"""Which rules and orders do the examples share, and what can this machine hold them to?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from examples.sandbox.rules import Rule, read_rules

__all__ = ["BOOK", "EXAMPLE", "ORDER", "RULES", "SNOOPING", "order", "rule"]

EXAMPLE = Path(__file__).parents[3] / "examples" / "sandbox"
BOOK = EXAMPLE / "rulebook" / "orders.toml"
RULES = read_rules(BOOK)
SNOOPING = read_rules(EXAMPLE / "rulebook" / "snooping.toml")[0]


def order(price: int = 10, **fields: Any) -> dict[str, Any]:
    """Return an order that every rule of the book accepts, but for what is changed."""
    return {"id": 1, "country": "NL", "lines": [{"price": price, "count": 1}], **fields}


ORDER = order()


def rule(name: str, *body: str) -> Rule:
    """Return a rule with these lines as its body."""
    return Rule(name=name, code="\n    ".join([f"def {name}(order):", *body]))
