"""Where does a case put its files, and how does it get rid of them?"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from examples.media.audit import take_checksums
from examples.media.files import Manifest, create_test_files
from examples.media.kinds import KINDS

__all__ = ["fill", "make_place", "memory_folder", "pairs_of", "remove_place"]

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux has it; nothing of a fixed name is put there
# 20,000 files take 80 MB; a container often has 64 MB there.
ROOM_BYTES = 200_000_000


def make_place(*, in_memory: bool = False) -> str:
    """Make an empty folder for a case, below TMPDIR or in memory; return its path."""
    return tempfile.mkdtemp(prefix="media-", dir=memory_folder() if in_memory else None)


def remove_place(place: str) -> None:
    """Remove the folder of a case with all that is in it; one that is gone is fine."""
    if os.path.lexists(place):
        shutil.rmtree(place)


def memory_folder() -> Path | None:
    """Return a folder in memory, where there is one; None is the folder of temporary files.

    For what organises a few files thousands of times, and waits for the disk each time; and
    where memory is what is looked at.
    """
    if not os.access(IN_MEMORY, os.W_OK):
        return None
    return IN_MEMORY if shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES else None


def fill(
    place: str,
    files: int,
    *,
    inboxes: int = 1,
    kinds: Sequence[str] = KINDS,
    seed: int = 1,
) -> list[Manifest]:
    """Make inboxes of so many files each, and write down their checksums."""
    made: list[Manifest] = []
    for n in range(inboxes):
        inbox = Path(place) / f"inbox-{n}"
        made.append(create_test_files(inbox, files, kinds, seed + n))
        take_checksums(inbox)
    return made


def pairs_of(place: str, *, inboxes: int = 1, is_shared: bool = True) -> list[tuple[Path, Path]]:
    """Return each inbox of a place with its library: one for all of them, or one each."""
    base = Path(place)
    return [
        (base / f"inbox-{n}", base / ("library" if is_shared else f"library-{n}"))
        for n in range(inboxes)
    ]
