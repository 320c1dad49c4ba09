"""Is everything that was in the inboxes in the library now: once, unchanged, in its place, and indexed?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from examples.media.checksum import checksum
from examples.media.files import read_manifest
from examples.media.index import INDEX, Index, Row

__all__ = ["Audit", "audit", "take_checksums"]


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, as paths. A library is whole when there is none.

    `lost`: in no index, or not where the index says. `doubled`: indexed more than once, or though nobody put it there.
    `changed`: another content than before. `misplaced`: not below its date and kind.
    `misnoted`: the index tells another checksum or size. `left`: still in an inbox.
    `strays`: in the library, though no index names them.
    """

    files: int
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    misplaced: tuple[str, ...] = ()
    misnoted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()

    @property
    def problems(self) -> dict[str, tuple[str, ...]]:
        """What is wrong, by its name."""
        found = msgspec.structs.asdict(self)
        return {name: paths for name, paths in found.items() if name != "files" and paths}


def take_checksums(folder: Path) -> int:
    """Write down the checksums of a folder's files, beside it, before anything happens to them."""
    count = 0
    with checksums_path(folder).open("w", encoding="utf-8") as lines:
        for path in list_files(folder):
            lines.write(f"{read_checksum(folder / path)[0]} {path}\n")
            count += 1
    return count


def audit(pairs: Sequence[tuple[Path, Path]]) -> Audit:
    """Hold inboxes, each with its library, against their manifests and the checksums from before.

    Nothing that the organiser said is taken for true: its index is one of the things looked at.
    """
    found = _Found()
    for library in {library for _, library in pairs}:
        rows: dict[str, list[Row]] = {}
        with Index(library) as index:
            for row in index.rows():
                rows.setdefault(row.inbox, []).append(row)
        indexed: set[str] = set()
        for inbox in (inbox for inbox, its in pairs if its == library):
            its_rows = rows.get(str(inbox.resolve()), [])
            indexed.update(row.target for row in its_rows)
            found.compare(inbox, library, its_rows)
        found.strays += [path for path in _library_files(library) if path not in indexed]
    return found.audit()


def list_files(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, found in another way than the organiser finds them."""
    for inside, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(f"{inside}/{name}", folder)


def read_checksum(path: Path) -> tuple[str, int]:
    """Return checksum and size of a file."""
    fd = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        return checksum(fd, size), size
    finally:
        os.close(fd)


def checksums_path(folder: Path) -> Path:
    """Return where the checksums of a folder are written down."""
    return folder.with_name(f"{folder.name}.checksums")


class _Found:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self.files = 0
        self.lost: list[str] = []
        self.doubled: list[str] = []
        self.changed: list[str] = []
        self.misplaced: list[str] = []
        self.misnoted: list[str] = []
        self.left: list[str] = []
        self.strays: list[str] = []

    def compare(self, inbox: Path, library: Path, rows: Sequence[Row]) -> None:
        """Look for every file that was in an inbox."""
        before = _read_checksums(inbox)
        by_source: dict[str, Row] = {}
        for row in rows:
            if row.source in by_source or row.source not in before:
                self.doubled.append(row.source)
            by_source[row.source] = row
        for entry in read_manifest(inbox).entries():
            row = by_source.get(entry.path)
            if row is None or not (library / row.target).is_file():
                self.lost.append(entry.path)
                continue
            self.files += 1
            self._compare_content(library, row, before)
            if not row.target.startswith(f"{entry.taken:%Y/%m}/{entry.kind}/"):
                self.misplaced.append(entry.path)
        self.left += list_files(inbox)

    def _compare_content(self, library: Path, row: Row, before: Mapping[str, str]) -> None:
        now, size = read_checksum(library / row.target)
        if now != before.get(row.source):
            self.changed.append(row.source)
        if (now, size) != (row.checksum, row.size):
            self.misnoted.append(row.source)

    def audit(self) -> Audit:
        """Return it all."""
        return Audit(
            files=self.files,
            lost=tuple(self.lost),
            doubled=tuple(self.doubled),
            changed=tuple(self.changed),
            misplaced=tuple(self.misplaced),
            misnoted=tuple(self.misnoted),
            left=tuple(self.left),
            strays=tuple(self.strays),
        )


def _read_checksums(inbox: Path) -> dict[str, str]:
    lines = checksums_path(inbox).read_text(encoding="utf-8").splitlines()
    return {path: digest for digest, _, path in (line.partition(" ") for line in lines)}


def _library_files(library: Path) -> Iterator[str]:
    return (path for path in list_files(library) if not path.startswith(INDEX))
