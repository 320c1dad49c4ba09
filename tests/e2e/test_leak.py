"""Does a case, and the command, tell a leak, keep the evidence, and answer with the right exit code?"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project

ZOO = Path(__file__).parents[1] / "zoo" / "leaks.py"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(ZOO, tmp_path / "leaks.py")
    return Project(tmp_path)


def test_cases_tell_leaks_from_what_is_clean(project: Project) -> None:
    small = {"iterations": 240}
    cases: list[dict[str, Any]] = [
        {"id": "keeps", "python": "leaks:objects_1kb", "leak": small, "expect": ["no_leak"]},
        {"id": "shy", "python": "leaks:ends_when_traced", "leak": small, "expect": ["no_leak"]},
        {"id": "clean", "python": "leaks:clean", "leak": small, "expect": ["no_leak"]},
        {"id": "raises", "python": "leaks:fails_later", "expect": ["no_leak"]},
        {"id": "ends", "python": "leaks:ends_its_process", "expect": ["no_leak"]},
        {"id": "slow", "python": "leaks:slow", "timeout": 1, "expect": ["no_leak"]},
    ]
    project.suite("cases", cases)
    done, report = project.quick_run("cases.json")
    assert done.code == 1
    found = {result["id"]: result for result in report["results"]}
    assert {name: result["status"] for name, result in found.items()} == {
        "keeps": "failed",
        "shy": "failed",
        "clean": "passed",
        "raises": "error",
        "ends": "error",
        "slow": "error",
    }
    assert found["keeps"]["measurements"]["leak.blocks"] == pytest.approx(2.0, abs=0.1)
    assert " objects per iteration at " in found["keeps"]["findings"][0]["message"]
    assert found["shy"]["findings"][0]["message"].endswith(
        "; the lines that allocate it were not found out: the target ended its process, exit 3"
    )
    assert found["ends"]["attempts"][-1]["error"]["kind"] == "crash"
    assert found["slow"]["attempts"][-1]["error"]["kind"] == "timeout"
    assert project.left_running() == []


def test_the_command_prints_what_stays(project: Project) -> None:
    done = project.quick("leak", "leaks:descriptor", "--json", "--channels", "fds")
    assert done.code == 1
    told = json.loads(done.out)
    (channel,) = told["report"]["channels"]
    assert (channel["name"], channel["status"], channel["per_call"]) == ("fds", "leaks", 1.0)


def test_the_command_refuses_what_means_nothing(project: Project) -> None:
    done = project.quick("leak", "leaks:clean", "--channels", "blocs")
    assert done.code == 2
    assert "no such channel 'blocs'; did you mean 'blocks'?" in done.err
