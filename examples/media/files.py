"""How do a hundred thousand media files come to be, in seconds and in little space?"""

from __future__ import annotations

import datetime
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from examples.media.headers import make_header
from examples.media.kinds import KINDS, OTHER

__all__ = ["DISK_BYTES", "Entry", "Manifest", "create_test_files", "manifest_path", "read_manifest"]

FORMAT = "media-manifest/1"
# A file system gives every file with content one block at least, so 100,000 of them take 400 MB.
# Once this much is used, further names are links to files that are there already.
DISK_BYTES = 150_000_000
BLOCK = 4096
PER_FOLDER = 250
# The last files with a content of their own: those are linked to, some dozen times each.
SHARED = 8000
# Few numbers for many folders, as of cameras that count from nought: names meet in the library.
NUMBERS = 500
# Two years, so that a month and a kind have many files.
FIRST_DAY = datetime.datetime(2023, 1, 1)  # noqa: DTZ001 - dates in headers have no zone
SECONDS = 730 * 24 * 3600
_MB = 1_000_000
_SIZES = {
    "jpg": (_MB // 2, 5 * _MB),
    "png": (_MB // 2, 5 * _MB),
    "webp": (_MB // 2, 5 * _MB),
    "heic": (_MB, 3 * _MB),
    "mp4": (10 * _MB, 100 * _MB),
    OTHER: (1000, 100_000),
}
# Of twenty names, one has the suffix of another kind, and one none at all.
_LIES = 20


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file as it was made: where, what it is, when it was taken, how large it is.

    `twin` is the path of the file that it is a link to; such files have one content.
    """

    path: str
    kind: str
    taken: datetime.datetime
    size: int
    twin: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: `bytes` are those that the files say they have, `disk_bytes` those they take.

    The entries are in a file beside the folder, and are read from there one by one.
    """

    folder: str
    files: int
    bytes: int
    disk_bytes: int
    seed: int
    kinds: tuple[str, ...]
    format: str = FORMAT

    @property
    def path(self) -> Path:
        """The file that the entries are in."""
        return manifest_path(self.folder)

    def entries(self) -> Iterator[Entry]:
        """Yield what was made, in the order in which it was."""
        decode = msgspec.json.Decoder(Entry).decode
        with self.path.open("rb") as lines:
            for line in lines:
                if line.startswith(b'{"path"'):
                    yield decode(line)


def create_test_files(
    dir: str | Path,  # noqa: A002 - the word that callers know
    count: int,
    kinds: Sequence[str] = KINDS,
    seed: int = 0,
    *,
    disk_bytes: int = DISK_BYTES,
) -> Manifest:
    """Make so many media files in a new folder, and a manifest beside it that tells what they are.

    Each begins with the real header of its kind and is otherwise a hole: large, but of one
    block on the disk. Where that would take more than `disk_bytes`, further names are hard
    links. Kinds, dates, sizes and names depend on the arguments alone. The time of the last
    change is the date for kinds without one in their header, and some other day for all others.

    Raises:
        ValueError: a kind is unknown, or an argument is no such number; nothing was made.
        FileExistsError: the folder is there already.
    """
    _check(count, kinds, disk_bytes)
    folder = Path(dir)
    folder.mkdir(parents=True)
    maker = _Maker(folder, tuple(kinds), seed, max(disk_bytes // BLOCK, 1))
    encode = msgspec.json.Encoder().encode
    with manifest_path(folder).open("wb") as lines:
        for index in range(count):
            lines.write(encode(maker.make(index)) + b"\n")
        manifest = Manifest(
            folder=str(folder),
            files=count,
            bytes=maker.bytes,
            disk_bytes=maker.disk_bytes,
            seed=seed,
            kinds=tuple(kinds),
        )
        lines.write(encode(manifest) + b"\n")
    return manifest


def read_manifest(folder: str | Path) -> Manifest:
    """Read the manifest of a folder that was made.

    Raises:
        ValueError: it does not come to its end, as the making did not.
    """
    path = manifest_path(folder)
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - BLOCK, 0))
        last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return msgspec.json.decode(last, type=Manifest)
    except msgspec.DecodeError as error:
        raise ValueError(
            f"a manifest must end with a summary, got {last!r:.60} ({path})"
        ) from error


def manifest_path(folder: str | Path) -> Path:
    """Return where the manifest of a folder is: beside it, so that it is none of its files."""
    folder = Path(folder)
    return folder.with_name(f"{folder.name}.manifest.jsonl")


def _check(count: int, kinds: Sequence[str], disk_bytes: int) -> None:
    if count < 0 or disk_bytes < 0:
        raise ValueError(f"count and disk_bytes must be 0 at least, got {count} and {disk_bytes}")
    unknown = [kind for kind in kinds if kind not in _SIZES]
    if unknown or not kinds:
        known = ", ".join(_SIZES)
        raise ValueError(f"kinds must be some of {known}, got {', '.join(unknown) or 'none'}")


class _Maker:
    """Makes one file after another."""

    def __init__(self, folder: Path, kinds: tuple[str, ...], seed: int, contents: int) -> None:
        self.bytes = self.disk_bytes = 0
        self._folder = folder
        self._kinds = kinds
        self._random = random.Random(seed)
        self._seed = seed
        self._contents = contents
        # What is linked to once there must be no further content.
        self._made: list[Entry] = []
        self._inside = ""
        self._first = 0

    def make(self, index: int) -> Entry:
        """Make a file and return what it is."""
        if index % PER_FOLDER == 0:
            self._inside = f"card-{index // PER_FOLDER:04}"
            (self._folder / self._inside).mkdir()
            self._first = self._random.randrange(NUMBERS)
        number = (self._first + index % PER_FOLDER) % NUMBERS
        if index < self._contents:
            entry = self._make_content(index, number)
        else:
            twin = self._made[index % len(self._made)]
            path = self._name(number, twin.kind)
            entry = msgspec.structs.replace(twin, path=path, twin=twin.path)
            os.link(self._folder / twin.path, self._folder / entry.path)
        self.bytes += entry.size
        return entry

    def _make_content(self, index: int, number: int) -> Entry:
        draw = self._random.randrange
        kind = self._kinds[draw(len(self._kinds))]
        entry = Entry(
            path=self._name(number, kind),
            kind=kind,
            taken=FIRST_DAY + datetime.timedelta(seconds=draw(SECONDS)),
            size=draw(*_SIZES[kind]),
        )
        head = make_header(kind, entry.taken, size=entry.size, mark=b"%d/%d" % (self._seed, index))
        changed = entry.taken
        if kind in {"jpg", "png", "mp4"}:
            changed += datetime.timedelta(days=40 + draw(400))
        self.disk_bytes += _write(self._folder / entry.path, head, entry.size, changed)
        if self._contents - index <= SHARED:
            self._made.append(entry)
        return entry

    def _name(self, number: int, kind: str) -> str:
        lie = self._random.randrange(_LIES)
        suffix = f".{kind}"
        if lie == 0:
            suffix = ".jpg" if kind != "jpg" else ".png"
        elif lie == 1:
            suffix = ""
        return f"{self._inside}/IMG_{number:04}{suffix}"


def _write(path: Path, head: bytes, size: int, changed: datetime.datetime) -> int:
    """Write a header, make the file as large as it says, and return what it takes on the disk."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(fd, head)
        os.ftruncate(fd, size)
        moment = int(changed.replace(tzinfo=datetime.UTC).timestamp()) * 1_000_000_000
        os.utime(fd, ns=(moment, moment))
        return os.fstat(fd).st_blocks * 512
    finally:
        os.close(fd)
