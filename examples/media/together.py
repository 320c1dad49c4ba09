"""What do several organisers do at the same time, in processes of their own?"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from examples.media.organise import organise
from examples.media.profiles import Profile
from holdfast.parallel import execute

__all__ = ["Shift", "organise_at_once", "overlap_s"]

# Who waits longer than this for the others works alone; that shows in `overlap_s`.
START_S = 20.0


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """What one organiser did, from when to when; the clock is the same for all processes."""

    inbox: str
    library: str
    moved: int
    refused: int
    began: float
    ended: float


def organise_at_once(
    pairs: Sequence[tuple[Path, Path]], profile: Profile, *, gate: Path
) -> list[Shift]:
    """Organise inboxes into libraries, all at once, one process each.

    `gate` is an empty folder, in which they wait for one another before they begin.
    """
    work = functools.partial(_work, profile=profile, gate=str(gate), count=len(pairs))
    tasks = [(str(inbox), str(library)) for inbox, library in pairs]
    shifts: list[Shift] = execute(
        work, tasks, executor="process", n_jobs=len(tasks), chunksize=1, on_error="raise"
    )
    return shifts


def overlap_s(shifts: Sequence[Shift]) -> float:
    """Return for how long all of them worked at the same time; 0 where they never did."""
    return max(min(each.ended for each in shifts) - max(each.began for each in shifts), 0.0)


def _work(task: tuple[str, str], *, profile: Profile, gate: str, count: int) -> Shift:
    inbox, library = task
    _wait(Path(gate), Path(inbox).name, count)
    began = time.monotonic()
    done = organise(inbox, library, profile)
    return Shift(
        inbox=inbox,
        library=library,
        moved=done.moved,
        refused=len(done.refused),
        began=began,
        ended=time.monotonic(),
    )


def _wait(gate: Path, name: str, count: int) -> None:
    """Come to the gate, and wait until all are there."""
    (gate / name).touch()
    end = time.monotonic() + START_S
    while len(list(gate.iterdir())) < count and time.monotonic() < end:
        time.sleep(0.001)
