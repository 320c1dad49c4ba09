"""What becomes of a generator, which gives each item only once?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from examples.parallel.say import require
from examples.parallel.work import square
from holdfast.parallel import execute, optimize, stream

__all__ = ["main"]


def numbers(count: int) -> Iterator[int]:
    """Give numbers one after another."""
    yield from range(count)


def main() -> None:
    """Map, plan and stream generators without losing an item."""
    results = execute(square, numbers(100), executor="process", n_jobs=2)
    require(results == [n * n for n in range(100)], "all 100 items of a generator are there")

    plan = optimize(square, numbers(100))
    require(list(plan.data) == list(range(100)), "a plan puts back the items that it probed")

    endless = stream(square, itertools.count(), executor="thread", n_jobs=2)
    first = list(itertools.islice(endless, 5))
    endless.close()  # type: ignore[attr-defined]  # ends the workers; a loop to its end does so, too
    require(first == [0, 1, 4, 9, 16], "an endless generator is streamed")


if __name__ == "__main__":
    main()
