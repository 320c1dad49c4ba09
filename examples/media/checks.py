"""What do the cases of this folder call, and how do they tell whether nothing was lost?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from examples.media import comparison
from examples.media.audit import audit
from examples.media.benchmark import run_benchmark
from examples.media.files import create_test_files
from examples.media.killing import kill_and_resume
from examples.media.kinds import KINDS
from examples.media.organise import organise
from examples.media.places import fill, make_place, memory_folder, pairs_of, remove_place
from examples.media.profiles import PROFILES, Profile, read_profile
from examples.media.together import organise_at_once, overlap_s
from holdfast import Finding, timer

__all__ = [
    "benchmark",
    "compare_batches",
    "compare_profiles",
    "fill_inbox",
    "is_whole",
    "kill_again_and_again",
    "make_place",
    "organise_few",
    "organise_inbox",
    "organise_new",
    "organise_together",
    "remove_place",
    "was_killed_within",
    "were_together",
]

Config = str | Mapping[str, Any]


def fill_inbox(place: str, files: int, kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    """Make an inbox, and write down the checksums of its files."""
    with timer("create"):
        (made,) = fill(place, files, kinds=kinds)
    return {"files": made.files, "bytes": made.bytes, "disk_bytes": made.disk_bytes}


def organise_inbox(place: str, profile: Config = "default") -> dict[str, Any]:
    """Organise the inbox of a place."""
    pairs = pairs_of(place)
    with timer("organise"):
        done = organise(*pairs[0], read_profile(profile))
    return {"files": done.moved, "refused": len(done.refused), "pairs": _plain(pairs)}


def organise_new(place: str, files: int, profile: Config = "default") -> dict[str, Any]:
    """Make an inbox and organise it, in one process, whose memory is looked at."""
    fill_inbox(place, files)
    return organise_inbox(place, profile)


def organise_few(files: int = 5) -> int:
    """Make a few files, organise them, and leave nothing: this is called again and again."""
    with tempfile.TemporaryDirectory(prefix="media-", dir=memory_folder()) as folder:
        create_test_files(f"{folder}/inbox", files)
        return organise(f"{folder}/inbox", f"{folder}/library").moved


def organise_together(
    place: str,
    files: int,
    *,
    organisers: int = 4,
    profile: Config = "default",
    is_shared: bool = False,
) -> dict[str, Any]:
    """Organise several inboxes at once, into one library or one each."""
    with timer("create"):
        fill(place, files, inboxes=organisers)
    pairs = pairs_of(place, inboxes=organisers, is_shared=is_shared)
    gate = Path(place) / "gate"
    gate.mkdir()
    with timer("organise"):
        shifts = organise_at_once(pairs, read_profile(profile), gate=gate)
    return {
        "files": sum(each.moved for each in shifts),
        "refused": sum(each.refused for each in shifts),
        "overlap_s": overlap_s(shifts),
        "pairs": _plain(pairs),
    }


def kill_again_and_again(
    place: str,
    files: int,
    *,
    kills: int = 3,
    batch_size: int = 200,
    workers: int = 4,
    seed: int = 1,
) -> dict[str, Any]:
    """Organise an inbox by a program that is killed so often, and then comes to its end."""
    fill_inbox(place, files)
    pairs = pairs_of(place)
    profile = Profile(workers=workers, batch_size=batch_size)
    done = kill_and_resume(*pairs[0], profile, files=files, kills=kills, seed=seed)
    return {
        "files": files,
        "kills": len(done),
        "within": sum(each.is_within for each in done),
        "planned_and_moved": [[each.planned, each.moved] for each in done],
        "pairs": _plain(pairs),
    }


def is_whole(value: Mapping[str, Any]) -> Finding:
    """Say whether every file is in the library once, unchanged, in its place, and indexed."""
    found = audit([(Path(inbox), Path(library)) for inbox, library in value["pairs"]])
    if found.problems:
        told = [
            f"{name}: {len(paths):,}, such as {paths[0]}" for name, paths in found.problems.items()
        ]
        return Finding(status="failed", message="; ".join(told), observed=found.files)
    if found.files != value["files"]:
        message = f"{value['files']:,} files were told, {found.files:,} are there"
        return Finding(status="failed", message=message, observed=found.files)
    if not found.files:
        return Finding(status="undecided", message="there was no file that could be lost")
    message = f"{found.files:,} files, each once, unchanged, in its place and in the index"
    return Finding(status="passed", message=message, observed=found.files)


def were_together(value: Mapping[str, Any]) -> Finding:
    """Say whether all organisers worked at the same time: otherwise nothing was tried."""
    overlap = value["overlap_s"]
    if overlap > 0:
        message = f"all of them worked together for {overlap * 1000:.0f} ms"
        return Finding(status="passed", message=message, observed=overlap)
    return Finding(status="undecided", message="they never all worked at the same time")


def was_killed_within(value: Mapping[str, Any], kills: int) -> Finding:
    """Say whether so many kills were within a batch: otherwise nothing was tried."""
    told = f"planned and moved at the kills: {value['planned_and_moved']}"
    within = value["within"]
    if within < kills:
        message = f"{within} of {kills} kills were within a batch; {told}"
        return Finding(status="undecided", message=message, observed=within)
    return Finding(status="passed", message=told, observed=within)


def benchmark(files: int, config: Config) -> dict[str, Any]:
    """Measure a profile in a fresh process."""
    return _shown(run_benchmark(config, files))


def compare_batches(
    files: int, batch_sizes: Sequence[int], rounds: int, workers: int = 4
) -> dict[str, Any]:
    """Measure what the size of a batch does, each in fresh processes, in turns.

    `spread_bytes` is how much more memory the hungriest takes than the leanest.
    """
    profiles = [Profile(name=str(size), workers=workers, batch_size=size) for size in batch_sizes]
    scenario = comparison.Scenario(name="batches", files=files)
    compared = comparison.take_turns(scenario, profiles, rounds=rounds, seed=1)
    peaks = [compared.peak_bytes(each.name) for each in profiles]
    results = [each for found in compared.results.values() for each in found]
    return {
        "batches": {
            each.name: {
                "files_per_second": compared.speed(each.name),
                "peak_rss_bytes": compared.peak_bytes(each.name),
            }
            for each in profiles
        },
        "best": msgspec.to_builtins(comparison.best_of(compared)),
        "spread_bytes": max(peaks) - min(peaks),
        "slowest_files_per_second": min(each.files_per_second for each in results),
        "outcomes": _outcomes(compared),
    }


def compare_profiles(
    rounds: int = comparison.ROUNDS, share: float = 1.0, names: Sequence[str] = tuple(PROFILES)
) -> dict[str, Any]:
    """Measure the profiles in every scenario, with a share of its files, and name the best of each."""
    scenarios = [
        msgspec.structs.replace(each, files=max(int(each.files * share), 1))
        for each in comparison.SCENARIOS
    ]
    found = comparison.compare_profiles(
        scenarios, [PROFILES[name] for name in names], rounds=rounds, seed=1
    )
    return {
        "best": {best.scenario: msgspec.to_builtins(best) for _, best in found},
        "results": {
            compared.scenario.name: {
                name: [_shown(each) for each in results]
                for name, results in compared.results.items()
            }
            for compared, _ in found
        },
        "outcomes": max(_outcomes(compared) for compared, _ in found),
    }


def _outcomes(compared: comparison.Compared) -> int:
    """Return how many different libraries came about of the same files: 1 is right."""
    rounds = zip(*compared.results.values(), strict=True)
    return max(len({each.digest for each in found}) for found in rounds)


def _shown(result: Any) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(result)
    return shown


def _plain(pairs: Sequence[tuple[Path, Path]]) -> list[list[str]]:
    return [[str(inbox), str(library)] for inbox, library in pairs]
