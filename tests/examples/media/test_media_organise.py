"""Is a heap organised, and is what would be wrong with it found?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.media import program
from examples.media.audit import Audit, audit, take_checksums
from examples.media.checks import is_whole
from examples.media.files import Manifest
from examples.media.fixtures import MakeFiles
from examples.media.index import INDEX, Index, Row, hold_folder
from examples.media.organise import look, organise
from examples.media.profiles import PROFILES, Profile, read_profile

ROOT = Path(__file__).parents[3]
SMALL = Profile(workers=2, batch_size=7)


def audited(inbox: Manifest, library: Path) -> Audit:
    return audit([(Path(inbox.folder), library)])


def rows(library: Path) -> list[Row]:
    with Index(library) as index:
        return list(index.rows())


@pytest.mark.parametrize("profile", [SMALL, Profile(workers=1, batch_size=1), *PROFILES.values()])
def test_every_file_is_in_its_place_once(inbox: Manifest, library: Path, profile: Profile) -> None:
    done = organise(inbox.folder, library, profile)
    assert (done.moved, done.refused, done.bytes) == (60, (), inbox.bytes)
    assert done.batches == -(-60 // profile.batch_size)
    assert audited(inbox, library) == Audit(files=60)


def test_a_second_run_has_nothing_to_do(inbox: Manifest, library: Path) -> None:
    organise(inbox.folder, library)
    before = rows(library)
    assert organise(inbox.folder, library).moved == 0
    assert rows(library) == before


def test_files_of_one_name_get_numbers_and_none_is_overwritten(
    tmp_path: Path, library: Path
) -> None:
    for n in range(4):
        (tmp_path / "inbox" / str(n)).mkdir(parents=True)
        file = tmp_path / "inbox" / str(n) / "a.txt"
        file.write_text(f"content {n}")
        os.utime(file, (0, 0))
    place = library / "1970" / "01" / "other"
    place.mkdir(parents=True)
    (place / "a-2.txt").write_text("of somebody else")
    assert organise(tmp_path / "inbox", library, SMALL).moved == 4
    assert (place / "a-2.txt").read_text() == "of somebody else"
    found = {path.name: path.read_text() for path in place.iterdir()}
    assert sorted(found) == ["a-2.txt", "a-3.txt", "a-4.txt", "a-5.txt", "a.txt"]
    assert sorted(found.values()) == [*(f"content {n}" for n in range(4)), "of somebody else"]


def test_a_name_that_comes_again_later_is_another_file(tmp_path: Path, library: Path) -> None:
    for content in ("first", "second"):
        (tmp_path / "inbox").mkdir(exist_ok=True)
        (tmp_path / "inbox" / "a.txt").write_text(content)
        os.utime(tmp_path / "inbox" / "a.txt", (0, 0))
        organise(tmp_path / "inbox", library)
    assert [row.target for row in rows(library)] == ["1970/01/other/a.txt", "1970/01/other/a-2.txt"]


def test_links_stay_and_what_cannot_be_read_is_told(
    inbox: Manifest, library: Path, tmp_path: Path
) -> None:
    (tmp_path / "inbox" / "link").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "inbox" / "pipe")
    assert organise(inbox.folder, library, SMALL).moved == 60
    assert sorted(path.name for path in (tmp_path / "inbox").iterdir())[-2:] == ["link", "pipe"]
    assert "No such file" in look(tmp_path, "gone").problem


def test_an_inbox_is_organised_by_one_at_a_time(inbox: Manifest, library: Path) -> None:
    with (
        hold_folder(Path(inbox.folder), wait=False),
        pytest.raises(BlockingIOError, match="one at a time"),
    ):
        organise(inbox.folder, library)
    assert organise(inbox.folder, library).moved == 60


@pytest.mark.parametrize("inside", ["", "library"])
def test_a_library_in_its_own_inbox_is_refused(inbox: Manifest, inside: str) -> None:
    with pytest.raises(ValueError, match="a library must lie outside of the inbox"):
        organise(inbox.folder, Path(inbox.folder) / inside)


def test_an_inbox_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="an inbox must be a folder"):
        organise(tmp_path / "nowhere", tmp_path / "library")
    assert list(tmp_path.iterdir()) == []


def test_a_kill_at_any_step_is_made_good_by_the_next_run() -> None:
    """Every step of a run of five files: before and after each move and each transaction."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.examples.media.every_step"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    assert len(found) > 20
    assert [each for each in found if each["problems"] or each["files"] != 5] == []
    assert {each["resumed"] for each in found} >= {0, 1, 2, 3}


def _remove(place: Path) -> None:
    place.unlink()


def _touch_last_byte(place: Path) -> None:
    with place.open("r+b") as file:
        file.seek(place.stat().st_size - 1)
        file.write(b"x")


def _cut(place: Path) -> None:
    os.truncate(place, place.stat().st_size - 1)


def _copy(place: Path) -> None:
    (place.parent / "copy").write_bytes(place.read_bytes()[:4096])


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        (_remove, {"lost"}),
        (_touch_last_byte, {"changed", "misnoted"}),
        (_cut, {"changed", "misnoted"}),
        (_copy, {"strays"}),
    ],
)
def test_the_audit_finds_what_happens_to_one_file(
    inbox: Manifest, library: Path, damage: Callable[[Path], None], problems: set[str]
) -> None:
    organise(inbox.folder, library)
    damage(library / rows(library)[11].target)
    found = audited(inbox, library)
    assert {name: len(paths) for name, paths in found.problems.items()} == dict.fromkeys(
        problems, 1
    )


@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        ("DELETE FROM file WHERE id = 5", {"lost", "strays"}),
        ("UPDATE file SET is_moved = 0 WHERE id = 5", {"lost", "strays"}),
        ("UPDATE file SET checksum = 'x' WHERE id = 5", {"misnoted"}),
        ("UPDATE file SET source = (SELECT source FROM file WHERE id = 6) WHERE id = 5", {"doubled", "lost"}),
    ],
)  # fmt: skip
def test_the_audit_finds_what_is_wrong_in_the_index(
    inbox: Manifest, library: Path, statement: str, problems: set[str]
) -> None:
    organise(inbox.folder, library)
    with Index(library) as index:
        index._database.execute(statement)
    assert set(audited(inbox, library).problems) == problems


def test_the_audit_finds_files_that_stayed_or_lie_in_a_wrong_folder(
    inbox: Manifest, library: Path, tmp_path: Path
) -> None:
    organise(inbox.folder, library)
    first, second = rows(library)[:2]
    (library / first.target).rename(tmp_path / "inbox" / "back")
    with Index(library) as index:
        index._database.execute("UPDATE file SET target = 'pile' WHERE id = ?", (second.id,))
    (library / second.target).rename(library / "pile")
    found = audited(inbox, library).problems
    assert found == {"lost": (first.source,), "left": ("back",), "misplaced": (second.source,)}
    said = is_whole({"files": 60, "pairs": [[inbox.folder, str(library)]]})
    assert said.status == "failed"
    assert "lost: 1, such as" in said.message


def test_a_library_of_nothing_proves_nothing(
    create_test_files: MakeFiles, tmp_path: Path, library: Path
) -> None:
    create_test_files("none", 0)
    take_checksums(tmp_path / "none")
    organise(tmp_path / "none", library)
    value = {"files": 0, "pairs": [[str(tmp_path / "none"), str(library)]]}
    assert is_whole(value).status == "undecided"
    assert is_whole({**value, "files": 1}).status == "failed"


def test_the_program_organises_and_tells_what_it_did(
    inbox: Manifest, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([inbox.folder, str(library), "--workers", "2", "--batch-size", "25"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["moved"], told["batches"]) == (60, 3)
    with pytest.raises(SystemExit) as refused:
        program.main([inbox.folder, str(library), "--workers", "0"])
    assert refused.value.code == 2
    assert "workers of a profile must be a whole number above 0, got 0" in capsys.readouterr().err


def test_a_profile_is_named_or_given_by_its_fields() -> None:
    assert read_profile("fast") == PROFILES["fast"]
    assert read_profile({"workers": 3, "batch_size": 9}) == Profile(workers=3, batch_size=9)
    for wrong, message in [
        ("quick", "must be one of default, fast, .*, got 'quick'"),
        ({"workers": 3}, "got no 'batch_size'"),
        ({"workers": 3, "batch_size": 9, "speed": 1}, "got 'speed'"),
        ({"workers": True, "batch_size": 9}, "must be a whole number above 0, got True"),
    ]:
        with pytest.raises(ValueError, match=message):
            read_profile(wrong)  # type: ignore[arg-type]


def test_the_index_lies_in_the_library(inbox: Manifest, library: Path) -> None:
    organise(inbox.folder, library)
    assert [path.name for path in library.iterdir() if path.is_file()] == [INDEX]
