"""How is a plan used with a pool of one's own?"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from examples.parallel.say import require
from examples.parallel.work import collatz
from holdfast.parallel import execute, optimize

__all__ = ["main"]


def main() -> None:
    """Hand the plan to multiprocessing, and an executor of one's own to a map."""
    expected = [collatz(n) for n in range(1, 400)]

    plan = optimize(collatz, (n for n in range(1, 400)))
    with multiprocessing.get_context("spawn").Pool(plan.n_jobs) as pool:
        results = pool.map(collatz, plan.data, plan.chunksize)
    require(results == expected, "Pool.map with a plan is complete and in order")

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        results = execute(collatz, range(1, 400), executor=executor, chunksize=50)
    require(results == expected, "an executor of one's own is used as it is")


if __name__ == "__main__":
    main()
