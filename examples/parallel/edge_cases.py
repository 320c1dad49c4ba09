"""What happens at the edges: nothing, one item, failures, and what cannot travel?"""

from __future__ import annotations

import threading
from typing import Any

from examples.parallel.say import require
from examples.parallel.work import invert, square
from holdfast.parallel import Failure, execute

__all__ = ["main"]


def locked(n: int) -> Any:
    """Return what no process can send to another."""
    return threading.Lock() if n == 3 else n


def main() -> None:
    """Map what maps tend to break on."""
    require(execute(square, [], executor="process") == [], "no item gives no result")
    require(execute(square, [7], executor="process", n_jobs=4) == [49], "one item needs one worker")

    captured = 10
    results = execute(lambda n: n + captured, range(5), executor="thread", n_jobs=2)
    require(results == [10, 11, 12, 13, 14], "closures work")

    options: dict[str, Any] = {"executor": "process", "n_jobs": 2, "on_error": "collect"}
    collected = execute(invert, [1, 0, 2], **options)
    require(isinstance(collected[1], Failure), "a failure stands in the place of its result")
    require(collected[1].index == 1, "and knows its index")

    mixed = execute(locked, range(5), **options)
    require(mixed[2] == 2 and isinstance(mixed[3], Failure), "a result that cannot travel is named")


if __name__ == "__main__":
    main()
