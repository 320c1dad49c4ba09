"""Do the checks of this machine, and the benchmark of a file, count what they say?"""

from __future__ import annotations

import json

import pytest

from holdfast.doubles.standing import OWN
from tests.e2e.project import Project


def test_this_machine_keeps_its_promises_or_says_what_is_missing(project: Project) -> None:
    ended = project.quick("integration", "validate", "--json")
    told = json.loads(ended.out)
    statuses = [each["status"] for each in told["checks"]]
    assert ended.code == told["exit_code"] == (3 if "undecided" in statuses else 0)
    assert "failed" not in statuses
    areas = {each["area"] for each in told["checks"]}
    assert areas == {"executor", "session", "callback", "capability", "double"}
    own = [each["promise"] for each in told["checks"] if each["area"] == "double"]
    assert [
        name for name in OWN if any(each.startswith(f"{name} was held to") for each in own)
    ] == [*OWN]
    assert all(each["reason"] for each in told["checks"] if each["status"] != "passed")


def test_iterations_warmup_and_concurrency_are_all_honoured(project: Project) -> None:
    project.write("code.py", "open('log', 'a').write(str(__import__('os').getpid()) + '\\n')\n")
    words = ("--iterations", "9", "--warmup", "4", "--concurrency", "3", "--json")
    ended = project.quick("integration", "benchmark", "code.py", *words)
    told = json.loads(ended.out)
    assert (ended.code, told["iterations"], told["warmup"], told["failed"]) == (0, 9, 4, 0)
    pids = (project.folder / "log").read_text().split()
    assert len(pids) == 13
    assert 1 < len(set(pids)) <= 3
    assert told["throughput_per_s"] == pytest.approx(9 / told["wall_s"])
    times = told["times_s"]
    assert times["min"] <= times["p50"] <= times["p95"] <= times["p99"] <= times["max"]


def test_failures_are_counted_and_shown(project: Project) -> None:
    project.write("code.py", "raise ValueError('no')")
    ended = project.quick("integration", "benchmark", "code.py", "--iterations", "3")
    assert ended.code == 1
    assert "3 (100 % of 3), the first: ValueError: no" in ended.out
    assert "mean" not in ended.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere.py",), "FILE must be a text file that can be read, got 'nowhere.py'"),
        (("empty.py",), "FILE must hold code, got 'empty.py', which is empty"),
        (("code.py", "--timeout", "soon"), "--timeout must be a duration, got 'soon'"),
        (("code.py", "--iterations", "0"), "--iterations"),
    ],
)
def test_wrong_usage_runs_nothing(project: Project, words: tuple[str, ...], message: str) -> None:
    project.write("empty.py", "\n")
    project.write("code.py", "1")
    ended = project.quick("integration", "benchmark", *words)
    assert ended.code == 2
    assert message in ended.err
