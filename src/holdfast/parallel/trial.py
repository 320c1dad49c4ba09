"""Do two threads keep more than one core busy with these items?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from holdfast.parallel.calls import Ran, Rules, run_items
from holdfast.parallel.crew import Chunk
from holdfast.parallel.futures_crew import make_threads
from holdfast.parallel.meter import Spent, spent, take_reading

__all__ = ["gain_of", "run_trial"]

# Two threads on two cores; clocks that tick apart may read a little more.
MOST = 2.0


def run_trial(
    func: Callable[[Any], Any], rules: Rules, chunks: Sequence[Chunk]
) -> tuple[list[tuple[Chunk, Ran]], float]:
    """Run each chunk on a thread of its own; give the results and the cores kept busy."""
    before = take_reading()
    with make_threads(len(chunks)) as pool:
        futures = [pool.submit(_run, func, rules, chunk) for chunk in chunks]
        done = [future.result() for future in futures]
    both = spent(before, take_reading())
    ran = [(chunk, each) for chunk, (each, _) in zip(chunks, done, strict=True)]
    # One chunk alone tells nothing of two.
    gain = gain_of(both, [own for _, own in done]) if len(done) > 1 else 1.0
    return ran, gain


def gain_of(both: Spent, each: Sequence[Spent]) -> float:
    """Return how many cores the threads kept busy, queueing for a core left out.

    A thread that waits for the interpreter lock is idle, one that waits for a core is
    not: on a busy host the wall time alone would make the two look the same. Only what
    both queued counts: one may queue behind the other, which holds the lock meanwhile.
    """
    queued = min((own.queued_s for own in each), default=0.0)
    return min(MOST, both.process_s / max(1e-9, both.wall_s - queued))


def _run(func: Callable[[Any], Any], rules: Rules, chunk: Chunk) -> tuple[Ran, Spent]:
    before = take_reading()
    items = () if chunk.items is None else chunk.items
    ran = run_items(func, items, chunk.start, rules)
    return ran, spent(before, take_reading())
