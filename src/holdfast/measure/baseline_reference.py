"""How fast is this machine just now? A fixed piece of work says it, of the same kind then and now.

It is run in turns with whatever is measured for a baseline, by a process of its own. It must
never change without a new name: sittings with different loops are not compared.
"""

from __future__ import annotations

__all__ = ["NAME", "work"]

NAME = "python-1"
TURNS = 300


class _Item:
    """Something with fields."""

    def __init__(self, key: str, size: int) -> None:
        self.key = key
        self.size = size

    def grown(self, by: int) -> int:
        """Be a method that is called often."""
        self.size += by
        return self.size


def work() -> int:
    """Do for half a millisecond what programs do: count, call, make objects, look up, join, sort."""
    table: dict[str, list[int]] = {}
    items: list[_Item] = []
    total = 0
    for at in range(TURNS):
        key = f"k{at * 7919 % 97}"
        item = _Item(key, at)
        total = (total * 31 + item.grown(at % 13)) % 1_000_003
        table.setdefault(key, []).append(total)
        items.append(item)
    items.sort(key=lambda each: (each.key, -each.size))
    text = ",".join(each.key for each in items)
    return total + len(text.split(",")) + sum(max(each) for each in table.values())
