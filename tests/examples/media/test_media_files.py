"""Are the files what they say they are, many, and small on the disk?"""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from examples.media.checksum import checksum
from examples.media.files import Entry, create_test_files, manifest_path, read_manifest
from examples.media.fixtures import MakeFiles
from examples.media.headers import make_header
from examples.media.kinds import HEADER_BYTES, KINDS, OTHER, classify, taken_at

TAKEN = datetime.datetime.fromisoformat("2024-02-29 23:59:58")
DATED = ("jpg", "png", "mp4")


def digest(path: Path) -> str:
    fd = os.open(path, os.O_RDONLY)
    try:
        return checksum(fd, path.stat().st_size)
    finally:
        os.close(fd)


def taken_blocks(folder: Path) -> int:
    inodes = {(facts := path.stat()).st_ino: facts for path in folder.rglob("*") if path.is_file()}
    return sum(facts.st_blocks * 512 for facts in inodes.values())


@pytest.mark.parametrize("kind", [*KINDS, OTHER])
def test_a_header_tells_its_kind_and_its_date(kind: str) -> None:
    head = make_header(kind, TAKEN, size=100_000, mark=b"1/2")
    assert classify(head) == kind
    assert taken_at(kind, head) == (TAKEN if kind in DATED else None)


@pytest.mark.parametrize("kind", DATED)
def test_a_header_that_is_cut_or_damaged_anywhere_tells_a_date_or_none(kind: str) -> None:
    head = make_header(kind, TAKEN, size=100_000, mark=b"1/2")
    for length in range(len(head)):
        assert taken_at(kind, head[:length]) in {TAKEN, None}
    for at in range(len(head)):
        damaged = head[:at] + bytes([head[at] ^ 0xFF]) + head[at + 1 :]
        assert isinstance(taken_at(kind, damaged), datetime.datetime | None)


def test_what_is_no_media_is_told_so() -> None:
    for head in (b"", b"\xff", b"RIFF1234WAVE", b"....ftypxxxx", bytes(64)):
        assert classify(head) == OTHER


def test_what_is_made_is_what_the_manifest_says(
    create_test_files: MakeFiles, tmp_path: Path
) -> None:
    made = create_test_files("box", 300, [*KINDS, OTHER], 5)
    entries = list(read_manifest(tmp_path / "box").entries())
    assert made.files == len(entries) == 300
    assert {entry.kind for entry in entries} == {*KINDS, OTHER}
    assert made.bytes == sum(entry.size for entry in entries)
    for entry in entries:
        path = tmp_path / "box" / entry.path
        head = path.read_bytes()[:HEADER_BYTES] if entry.size < 10_000 else _head(path)
        assert (classify(head), path.stat().st_size) == (entry.kind, entry.size)
        date = taken_at(entry.kind, head)
        changed = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
        if entry.kind in DATED:
            assert date == entry.taken
            assert changed.date() != entry.taken.date()  # whoever asks the clock is wrong
        else:
            assert changed.replace(tzinfo=None) == entry.taken
    assert len({digest(tmp_path / "box" / entry.path) for entry in entries}) == 300


def test_some_names_lie_and_some_meet(create_test_files: MakeFiles) -> None:
    entries = list(create_test_files("box", 1000).entries())
    assert any(not entry.path.endswith(f".{entry.kind}") for entry in entries)
    places = [(f"{entry.taken:%Y/%m}", entry.kind, Path(entry.path).name) for entry in entries]
    assert len(set(places)) < len(places)


def test_the_same_arguments_make_the_same_files(
    create_test_files: MakeFiles, tmp_path: Path
) -> None:
    def lines(name: str, seed: int) -> list[Entry]:
        return list(create_test_files(name, 80, seed=seed).entries())

    assert lines("a", 1) == lines("b", 1)
    assert lines("c", 2) != lines("d", 1)
    first = lines("e", 9)[0].path
    lines("f", 9)
    assert digest(tmp_path / "e" / first) == digest(tmp_path / "f" / first)


def test_files_are_large_and_take_one_block_each(
    create_test_files: MakeFiles, tmp_path: Path
) -> None:
    made = create_test_files("box", 200, ["mp4"])
    assert made.bytes >= 200 * 10_000_000
    assert made.disk_bytes == taken_blocks(tmp_path / "box") <= 200 * HEADER_BYTES


def test_what_the_disk_may_not_hold_are_links(create_test_files: MakeFiles, tmp_path: Path) -> None:
    made = create_test_files("box", 200, disk_bytes=50 * HEADER_BYTES)
    entries = list(made.entries())
    assert sum(bool(entry.twin) for entry in entries) == 150
    assert taken_blocks(tmp_path / "box") == made.disk_bytes <= 50 * HEADER_BYTES
    assert len({entry.path for entry in entries}) == 200
    for entry in entries:
        if entry.twin:
            assert (tmp_path / "box" / entry.path).samefile(tmp_path / "box" / entry.twin)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": -1}, "count and disk_bytes must be 0 at least"),
        ({"kinds": ["gif"]}, "kinds must be some of .*, got gif"),
        ({"kinds": []}, "kinds must be some of .*, got none"),
    ],
)
def test_wrong_arguments_are_told_and_nothing_is_made(
    wrong: dict[str, object], message: str, tmp_path: Path
) -> None:
    arguments: dict[str, object] = {"dir": tmp_path / "box", "count": 1, **wrong}
    with pytest.raises(ValueError, match=message):
        create_test_files(**arguments)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    with pytest.raises(FileExistsError):
        create_test_files(tmp_path / "box", 1)
    assert list((tmp_path / "box").iterdir()) == []


def test_a_manifest_without_its_end_is_none(create_test_files: MakeFiles, tmp_path: Path) -> None:
    create_test_files("box", 3)
    path = manifest_path(tmp_path / "box")
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]))
    with pytest.raises(ValueError, match="a manifest must end with a summary"):
        read_manifest(tmp_path / "box")


def test_holes_and_written_zeros_are_one_content(tmp_path: Path) -> None:
    data = b"head" + bytes(100_000) + b"tail" + bytes(5000)
    (tmp_path / "dense").write_bytes(data)
    with (tmp_path / "sparse").open("wb") as file:
        file.write(b"head")
        file.seek(100_004)
        file.write(b"tail")
        file.truncate(len(data))
    assert digest(tmp_path / "dense") == digest(tmp_path / "sparse")


@pytest.mark.parametrize("at", [0, 4095, 4096, 50_000, 299_999])
def test_one_byte_anywhere_changes_a_checksum(at: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(b"head")
        file.truncate(300_000)
    before = digest(path)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"x")
    assert digest(path) != before


def test_the_size_and_the_place_of_a_block_are_part_of_a_checksum(tmp_path: Path) -> None:
    found: set[str] = set()
    for name, size, at in [("a", 8192, 0), ("b", 8192, 4096), ("c", 8193, 0), ("d", 0, 0)]:
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
            if size:
                file.seek(at)
                file.write(b"x")
        found.add(digest(tmp_path / name))
    assert len(found) == 4


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)
