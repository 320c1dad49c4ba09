import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from holdfast.errors import UsageError
from holdfast.settings import load_key


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = load_key(tmp_path)

    path = tmp_path / ".holdfast" / "key"
    assert (32, key) == (len(key), load_key(tmp_path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == [".gitignore", "key"]
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert load_key(tmp_path / "a") != load_key(tmp_path / "b")


def test_all_who_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    count = 8
    barrier = Barrier(count)

    def load() -> bytes:
        barrier.wait()
        return load_key(tmp_path)

    with ThreadPoolExecutor(count) as pool:
        keys = {future.result() for future in [pool.submit(load) for _ in range(count)]}

    assert len(keys) == 1
    assert sorted(p.name for p in (tmp_path / ".holdfast").iterdir()) == [".gitignore", "key"]


def test_a_gitignore_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".holdfast").mkdir()
    (tmp_path / ".holdfast" / ".gitignore").write_text("mine\n")
    load_key(tmp_path)
    assert (tmp_path / ".holdfast" / ".gitignore").read_text() == "mine\n"


def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / ".holdfast" / "key"
    path.parent.mkdir()
    path.write_bytes(b"short")
    with pytest.raises(UsageError, match="must hold 32 bytes, got 5"):
        load_key(tmp_path)
    assert path.read_bytes() == b"short"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / ".holdfast").write_text("a file")
    with pytest.raises(UsageError, match="cannot be used"):
        load_key(tmp_path)
