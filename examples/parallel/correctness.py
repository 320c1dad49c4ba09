"""Which functions can be run side by side, and how are the others found out?"""

from __future__ import annotations

from examples.parallel.say import require
from examples.parallel.work import next_number, norm, square
from holdfast.parallel import verify

__all__ = ["main"]


def append(items: list[int]) -> int:
    """Change the item: a worker changes a copy, a loop the item itself."""
    items.append(0)
    return len(items)


def main() -> None:
    """Ask for the verdict on four functions."""
    for n_jobs in (2, 3):
        found = verify(square, range(50), n_jobs=n_jobs, chunksize=7)
        require(found.status == "equal", f"pure: equal with {n_jobs} workers")

    points = [[1.0, 2.0], [float("nan")], []]
    require(verify(norm, points).status == "equal", "nan equals nan")

    require(verify(next_number, range(9)).status == "impure", "a global counter is impure")

    found = verify(append, [[1], [2]])
    require(found.status == "mutates_input", "a changed item is told apart from a wrong result")


if __name__ == "__main__":
    main()
