"""Is what is told of speed and memory what was measured, and who is the best?"""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.media import benchmark, demo
from examples.media.benchmark import BenchmarkResult, run_benchmark
from examples.media.benchmark_child import Order, Timed
from examples.media.comparison import Compared, Scenario, best_of, take_turns
from examples.media.fixtures import MakeFiles
from examples.media.organise import organise
from examples.media.profiles import Profile

A, B = Profile(name="a", workers=1, batch_size=1), Profile(name="b", workers=2, batch_size=2)


def result(profile: Profile, speed: float, peak_mb: int = 50) -> BenchmarkResult:
    return BenchmarkResult(
        profile=profile,
        files=100,
        seconds=100 / speed,
        cpu_s=100 / speed,
        files_per_second=speed,
        peak_rss_bytes=peak_mb * 1_000_000,
        growth_bytes=0,
        digest="",
    )


def compared(wants: str, a: list[BenchmarkResult], b: list[BenchmarkResult]) -> Compared:
    scenario = Scenario(name="s", files=100, wants=wants)  # type: ignore[arg-type]
    return Compared(scenario=scenario, results={"a": tuple(a), "b": tuple(b)})


def test_a_profile_of_ones_own_is_measured_in_a_fresh_process() -> None:
    found = run_benchmark({"workers": 2, "batch_size": 30}, 100, kinds=["jpg"], seed=4)
    assert found.profile == Profile(workers=2, batch_size=30)
    assert found.files_per_second == pytest.approx(100 / found.seconds)
    assert found.peak_rss_bytes > 10_000_000
    assert 0 <= found.growth_bytes < found.peak_rss_bytes


def test_what_was_not_organised_has_no_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(process: object, order: Order) -> tuple[Timed, int, int]:
        return Timed(moved=9, refused=1, seconds=1, cpu_s=1), 1, 1

    monkeypatch.setattr(benchmark, "_measured", measured)
    with pytest.raises(RuntimeError, match="10 files must be organised, got 9"):
        run_benchmark("default", 10)
    with pytest.raises(ValueError, match="file_count must be 1 at least, got 0"):
        run_benchmark("default", 0)


def test_two_libraries_of_the_same_files_have_one_digest(
    create_test_files: MakeFiles, tmp_path: Path
) -> None:
    found: set[str] = set()
    for name, seed, profile in [("a", 1, A), ("b", 1, B), ("c", 2, A)]:
        create_test_files(name, 30, seed=seed)
        organise(tmp_path / name, tmp_path / f"{name}-library", profile)
        found.add(benchmark.library_digest(tmp_path / f"{name}-library"))
    assert len(found) == 2


def test_the_fastest_in_every_round_is_shown_to_be_the_best() -> None:
    best = best_of(compared("speed", [result(A, 100 + n) for n in range(5)], [result(B, 90)] * 5))
    assert (best.profile, best.is_shown) == ("a", True)
    assert best.reason == "102 files/s, 50 MB at most, 5 rounds"


def test_one_lost_round_shows_nothing() -> None:
    a = [result(A, speed) for speed in (100, 100, 80, 100, 100)]
    best = best_of(compared("speed", a, [result(B, 90)] * 5))
    assert (best.profile, best.is_shown) == ("a", False)
    assert best.reason.endswith("not shown to be worse: b")


def test_few_rounds_show_nothing() -> None:
    best = best_of(compared("speed", [result(A, 100)] * 4, [result(B, 90)] * 4))
    assert (best.profile, best.is_shown) == ("a", False)
    assert "fewer than 5 rounds" in best.reason


def test_the_leanest_wins_only_among_those_that_are_fast_enough() -> None:
    slow = compared("memory", [result(A, 79, 10)] * 5, [result(B, 100, 50)] * 5)
    fast = compared("memory", [result(A, 81, 10)] * 5, [result(B, 100, 50)] * 5)
    assert best_of(slow).profile == "b"
    assert (best_of(fast).profile, best_of(fast).is_shown) == ("a", True)


def test_rounds_take_turns_and_each_has_its_own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def run(config: Profile, file_count: int, *, kinds: object, seed: int) -> BenchmarkResult:
        asked.append((config.name, seed))
        return result(config, 100)

    monkeypatch.setattr("examples.media.comparison.run_benchmark", run)
    take_turns(Scenario(name="s", files=9), [A, B], rounds=6, seed=2)
    assert [seed for _, seed in asked] == [2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]
    rounds = [(asked[n][0], asked[n + 1][0]) for n in range(0, 12, 2)]
    assert set(rounds) == {("a", "b"), ("b", "a")}


def test_the_demonstration_shows_counts_memory_and_four_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "new" / "memory.svg"
    assert demo.show([40], profiled=60, together=30, picture=picture) == 0
    told = capsys.readouterr().out
    assert picture.read_text().startswith("<svg")
    for part in (
        "40 files",
        "MB at most",
        str(picture),
        "inbox-3  30 files",
        "120 files, each once",
    ):
        assert part in told
