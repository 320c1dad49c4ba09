"""How do verbose, profile, progress, limits and verification work together?"""

from __future__ import annotations

from examples.parallel.say import require, say
from examples.parallel.work import collatz
from holdfast.parallel import execute

__all__ = ["main"]


def main() -> None:
    """Ask one map for everything at once."""
    phases: list[str] = []

    def progress(phase: str, done: int, total: int | None) -> None:
        phases.append(f"{phase} {done}/{total}")

    results, plan = execute(
        collatz,
        range(1, 500),
        executor="process",
        n_jobs=2,
        timeout_s=30,
        seed=7,
        verify="sample",
        verbose=True,
        profile=True,
        progress=progress,
        return_plan=True,
    )
    require(len(results) == 499, "nothing of it changes the results")
    require(sum(chunk.items for chunk in plan.profile.chunks) == 499, "every chunk is logged")
    require(phases[-1].endswith("499/499"), "progress is told to the end")
    require(plan.equality, f"a sample was run again: {plan.equality.detail}")
    say(plan.explain())


if __name__ == "__main__":
    main()
