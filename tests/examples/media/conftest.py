from pathlib import Path

import pytest

from examples.media.audit import take_checksums
from examples.media.files import Manifest
from examples.media.fixtures import MakeFiles, create_test_files
from holdfast.process.loop import run_loop

__all__ = ["create_test_files"]


@pytest.fixture(scope="session", autouse=True)
def had_a_loop() -> None:
    """Let the event loop's library make what it keeps for the whole life of the process: a pipe."""
    run_loop(_nothing())


async def _nothing() -> None:
    return None


@pytest.fixture
def inbox(create_test_files: MakeFiles, tmp_path: Path) -> Manifest:
    """Sixty files of every kind, whose checksums are known."""
    made = create_test_files("inbox", 60, ["jpg", "png", "webp", "heic", "mp4", "other"], seed=3)
    take_checksums(tmp_path / "inbox")
    return made


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Where they are to be."""
    return tmp_path / "library"
