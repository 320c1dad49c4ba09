"""How is a loop turned into a map that runs side by side?"""

from __future__ import annotations

from examples.parallel.say import require, say
from examples.parallel.work import collatz
from holdfast.parallel import execute

__all__ = ["main"]


def main() -> None:
    """Map a function over a range, and look at what was decided."""
    numbers = range(1, 20_000)
    results, plan = execute(collatz, numbers, return_plan=True)
    require(results == [collatz(n) for n in numbers], "the map gives what the loop gives")
    say(f"it ran as {plan.executor} with {plan.n_jobs} workers: {plan.reason}")


if __name__ == "__main__":
    main()
