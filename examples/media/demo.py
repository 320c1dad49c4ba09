"""What does organising media cost: for how many files, in how much memory, with how many at once?"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from examples.media.audit import audit
from examples.media.benchmark import run_benchmark
from examples.media.files import create_test_files
from examples.media.organise import organise
from examples.media.places import fill, memory_folder, pairs_of
from examples.media.profiles import PROFILES
from examples.media.together import organise_at_once, overlap_s
from holdfast.measure import MemoryProfiler

__all__ = ["main", "show"]

PICTURE = Path(".holdfast") / "demo" / "memory.svg"
COUNTS = (1000, 5000, 10_000)
PROFILED = 3000
TOGETHER = 1500
MB = 1_000_000


def main() -> int:
    """Show all parts; 1 where a file was lost."""
    return show(COUNTS, profiled=PROFILED, together=TOGETHER, picture=PICTURE)


def show(counts: Sequence[int], *, profiled: int, together: int, picture: Path) -> int:
    """Show all parts with so many files each; return the exit code."""
    _show_counts(counts)
    _show_memory(profiled, picture)
    return _show_together(together)


def _show_counts(counts: Sequence[int]) -> None:
    _say("How many files: each number in a fresh process, with the profile large_collection")
    for count in counts:
        found = run_benchmark("large_collection", count)
        _say(
            f"  {count:>7,} files  {found.seconds:6.2f} s  {found.files_per_second:8,.0f} files/s"
            f"  {found.peak_rss_bytes / MB:5.0f} MB at most, {found.growth_bytes / MB:.1f} MB of"
            " them for the work"
        )


def _show_memory(count: int, picture: Path) -> None:
    _say(f"Memory: {count:,} files under the profiler, which slows it down")
    with _place() as folder, MemoryProfiler() as profiler:
        create_test_files(f"{folder}/inbox", count)
        profiler.take_snapshot("files made")
        organise(f"{folder}/inbox", f"{folder}/library", "memory_constrained")
        profiler.take_snapshot("organised")
    stats = profiler.get_memory_stats()
    _say(
        f"  from {stats.initial_bytes / MB:.1f} MB to {stats.final_bytes / MB:.1f} MB,"
        f" {stats.peak_bytes / MB:.1f} MB at most ({stats.peak_source})"
    )
    for line in profiler.compare_snapshots("files made", "organised").lines[:3]:
        _say(f"  {line.size_bytes / 1000:+8.1f} KB  {line.place}")
    picture.parent.mkdir(parents=True, exist_ok=True)
    _say(f"  picture: {profiler.plot_memory_usage(picture)}")


def _show_together(count: int) -> int:
    _say(f"At once: four organisers, {count:,} files each, one library")
    with _place() as folder:
        fill(folder, count, inboxes=4)
        pairs = pairs_of(folder, inboxes=4)
        gate = Path(folder) / "gate"
        gate.mkdir()
        shifts = organise_at_once(pairs, PROFILES["default"], gate=gate)
        first = min(each.began for each in shifts)
        for each in shifts:
            _say(
                f"  {Path(each.inbox).name}  {each.moved:,} files, from"
                f" {each.began - first:.2f} s to {each.ended - first:.2f} s"
            )
        found = audit(pairs)
    whole = "each once, unchanged, in its place" if not found.problems else str(found.problems)
    _say(f"  together for {overlap_s(shifts):.2f} s; {found.files:,} files, {whole:.200}")
    return 1 if found.problems else 0


def _place() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="media-", dir=memory_folder())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
