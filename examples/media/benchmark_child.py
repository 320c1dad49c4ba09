"""What runs in the process whose speed and memory are measured? One run of the organiser, and no more."""

from __future__ import annotations

import sys
import time

import msgspec

from examples.media.organise import organise
from examples.media.profiles import Profile

__all__ = ["Order", "Timed", "main"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to organise."""

    inbox: str
    library: str
    profile: Profile


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, in how many seconds, with how much processor time."""

    moved: int
    refused: int
    seconds: float
    cpu_s: float


def main() -> None:
    """Say that all is loaded, read an order, carry it out, and stay until the input ends."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    order = msgspec.json.decode(sys.stdin.readline(), type=Order)
    began, used = time.perf_counter(), time.process_time()
    done = organise(order.inbox, order.library, order.profile)
    timed = Timed(
        moved=done.moved,
        refused=len(done.refused),
        seconds=time.perf_counter() - began,
        cpu_s=time.process_time() - used,
    )
    sys.stdout.write(f"{msgspec.json.encode(timed).decode()}\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    main()
