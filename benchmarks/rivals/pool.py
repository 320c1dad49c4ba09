"""How long does a plain executor take? `python -m benchmarks.rivals.pool WORKERS CALLS`."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from benchmarks.targets import nothing

__all__ = ["main"]


def main(workers: int, calls: int) -> int:
    """Submit the calls one by one; return how many were answered."""
    with ProcessPoolExecutor(workers) as pool:
        pending = [pool.submit(nothing) for _ in range(calls)]
        return sum(call.result() is None for call in pending)


if __name__ == "__main__":
    print(main(int(sys.argv[1]), int(sys.argv[2])))
