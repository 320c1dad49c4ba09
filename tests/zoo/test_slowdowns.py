"""Does a comparison of real processes find a planted slow-down of a factor of two, and nothing in its twin?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from holdfast.measure import Comparison, Version, aa, compare, compare_all
from holdfast.measure.compare_case import COMPARE, Request
from holdfast.measure.compare_child import answer
from holdfast.measure.verdict import conclude
from tests.zoo import slowdowns

ZOO = "tests.zoo.slowdowns"
# Wide limits: what these tests find does not depend on the machine's mood.
FAR: dict[str, Any] = {"slower": 0.7, "floor": 0.2, "budget_s": 8.0, "launches": 2}


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep coverage out of the compared processes: it is half of what they would take."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


def against(base: str, new: str, **options: Any) -> Comparison:
    return compare(f"{ZOO}:{base}", f"{ZOO}:{new}", **{**FAR, **options})


def test_twice_the_work_is_slower_and_the_same_work_is_fine() -> None:
    found, twin = against("work", "twice"), against("work", "work")
    assert (found.status, found.reason) == ("slower", "")
    assert found.ratio == pytest.approx(2.0, rel=0.25)
    assert twin.status == "fine"
    assert twin.ratio == pytest.approx(1.0, rel=0.25)
    assert len(found.launches) >= 2
    assert found.pairs == sum(len(launch.pairs) for launch in found.launches) > 5
    assert found.noise is not None


def test_half_the_work_is_fine() -> None:
    assert against("twice", "work").status == "fine"


def test_a_longer_wait_is_slower_by_wall_time() -> None:
    found = against("waits_less", "waits_more", slower=0.4, floor=0.1)
    assert (found.status, found.clock) == ("slower", "wall")


def test_coroutines_are_awaited_within_one_loop() -> None:
    found = against("awaits", "awaits_twice")
    assert found.status == "slower"
    twin = compare(
        Version(target=f"{ZOO}:awaits", concurrency=4),
        Version(target=f"{ZOO}:awaits", concurrency=4),
        **FAR,
    )
    assert twin.status == "fine"


def test_whole_commands_are_compared() -> None:
    quick = Version(command=(sys.executable, "-S", "-c", "pass"))
    slow = Version(command=(sys.executable, "-S", "-c", "sum(range(2_000_000))"))
    assert compare(quick, slow, **FAR).status == "slower"


def test_callables_travel_by_name_by_value_and_with_their_state() -> None:
    found = compare(slowdowns.work, lambda: slowdowns.work(1200), **FAR)
    assert found.status == "slower"
    assert compare(slowdowns.Callable(400), slowdowns.Callable(1200), **FAR).status == "slower"


def test_arguments_are_handed_to_each_call() -> None:
    version = Version(target=f"{ZOO}:given", kwargs={"obj": {"a": [1]}})
    assert compare(version, version, **FAR).status == "fine"


def test_a_file_is_compared_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "quick.py"
    file.write_text("def go():\n    return sum(range(2000))\n")
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, turns in ((old, 2000), (new, 6000)):
        folder.mkdir()
        (folder / "lib.py").write_text(f"def go():\n    return sum(range({turns}))\n")
    assert compare(f"{file}:go", f"{file}:go", **FAR).status == "fine"
    found = compare(
        Version(target="lib:go", path=(str(old),)),
        Version(target="lib:go", path=(str(new),)),
        **FAR,
    )
    assert found.status == "slower"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("raises", "ValueError: no luck"),
        ("exits", "SystemExit: 3"),
        ("dies", "ended with exit 7 (last words)"),
        ("missing", "has no attribute 'missing'"),
        ("TABLE", "the target must be callable, got dict"),
        ("generates", "the target must run when it is called, got a generator function"),
        ("promises", "got a function that returns an awaitable"),
        ("awaits", "both sides must be called alike, got sync and async"),
    ],
)
def test_what_cannot_be_measured_is_an_error_and_never_slower(new: str, reason: str) -> None:
    found = against("work", new)
    assert found.status == "error"
    assert reason in found.reason
    assert (found.ratio, found.launches) == (None, ())


def test_a_command_that_fails_is_an_error() -> None:
    good = Version(command=(sys.executable, "-c", "pass"))
    bad = Version(command=(sys.executable, "-c", "raise SystemExit(3)"))
    found = compare(good, bad, **FAR)
    assert found.status == "error"
    assert "the command must end with exit code 0, got 3" in found.reason
    missing = compare(good, Version(command=("no-such-program",)), **FAR)
    assert "No such file" in missing.reason


def test_an_interpreter_that_is_not_there_is_an_error() -> None:
    found = compare(f"{ZOO}:work", Version(target=f"{ZOO}:work", python="no-such-python"), **FAR)
    assert found.status == "error"
    assert "cannot be started" in found.reason


def test_another_interpreter_brings_its_own_packages() -> None:
    version = Version(target=f"{ZOO}:work", python=sys.executable, path=(str(Path.cwd()),))
    assert compare(version, version, **FAR).status == "fine"


def test_hash_seeds_are_the_same_on_both_sides_and_vary_by_launch_and_seed() -> None:
    first, again = against("work", "work", seed=5), against("work", "work", seed=5)
    seeds = [launch.hash_seed for launch in first.launches]
    assert len(set(seeds)) == len(seeds)
    assert seeds[0] == again.launches[0].hash_seed
    assert first.seed == 5


def test_a_comparison_that_is_not_decided_is_extended_once() -> None:
    found = compare(f"{ZOO}:work", f"{ZOO}:work", slower=1e-6, floor=0.0, budget_s=0.05, launches=2)
    assert (found.status, found.is_extended) == ("undecided", True)
    assert len(found.launches) >= 3
    assert conclude(found.launches, found.rules).status == "undecided"


# --- versions in a repository ---------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository whose work takes three times as long since the tag `old`."""
    folder = tmp_path / "project"
    source = folder / "src"
    source.mkdir(parents=True)
    git(tmp_path, "init", "-q", str(folder))
    for turns, tag in ((2000, "old"), (6000, "new")):
        (source / "zoo_project.py").write_text(f"def go():\n    return sum(range({turns}))\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", tag)
        git(folder, "tag", tag)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(source))
    return folder


def test_a_revision_runs_from_a_worktree_of_its_own(repository: Path) -> None:
    old = Version(target="zoo_project:go", revision="old")
    assert compare(old, "zoo_project:go", **FAR).status == "slower"
    assert compare(Version(target="zoo_project:go", revision="new"), old, **FAR).status == "fine"
    listed = subprocess.run(
        ["git", "-C", str(repository), "worktree", "list"], capture_output=True, check=True
    )
    assert len(listed.stdout.splitlines()) == 1


def test_a_revision_that_is_not_there_is_an_error(repository: Path) -> None:
    found = compare(Version(target="zoo_project:go", revision="older"), "zoo_project:go", **FAR)
    assert found.status == "error"
    assert found.reason == f"there is no revision 'older' in {repository}"


def test_code_that_does_not_come_from_the_revision_is_an_error(
    repository: Path, tmp_path: Path
) -> None:
    foreign = Version(target="json:dumps", kwargs={"obj": 1}, revision="old")
    found = compare(foreign, foreign, **FAR)
    assert found.status == "error"
    assert "both sides would have been the same code" in found.reason
    bench = tmp_path / "bench.py"
    bench.write_text("import zoo_project\ndef go():\n    return zoo_project.go()\n")
    versions = [Version(target=f"{bench}:go", revision=tag) for tag in ("old", "new")]
    assert compare(*versions, **FAR).status == "slower"
    bench.write_text("def go():\n    return sum(range(2000))\n")
    alone = compare(*versions, **FAR)
    assert alone.status == "error"
    assert "none of its modules did" in alone.reason


def test_a_folder_without_a_repository_has_no_revisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = compare(Version(target="json:dumps", revision="main"), "json:dumps", **FAR)
    assert found.status == "error"
    assert "not a git repository" in found.reason


def test_of_many_benchmarks_the_slower_one_is_named() -> None:
    same = (f"{ZOO}:work", f"{ZOO}:work")
    found = compare_all({"same": same, "worse": (f"{ZOO}:work", f"{ZOO}:twice")}, **FAR)
    assert {name: each.status for name, each in found.items()} == {
        "same": "fine",
        "worse": "slower",
    }


def test_a_self_test_tells_of_each_comparison_and_ends_at_once_where_nothing_can_be_measured() -> (
    None
):
    told: list[str] = []
    test = aa(
        f"{ZOO}:work",
        comparisons=2,
        progress=lambda number, found: told.append(f"{number} {found.status}"),
        **FAR,
    )
    assert told == ["0 fine", "1 fine"]
    assert (test.comparisons, test.false_alarms) == (2, 0)
    assert aa(f"{ZOO}:raises", comparisons=5, **FAR).errors == 1


def test_the_processes_of_a_killed_comparison_end_with_it() -> None:
    program = (
        "from holdfast.measure import compare\n"
        f"compare('{ZOO}:work', '{ZOO}:work', budget_s=600, slower=1e-6, floor=0)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE
    ) as process:
        group = wait_for_children(process.pid)
        process.kill()
    assert wait_until(lambda: not any(map(is_alive, group)), within_s=20)


def wait_for_children(parent: int) -> list[int]:
    """Return the two sides of a comparison as soon as both are there."""
    found: list[int] = []

    def has_two() -> bool:
        found[:] = [child.pid for child in psutil.Process(parent).children()]
        return len(found) == 2

    assert wait_until(has_two, within_s=60)
    return found


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def wait_until(question: Callable[[], bool], *, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while not question():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_what_a_version_leaves_running_ends_with_the_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOLDFAST_ZOO_STRAY", "1")
    assert against("strays", "strays").status == "fine"
    left = [
        process.pid
        for process in psutil.process_iter()
        if "HOLDFAST_ZOO_STRAY=1" in environment_of(process) and process.pid != os.getpid()
    ]
    assert left == []


def environment_of(process: psutil.Process) -> list[str]:
    try:
        return [f"{name}={value}" for name, value in process.environ().items()]
    except psutil.Error:
        return []


@pytest.mark.slow
def test_an_installed_version_comes_before_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zoo_shop.py").write_text("def total():\n    return sum(range(2000))\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    wheel = tmp_path / "zoo_shop-2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("zoo_shop.py", "def total():\n    return sum(range(8000))\n")
        about = "zoo_shop-2.0.dist-info"
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: zoo-shop\nVersion: 2.0\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    installed = Version(target="zoo_shop:total", install=("--no-index", str(wheel)))
    assert compare("zoo_shop:total", installed, **FAR).status == "slower"
    missing = Version(target="zoo_shop:total", install=("--no-index", "no-such-package-here"))
    found = compare("zoo_shop:total", missing, **FAR)
    assert found.status == "error"
    assert "-m pip install must succeed, got exit code 1" in found.reason


# --- what a case asks for ---------------------------------------------------------


def asked(**options: Any) -> Request:
    raw = {"than": f"{ZOO}:work", "by": "70%", "floor": "20%", "budget": "8s", "launches": 2}
    new = {"target": f"{ZOO}:work", "kwargs": {}}
    data = COMPARE.encode(new, COMPARE.check({**raw, **options}), root="", seed=1)
    return msgspec.json.decode(data, type=Request)


def test_the_child_of_a_case_compares_both_versions_or_one_with_itself() -> None:
    found = answer(asked())
    assert found.self_test is None
    assert found.comparison is not None
    assert found.comparison.status == "fine"
    assert COMPARE.read(msgspec.json.encode(found)) == msgspec.to_builtins(found)
    test = answer(asked(aa=1)).self_test
    assert test is not None
    assert (test.comparisons, test.false_alarms) == (1, 0)
