"""What is mapped in these examples? Small functions, each of one kind of work."""

from __future__ import annotations

import hashlib
import math
import time
from typing import Any

__all__ = [
    "POISON",
    "checksum",
    "collatz",
    "fetch",
    "invert",
    "large",
    "next_number",
    "norm",
    "square",
    "squares",
    "tag",
    "uneven",
]

POISON = 13
_count = 0


def square(x: int) -> int:
    """Compute next to nothing: dearer to send than to do."""
    return x * x


def squares(n: int) -> list[int]:
    """Return the first n squares as a loop would give them: a ground truth."""
    return [x * x for x in range(n)]


def collatz(n: int) -> int:
    """Compute for a while, in the interpreter alone: processes pay."""
    steps = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def checksum(n: int) -> str:
    """Compute in C, without the interpreter lock: threads pay."""
    return hashlib.sha256(bytes(n % 251 for n in range(n)) * 500).hexdigest()


def fetch(n: int) -> int:
    """Wait, as for an answer from elsewhere: many threads pay."""
    time.sleep(0.002)
    return n + 1


def uneven(n: int) -> int:
    """Take a hundred times as long for one item in ten."""
    return sum(k % 7 for k in range(20_000 if n % 10 == 0 else 200))


def large(n: int) -> list[int]:
    """Return much for little: the bytes cost more than the work."""
    return list(range(n, n + 2_000))


def tag(word: str) -> dict[str, Any]:
    """Turn a text into an object."""
    return {"word": word, "length": len(word), "upper": word.upper()}


def norm(point: list[float]) -> float:
    """Return a length; nan stays nan."""
    return math.sqrt(sum(value * value for value in point))


def invert(n: int) -> float:
    """Fail for one item: there is no inverse of 0."""
    return 1 / n


def next_number(n: int) -> int:
    """Count calls in a global: no order of running gives what another one gives."""
    global _count  # noqa: PLW0603 - what must not be done, on purpose
    _count += 1
    return n + _count
