"""How does a heap of media files become a library, ordered by date and kind?"""

from __future__ import annotations

import contextlib
import datetime
import functools
import itertools
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from examples.media.checksum import checksum
from examples.media.index import Index, Looked, Row, hold_folder
from examples.media.kinds import HEADER_BYTES, classify, taken_at
from examples.media.profiles import PROFILES, Profile, read_profile
from holdfast import timer
from holdfast.parallel import stream

__all__ = ["Organised", "Refused", "look", "organise", "scan"]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A file that stays where it is, and why."""

    source: str
    problem: str


class Organised(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did: `moved` files, of which `resumed` were on their way when an earlier run ended."""

    moved: int
    resumed: int
    batches: int
    bytes: int
    refused: tuple[Refused, ...] = ()


def organise(
    inbox: str | Path,
    library: str | Path,
    profile: Profile | str | Mapping[str, Any] = PROFILES["default"],
) -> Organised:
    """Move every file of an inbox to `YEAR/MONTH/KIND/NAME` in a library, and index it there.

    The kind is what the header says; the date is that of its metadata, else of the last
    change (UTC). No file is overwritten: a name that is taken gets a number. A run that was
    ended at any moment, by kill -9 too, is completed by the next one, each file once. What is
    held in memory is bounded by the batch, not by the collection. Files that cannot be read
    stay, and are told; links and other special files stay.

    Raises:
        ValueError: the profile is none, the library lies in the inbox, or on another file system.
        BlockingIOError: another process organises this inbox.
    """
    chosen = read_profile(profile)
    source, target = Path(inbox).resolve(), Path(library).resolve()
    _check_places(source, target)
    with hold_folder(source, wait=False), Index(target) as index:
        return _Run(source, target, index).to_the_end(chosen)


def scan(inbox: Path) -> Iterator[str]:
    """Yield the regular files below a folder, relative to it, while others may be moved away."""
    folders = [""]
    while folders:
        inside = folders.pop()
        with os.scandir(f"{inbox}/{inside}") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{inside}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    yield f"{inside}{entry.name}"


def look(inbox: Path, source: str) -> Looked:
    """Read what is to be known of a file: kind, date, size, checksum."""
    try:
        source.encode()
    except UnicodeEncodeError:
        # How Python shows bytes of a name that are no UTF-8; the index keeps text.
        shown = source.encode(errors="backslashreplace").decode()
        return Looked(source=shown, problem="a name must be UTF-8")
    try:
        fd = os.open(f"{inbox}/{source}", os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        return Looked(source=source, problem=str(error))
    try:
        facts = os.fstat(fd)
        head = os.pread(fd, HEADER_BYTES, 0)
        kind = classify(head)
        taken = taken_at(kind, head)
        if taken is None:
            taken = datetime.datetime.fromtimestamp(facts.st_mtime, datetime.UTC)
        return Looked(
            source=source,
            folder=f"{taken.year:04}/{taken.month:02}/{kind}",
            kind=kind,
            taken=taken.strftime("%Y-%m-%dT%H:%M:%S"),
            size=facts.st_size,
            checksum=checksum(fd, facts.st_size),
        )
    except OSError as error:
        return Looked(source=source, problem=str(error))
    finally:
        os.close(fd)


def _check_places(inbox: Path, library: Path) -> None:
    if library == inbox or inbox in library.parents:
        raise ValueError(f"a library must lie outside of the inbox, got {library} in {inbox}")
    if not inbox.is_dir():
        raise ValueError(f"an inbox must be a folder, got {inbox}")
    library.mkdir(parents=True, exist_ok=True)
    if inbox.stat().st_dev != library.stat().st_dev:
        # Only then is a move one step, which is either done or not.
        raise ValueError(f"inbox and library must be on one file system, got {inbox} and {library}")


class _Run:
    """One run over one inbox."""

    def __init__(self, inbox: Path, library: Path, index: Index) -> None:
        self._inbox = inbox
        self._library = library
        self._index = index
        self._folders: set[str] = set()
        self._refused: list[Refused] = []
        self._moved = self._bytes = 0

    def to_the_end(self, profile: Profile) -> Organised:
        """Finish what an earlier run began, then all the rest, batch by batch."""
        with timer("resume"):
            resumed = self._resume()
        batches = 0
        with contextlib.closing(self._looked(profile)) as files:
            while batch := self._next(files, profile.batch_size):
                self._carry_out(batch)
                batches += 1
        return Organised(
            moved=self._moved,
            resumed=resumed,
            batches=batches,
            bytes=self._bytes,
            refused=tuple(self._refused),
        )

    def _looked(self, profile: Profile) -> Generator[Looked]:
        """Look at the files of the inbox, several at once, no more ahead than the next batch."""
        found = stream(
            functools.partial(look, self._inbox),
            scan(self._inbox),
            executor="thread" if profile.workers > 1 else "serial",
            n_jobs=profile.workers,
            buffer_items=2 * profile.batch_size,
        )
        return cast("Generator[Looked]", found)

    def _next(self, files: Iterator[Looked], size: int) -> list[Looked]:
        with timer("look"):
            return list(itertools.islice(files, size))

    def _carry_out(self, batch: Sequence[Looked]) -> None:
        self._refused += [
            Refused(source=each.source, problem=each.problem) for each in batch if each.problem
        ]
        with timer("plan"):
            rows = self._index.plan(str(self._inbox), [each for each in batch if not each.problem])
        with timer("move"):
            gone = [row for row in rows if not self._move(row)]
        with timer("note"):
            left = {row.id for row in gone}
            self._index.finish([row for row in rows if row.id not in left], gone)

    def _move(self, row: Row) -> bool:
        """Move a file to its place; say whether it was still there."""
        folder = row.target.rpartition("/")[0]
        if folder not in self._folders:
            (self._library / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        try:
            os.rename(  # noqa: PTH104 - paths are built for each file: that is half of the time
                f"{self._inbox}/{row.source}", f"{self._library}/{row.target}"
            )
        except FileNotFoundError as error:
            self._refused.append(Refused(source=row.source, problem=str(error)))
            return False
        self._moved += 1
        self._bytes += row.size
        return True

    def _resume(self) -> int:
        """Settle what was planned when an earlier run ended: it is in its place, or planned anew."""
        rows = self._index.open_rows(str(self._inbox))
        done = [row for row in rows if self._is_there(row)]
        there = {row.id for row in done}
        self._index.finish(done, [row for row in rows if row.id not in there])
        self._moved += len(done)
        self._bytes += sum(row.size for row in done)
        return len(done)

    def _is_there(self, row: Row) -> bool:
        found = look(self._library, row.target)
        return not found.problem and (found.size, found.checksum) == (row.size, row.checksum)
