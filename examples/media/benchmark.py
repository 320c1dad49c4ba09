"""How fast does a profile organise so many files, and in how much memory?"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from examples.media.benchmark_child import Order, Timed
from examples.media.files import create_test_files
from examples.media.index import Index
from examples.media.kinds import KINDS
from examples.media.places import memory_folder
from examples.media.profiles import Profile, read_profile
from holdfast.measure import Monitor

__all__ = ["BenchmarkResult", "library_digest", "run_benchmark"]

ROOT = Path(__file__).parents[2]
HZ = 20


class BenchmarkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one run in a fresh process gave.

    `seconds` are those of organising alone: making the files and starting the process are not in
    it. `peak_rss_bytes` is the most that was resident in the process, by the kernel's own mark
    where it has one; `growth_bytes` how much of it came on top of the process with everything
    loaded. `digest` is equal for two libraries that hold the same files in the same folders.
    """

    profile: Profile
    files: int
    seconds: float
    cpu_s: float
    files_per_second: float
    peak_rss_bytes: int
    growth_bytes: int
    digest: str


def run_benchmark(
    config: Profile | str | Mapping[str, Any],
    file_count: int,
    *,
    kinds: Sequence[str] = KINDS,
    seed: int = 0,
    folder: str | Path | None = None,
) -> BenchmarkResult:
    """Organise new files with a profile, in a fresh process, and measure it.

    `config` is a name of PROFILES, a Profile, or a mapping of `workers` and `batch_size`. The
    files are made in memory where there is room (see `memory_folder`), so that it is the
    organiser that is measured and not the disk, and are removed again; `folder` puts them there.

    Raises:
        ValueError: the profile is none, or there is nothing to organise.
        RuntimeError: the process failed, or not every file was organised: there is no speed then.
    """
    profile = read_profile(config)
    if file_count < 1:
        raise ValueError(f"file_count must be 1 at least, got {file_count}")
    where = memory_folder() if folder is None else folder
    with tempfile.TemporaryDirectory(prefix="media-", dir=where) as place:
        inbox, library = Path(place) / "inbox", Path(place) / "library"
        create_test_files(inbox, file_count, kinds, seed)
        order = Order(inbox=str(inbox), library=str(library), profile=profile)
        with _started() as process:
            timed, first, peak = _measured(process, order)
        if timed.moved != file_count or timed.refused:
            raise RuntimeError(f"{file_count} files must be organised, got {timed.moved}")
        return BenchmarkResult(
            profile=profile,
            files=file_count,
            seconds=timed.seconds,
            cpu_s=timed.cpu_s,
            files_per_second=file_count / timed.seconds,
            peak_rss_bytes=peak,
            growth_bytes=peak - first,
            digest=library_digest(library),
        )


def library_digest(library: Path) -> str:
    """Return one number for what is in which folder of a library, whatever names were given."""
    with Index(library) as index:
        found = sorted(f"{row.target.rpartition('/')[0]} {row.checksum}" for row in index.rows())
    return hashlib.blake2b("\n".join(found).encode(), digest_size=8).hexdigest()


def _measured(process: subprocess.Popen[str], order: Order) -> tuple[Timed, int, int]:
    """Let the process work; return what it did, and its memory before and at most."""
    assert process.stdin is not None  # noqa: S101 - it was started with pipes
    assert process.stdout is not None  # noqa: S101
    process.stdout.readline()
    with Monitor(process.pid, hz=HZ) as monitor:
        process.stdin.write(f"{msgspec.json.encode(order).decode()}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    # It waits for the end of its input: the last look saw it with all that it ever took.
    seen = monitor.seen
    process.stdin.close()
    if not answer or process.wait():
        raise RuntimeError(f"the process must end well, got exit status {process.wait()}")
    first = next(reading.rss_bytes for _, reading in seen.of(process.pid))
    return msgspec.json.decode(answer, type=Timed), first, seen.peak_bytes


@contextlib.contextmanager
def _started() -> Generator[subprocess.Popen[str]]:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(
        [sys.executable, "-m", "examples.media.benchmark_child"],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
