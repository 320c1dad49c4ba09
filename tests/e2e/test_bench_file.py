"""Does the command give plain statistics of a file, and do other tools' files come in and go out?"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import UsageError
from holdfast.measure import PerformanceResult, read_benchmarks, write_benchmarks
from holdfast.measure.tester_case import judge_benchmarks, measure_target
from holdfast.measure.tester_result import result_of
from holdfast.model.evidence import Evidence
from holdfast.process.page import close_page, open_page
from tests.e2e.project import Project

BENCH = """
import asyncio
import os

CALLS = 0


def bench_sum():
    assert os.environ.get("HOLDFAST_RUN")
    sum(range(10))


async def bench_nap():
    await asyncio.sleep(0)


def bench_third():
    global CALLS
    CALLS += 1
    if CALLS % 3 == 0:
        raise ValueError("a third")


def helper():
    raise AssertionError("nobody asked for it")
"""

# Written by pyperf 2.10.0 (timeit -p2 -n3 -w1 -l100), with fewer remarks on the machine.
PYPERF: dict[str, Any] = {
    "benchmarks": [
        {
            "runs": [
                {
                    "metadata": {"date": "2026-11-21 12:56:38.412964", "duration": 0.07},
                    "values": [3.6e-07, 2.9e-07, 3.0e-07],
                    "warmups": [[100, 3.0e-07]],
                },
                {
                    "metadata": {"date": "2026-11-21 12:56:38.898733", "duration": 0.01},
                    "values": [2.0e-07, 2.1e-07, 2.2e-07],
                    "warmups": [[100, 3.1e-07]],
                },
                {"warmups": [[1, 4e-07]]},
            ]
        }
    ],
    "metadata": {"loops": 100, "name": "noop", "perf_version": "2.10.0", "unit": "second"},
    "version": "1.0",
}

TESTS = """
def test_sum(benchmark):
    benchmark.pedantic(sum, args=([1, 2],), rounds=50, iterations=3)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def found_in(text: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(text)["benchmarks"]}


def test_the_functions_of_a_file_are_timed_in_a_process_of_their_own(project: Project) -> None:
    project.write("bench_all.py", BENCH)
    flags = ("--iterations", "9", "--warmup", "3", "--concurrency", "2")
    done = project.quick("bench", "bench_all.py", *flags, "--json")
    assert done.code == 1, done.err
    found = found_in(done.out)
    assert sorted(found) == ["bench_nap", "bench_sum", "bench_third"]
    counts = {name: (each["succeeded"], each["failed"]) for name, each in found.items()}
    assert counts == {"bench_nap": (9, 0), "bench_sum": (9, 0), "bench_third": (6, 3)}
    assert {(each["warmup"], each["concurrency"]) for each in found.values()} == {(3, 2)}
    assert found["bench_third"]["errors"] == {"ValueError: a third": 4}
    assert project.left_running() == []


@pytest.mark.parametrize("target", ["bench_here.py", "bench_here.py:bench_nap", "here.py"])
def test_results_are_left_in_the_evidence_of_the_call(
    project: Project, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    project.write("bench_here.py", "async def bench_nap(): pass\n")
    project.write("here.py", "1 + 1\n")
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    page = open_page(is_alone=True)
    told = measure_target(target, 4, 2, 1, arguments={}, timeout_s=5)
    evidence = close_page(page, Evidence())
    assert told == {"benchmarks": 1, "calls": 4, "succeeded": 4, "failed": 0}
    assert judge_benchmarks(told).status == "passed"
    (found,) = evidence.facts["benchmarks"]
    assert evidence.measurements[f"bench.{found['name']}.mean"] == found["mean"]


def test_one_failed_call_is_a_failed_benchmark() -> None:
    told = {"benchmarks": 1, "calls": 4, "succeeded": 3, "failed": 1}
    assert judge_benchmarks(told).message == "1 call failed, 3 worked"


def test_failures_are_shown_beside_the_statistics(project: Project) -> None:
    project.write("bench_all.py", BENCH)
    done = project.quick("bench", "bench_all.py:bench_third", "--iterations", "6", "--warmup", "3")
    assert done.code == 1
    assert "4 of 6 calls, 2 failed after 3 to warm up, 1 of them failed" in done.out
    assert "3 times ValueError: a third" in done.out
    assert "FAILED  3 calls failed, 4 worked" in done.out


def test_when_all_calls_fail_there_are_no_figures_and_no_crash(project: Project) -> None:
    project.write("bad.py", "raise RuntimeError('broken')\n")
    done = project.quick("bench", "bad.py", "--iterations", "5", "--warmup", "0", "--write", "a")
    assert done.code == 1
    assert "bad.py: 0 of 5 calls, 5 failed\n  5 times RuntimeError: broken\nFAILED" in done.out
    assert not (project.folder / "a").exists()


def test_a_file_without_such_functions_is_run_itself(project: Project) -> None:
    project.write("plain.py", "import asyncio\nawait asyncio.sleep(0)\n")
    done = project.quick("bench", "plain.py", "--iterations", "4", "--warmup", "1")
    assert done.code == 0, done.out + done.err
    assert "plain.py: 4 of 4 calls after 1 to warm up" in done.out
    assert "PASSED  all 4 calls worked" in done.out


def test_a_function_gets_its_arguments(project: Project) -> None:
    project.write("shop.py", "def total(n):\n    assert n == 3\n")
    flags = ("--with", '{"n": 3}', "--iterations", "2", "--write", "out.json")
    done = project.quick("bench", "shop.py:total", *flags)
    assert done.code == 0, done.out + done.err
    again = project.quick("bench", "out.json")
    assert (again.code, "shop.py:total: 2 of 2 calls" in again.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.py", "--iterations", "0"], "--iterations must be at least 1, got 0"),
        (["a.py", "--warmup", "-1"], "--warmup must be at least 0, got -1"),
        (["a.py", "--concurrency", "0"], "--concurrency must be at least 1, got 0"),
        (["a.py"], "bench must be given a file that exists, got 'a.py'"),
        (["a.py", "--write", "no/a.json"], "--write must name a file in a folder that exists"),
        (["a.json"], "benchmarks must be readable JSON"),
    ],
)
def test_what_cannot_be_timed_is_wrong_usage(
    project: Project, words: list[str], message: str
) -> None:
    done = project.quick("bench", *words)
    assert done.code == 2
    assert message in done.err


def test_a_file_whose_functions_are_hidden_is_an_error(project: Project) -> None:
    project.write("inner.py", "class A:\n    def bench_it(self): pass\n")
    done = project.quick("bench", "inner.py")
    assert done.code == 1
    assert "must define functions bench_*, got none at its top level" in done.out


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that the installed pytest-benchmark has written."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "test_sum.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    words = ["-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider"]
    subprocess.run(
        [sys.executable, *words, "--benchmark-json=out.json", "test_sum.py"],
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        check=True,
        capture_output=True,
        timeout=90,
    )
    return folder / "out.json"


def test_a_file_of_pytest_benchmark_is_read_with_its_figures(stored: Path) -> None:
    (found,) = read_benchmarks(stored)
    theirs = json.loads(stored.read_text())["benchmarks"][0]["stats"]
    assert (found.name, found.kind, found.succeeded) == ("test_sum.py::test_sum", "stored", 50)
    names = {"mean": "mean", "median": "median", "std_dev": "stddev", "min": "min", "max": "max"}
    for ours, name in names.items():
        assert getattr(found, ours) == pytest.approx(theirs[name])
    assert found.times_s == tuple(theirs["data"])


def test_without_its_times_a_file_of_pytest_benchmark_gives_its_figures(
    stored: Path, tmp_path: Path
) -> None:
    data = json.loads(stored.read_text())
    stats = data["benchmarks"][0]["stats"]
    del stats["data"]
    (tmp_path / "short.json").write_text(json.dumps(data))
    (found,) = read_benchmarks(tmp_path / "short.json")
    assert (found.mean, found.times_s, found.iterations) == (stats["mean"], (), 50)
    assert found.p99 is None


def three() -> list[PerformanceResult]:
    times = [0.001 * (1 + k / 50) for k in range(40)]
    return [
        result_of("a.py::one", times, iterations=40, total_s=1.0, warmup=3),
        result_of("two", [*times, 0.9], iterations=43, total_s=2.0, errors=["x", "x"]),
        result_of("three", [0.002], iterations=1, total_s=0.002),
    ]


@pytest.mark.parametrize("form", ["pytest-benchmark", "pyperf"])
@pytest.mark.parametrize("name", ["out.json", "out.json.gz"])
def test_what_is_written_is_read_again(tmp_path: Path, form: Any, name: str) -> None:
    path = tmp_path / name
    write_benchmarks(path, three(), format=form)
    again = read_benchmarks(path)
    assert [each.name for each in again] == [each.name for each in three()]
    for one, other in zip(three(), again, strict=True):
        assert (one.times_s, one.failed, one.p95) == (other.times_s, other.failed, other.p95)
        assert other.throughput is None


def test_pytest_benchmark_reads_what_is_written_and_finds_the_same(tmp_path: Path) -> None:
    write_benchmarks(tmp_path / "out.json", three(), format="pytest-benchmark")
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", "./out.json", "--csv=out.csv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "3 tests" in done.stdout
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 4


def test_a_file_of_pyperf_is_read_over_all_its_runs(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps(PYPERF).encode()))
    (found,) = read_benchmarks(tmp_path / "a.json.gz")
    assert (found.name, found.succeeded, found.min) == ("noop", 6, 2.0e-07)
    assert found.total_s == pytest.approx(100 * 1.58e-06)


def test_pyperf_is_given_no_times_of_nought(tmp_path: Path) -> None:
    nought = result_of("f", [0.0, 1e-6], iterations=2, total_s=1.0)
    write_benchmarks(tmp_path / "a.json", [nought], format="pyperf")
    assert read_benchmarks(tmp_path / "a.json")[0].min == 1e-9


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "readable JSON"),
        ("[]", "no list 'benchmarks'"),
        ('{"benchmarks": [], "version": "2.0"}', "version of its format is '2.0', not '1.0'"),
        ('{"benchmarks": [{"stats": {}}]}', "KeyError: 'name'"),
        (
            json.dumps({**PYPERF, "metadata": {"name": "rss", "unit": "byte"}}),
            "'rss' is measured in 'byte', not in seconds",
        ),
    ],
    ids=["json", "list", "version", "stats", "unit"],
)
def test_a_file_in_another_form_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(UsageError, match=message):
        read_benchmarks(tmp_path / "a.json")


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    dead = result_of("dead", (), iterations=1, total_s=1.0, errors=["x"])
    refused: list[tuple[Any, list[PerformanceResult], Any, str]] = [
        ("a.json", [dead], "pyperf", "got none of dead"),
        ("a.json", [], "pyperf", "got no benchmark"),
        ("a.json", three(), "xml", "a format must be one of pytest-benchmark, pyperf"),
        ("no/a.json", three(), "pyperf", "a file that can be written"),
    ]
    for name, results, form, message in refused:
        with pytest.raises(UsageError, match=message):
            write_benchmarks(tmp_path / name, results, format=form)
