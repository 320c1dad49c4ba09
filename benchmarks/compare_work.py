"""What is compared? Functions of about 2.5 ms, and the same with a little more work."""

from __future__ import annotations

__all__ = ["TURNS", "numbers", "words"]

# The base of 2.5 ms on the machine of the first measurement; the others are relative to it.
TURNS = {"numbers": 32_000, "words": 8_000}


def numbers(share: float = 1.0) -> int:
    """The reported workload: arithmetic in a loop."""
    total = 0
    for at in range(int(TURNS["numbers"] * share)):
        total += at * at % 7
    return total


def words(share: float = 1.0) -> int:
    """The workload for tuning: strings and a dict."""
    seen: dict[str, int] = {}
    for at in range(int(TURNS["words"] * share)):
        key = str(at % 1000)
        seen[key] = seen.get(key, 0) + len(key)
    return len(seen)
