"""How do we go on: serially, in threads or in processes, and with how many?"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from holdfast.parallel.host import Host
from holdfast.parallel.limits import Limits, capacity
from holdfast.parallel.profile import Measured
from holdfast.text.format import format_duration

__all__ = ["IDLE_SHARE", "INNER_PARALLEL", "Choice", "Outlook", "decide", "predict", "start_cost"]

# A change must win this share of the serial time, or the estimate's error eats it.
WORTH = 0.9
IDLE_SHARE = 0.5
# Below this, switching threads costs as much as the wait.
WAIT_ITEM_S = 0.2e-3
# Below this, two threads share the interpreter lock in slices longer than the trial.
TRIAL_ITEM_S = 0.5e-3
# Two threads that keep this many cores busy have let go of the interpreter lock.
FREES_LOCK = 1.5
INNER_PARALLEL = 1.2
MOST_THREADS = 256
# First calls work longer than later ones, which find all warm; as many threads as that might
# allow are the bound, and fewer are kept where more bring nothing.
COLD = 4
# One hand-out of a chunk through a pipe, and its answer; items of 2.5 ms are worth 25 of it.
CHUNK_S = 100e-6
TRIAL_WORTH_S = 0.02
# How long each of the two threads runs at least.
TRIAL_S = 0.003


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision looks at: the past as measured, what is left, what may be used.

    `left` is None where the length is not known: as much as has been done is expected
    then, so that a wrong guess loses a bounded part (ski rental), and `assumed` at least. `no_processes` and
    `no_threads` say why one is ruled out; `asked` is the n_jobs of the caller.
    """

    measured: Measured
    left: int | None
    host: Host
    limits: Limits
    rss: int = 0
    asked: int | None = None
    assumed: int = 0
    no_processes: str = ""
    no_threads: str = ""
    inner_threads: int = 1


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `trial` runs real items on two threads to see whether they help."""

    executor: Literal["serial", "thread", "process", "trial"]
    workers: int
    reason: str
    predicted_s: float | None = None
    serial_s: float | None = None


def start_cost(method: str, workers: int, rss: int) -> float:
    """Return the seconds that starting workers takes.

    Measured on a 2-core virtual machine: a fork copies page tables, 15 ms per GiB; a new
    interpreter takes 60 ms, and a warm fork server 30 ms.
    """
    if method == "fork":
        return 0.002 + workers * (0.0025 + 0.015 * rss / 2**30)
    return (0.06 if method == "spawn" else 0.03) + 0.012 * workers


def predict(look: Outlook, left: int, workers: int) -> float:
    """Return the seconds that processes take for what is left, all costs included.

    The parent hands chunks out and takes bytes in alone: that part no worker shortens.
    """
    seen = look.measured
    compute = left * (seen.item_s + seen.out_s) / capacity(look.host, workers)
    parent = _parent_s(look, left, workers)
    start = start_cost(look.limits.start_method, workers, look.rss)
    tail = seen.item_s if left > workers else 0.0
    busiest = max(compute, math.ceil(left / workers) * seen.item_s if left < 4 * workers else 0.0)
    return start + max(busiest + tail / 2, parent)


def _parent_s(look: Outlook, left: int, workers: int) -> float:
    """Return the seconds that the parent alone spends on handing out and taking in."""
    seen = look.measured
    chunks = max(workers, math.ceil(left * seen.item_s / 0.1)) + 4 * workers
    return left * (seen.in_s + seen.out_s) + min(left, chunks) * CHUNK_S


def decide(look: Outlook) -> Choice:
    """Choose how to go on. Pure: the same outlook gives the same choice."""
    seen = look.measured
    left = max(1, seen.items, look.assumed) if look.left is None else look.left
    serial_s = left * seen.item_s
    most = look.limits.cores if look.asked is None else look.asked
    if left <= 1 or (look.asked == 1):
        return Choice(executor="serial", workers=1, reason="one item or one worker is left")
    if seen.idle_share > IDLE_SHARE and seen.item_s > WAIT_ITEM_S and not look.no_threads:
        return _wait_in_threads(look, left, serial_s)
    if most <= 1:
        return _serial(f"one worker is all there is: {look.limits.bound}", serial_s)
    if seen.parallelism > INNER_PARALLEL or (
        look.inner_threads > 1 and seen.parallelism > 1.05 and seen.queued_share > 0.1
    ):
        reason = f"an item keeps {seen.parallelism:.1f} cores busy by itself"
        return _serial(reason, serial_s)
    if seen.threads_gain is not None and seen.threads_gain >= FREES_LOCK and not look.no_threads:
        return _compute_in_threads(look, left, serial_s, most)
    if _trial_pays(look, left, serial_s, most):
        reason = "does the function let go of the interpreter lock? two threads will tell"
        return Choice(executor="trial", workers=2, reason=reason, serial_s=serial_s)
    return _processes(look, left, serial_s, most)


def _wait_in_threads(look: Outlook, left: int, serial_s: float) -> Choice:
    seen = look.measured
    # What a call works must fit into the cores; the rest of its time is free.
    busy = min(1.0, max(seen.parallelism, 1e-3))
    most = look.asked or max(2, min(MOST_THREADS, int(COLD * look.limits.cores / busy)))
    workers = max(1, min(most, left))
    reason = f"{seen.idle_share:.0%} of an item's time is waiting, which threads share"
    predicted = left * seen.item_s * max(busy / max(1, look.limits.cores), 1 / workers)
    return Choice(
        executor="thread", workers=workers, reason=reason, predicted_s=predicted, serial_s=serial_s
    )


def _compute_in_threads(look: Outlook, left: int, serial_s: float, most: int) -> Choice:
    workers = max(1, min(most, left))
    predicted = serial_s / capacity(look.host, workers)
    if predicted > WORTH * serial_s:
        return _serial("more threads would gain too little", serial_s)
    gain = look.measured.threads_gain
    reason = f"two threads kept {gain:.1f} cores busy: the interpreter lock is free meanwhile"
    return Choice(
        executor="thread", workers=workers, reason=reason, predicted_s=predicted, serial_s=serial_s
    )


def _trial_pays(look: Outlook, left: int, serial_s: float, most: int) -> bool:
    seen = look.measured
    if seen.threads_gain is not None or look.no_threads or left < 4:
        return False
    if not look.host.gil:
        return serial_s >= TRIAL_WORTH_S
    if seen.item_s < TRIAL_ITEM_S or serial_s < TRIAL_WORTH_S:
        return False
    if look.no_processes or look.limits.no_processes:
        return True
    # Where the lock is kept, one of the threads does nothing meanwhile; where it is let go,
    # all that is saved is what processes cost besides the work.
    workers = min(most, left)
    start_s = start_cost(look.limits.start_method, workers, look.rss)
    return max(TRIAL_S, seen.item_s) <= start_s + _parent_s(look, left, workers)


def _processes(look: Outlook, left: int, serial_s: float, most: int) -> Choice:
    refused = look.no_processes or look.limits.no_processes
    if refused:
        return _serial(f"processes are ruled out: {refused}", serial_s)
    counts = range(2, min(most, left) + 1) if look.asked is None else [min(most, left)]
    best = min(((predict(look, left, n), n) for n in counts), default=(math.inf, 1))
    if best[0] >= WORTH * serial_s:
        reason = (
            f"{format_duration(serial_s)} are left; processes would need {format_duration(best[0])}"
        )
        return _serial(reason, serial_s, best[0])
    predicted, workers = best
    reason = (
        f"{workers} processes need {format_duration(predicted)} for what takes "
        f"{format_duration(serial_s)} here"
    )
    return Choice(
        executor="process", workers=workers, reason=reason, predicted_s=predicted, serial_s=serial_s
    )


def _serial(reason: str, serial_s: float, predicted_s: float | None = None) -> Choice:
    return Choice(
        executor="serial", workers=1, reason=reason, predicted_s=predicted_s, serial_s=serial_s
    )
