"""How does a pytest suite get media files of its own? Import the fixture into its conftest.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from examples.media import files
from examples.media.files import Manifest
from examples.media.kinds import KINDS

__all__ = ["MakeFiles", "create_test_files"]


class MakeFiles(Protocol):
    """The function of `files.py`, for folders of one test."""

    def __call__(
        self,
        dir: str | Path,  # noqa: A002 - the word that callers know
        count: int,
        kinds: Sequence[str] = KINDS,
        seed: int = 0,
        *,
        disk_bytes: int = files.DISK_BYTES,
    ) -> Manifest:
        """Make files in a folder below `tmp_path`."""
        ...


@pytest.fixture
def create_test_files(tmp_path: Path) -> Iterator[MakeFiles]:
    """Give a function that makes media files below `tmp_path`; they are removed after the test."""
    made: list[Path] = []

    def make(
        dir: str | Path,  # noqa: A002
        count: int,
        kinds: Sequence[str] = KINDS,
        seed: int = 0,
        *,
        disk_bytes: int = files.DISK_BYTES,
    ) -> Manifest:
        folder = tmp_path / dir
        made.append(folder)
        return files.create_test_files(folder, count, kinds, seed, disk_bytes=disk_bytes)

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
        files.manifest_path(folder).unlink(missing_ok=True)
