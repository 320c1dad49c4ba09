"""Does a case, and the command, tell a slow-down, keep every pair, and answer with the right exit code?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project

ZOO = Path(__file__).parents[1] / "zoo" / "slowdowns.py"
# Wide limits: what these tests find does not depend on the machine's mood.
FAR = {"by": "70%", "floor": "20%", "budget": "8s", "launches": 2}
FLAGS = ["--by", "70%", "--floor", "20%", "--budget", "8s", "--launches", "2"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(ZOO, tmp_path / "slowdowns.py")
    return Project(tmp_path)


def test_cases_tell_slower_versions_from_their_twins(project: Project) -> None:
    work = {"than": "slowdowns:work", **FAR}
    quick, slow = ([sys.executable, "-S", "-c", code] for code in ("pass", "sum(range(2000000))"))
    cases: list[dict[str, Any]] = [
        {"id": "slower", "python": "slowdowns:twice", "expect": [{"not_slower": work}]},
        {"id": "twin", "python": "slowdowns:work", "expect": [{"not_slower": work}]},
        {
            "id": "given",
            "python": "slowdowns:given",
            "with": {"obj": {"a": 1}},
            "paired": {"than": "slowdowns:given", **FAR},
            "expect": ["not_slower"],
        },
        {
            "id": "command",
            "command": quick,
            "expect": [{"not_slower": {"than": {"command": slow}, **FAR}}],
        },
        {"id": "raises", "python": "slowdowns:raises", "expect": [{"not_slower": work}]},
        {"id": "nowhere", "python": "slowdowns:work", "expect": [{"not_slower": "older"}]},
        {
            "id": "late",
            "python": "slowdowns:work",
            "timeout": 2,
            "expect": [{"not_slower": {**work, "budget": "60s", "by": "0.01%", "floor": 0}}],
        },
    ]
    project.suite("cases", cases)
    done, report = project.quick_run("cases.json")
    assert done.code == 1
    found = {result["id"]: result for result in report["results"]}
    assert {name: result["status"] for name, result in found.items()} == {
        "slower": "failed",
        "twin": "passed",
        "given": "passed",
        "command": "passed",
        "raises": "error",
        "nowhere": "error",
        "late": "error",
    }
    message = found["slower"]["findings"][0]["message"]
    assert " times as long as slowdowns:work, at least " in message
    assert found["slower"]["measurements"]["compare.ratio"] == pytest.approx(2.0, rel=0.25)
    reasons = {name: found[name]["attempts"][-1]["error"] for name in ("raises", "nowhere", "late")}
    assert "ValueError: no luck" in reasons["raises"]["message"]
    assert "could not be measured: " in reasons["nowhere"]["message"]
    assert reasons["late"]["kind"] == "timeout"
    assert project.left_running() == []


def test_the_command_compares_with_a_revision(project: Project) -> None:
    folder, module = project.folder, project.folder / "shop.py"
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for turns, tag in ((2000, "old"), (8000, "new")):
        module.write_text(f"def total():\n    return sum(range({turns}))\n")
        for arguments in (["add", "shop.py"], ["commit", "-q", "-m", tag], ["tag", tag]):
            subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)
    done = project.quick("bench", "shop:total", "--against", "old", "--json", *FLAGS)
    assert done.code == 1
    comparison = json.loads(done.out)["comparison"]
    assert comparison["status"] == "slower"
    assert comparison["pairs"] == sum(len(each["pairs"]) for each in comparison["launches"])
    done = project.quick("bench", "shop:total", "--against", "new", *FLAGS)
    assert done.code == 0
    assert "PASSED  took " in done.out


def test_the_command_tells_what_this_machine_can_find(project: Project) -> None:
    done = project.quick("bench", "slowdowns:work", "--aa", "--comparisons", "1", *FLAGS)
    assert "1 comparisons of identical code: 0 false alarms" in done.out
    told = project.quick(
        *("bench", "slowdowns:work", "--aa", "--comparisons", "1", "--by", "1%", "--json"),
        *("--budget", "1s", "--launches", "2"),
    )
    assert json.loads(told.out)["self_test"]["comparisons"] == 1
    assert told.code == 2
    assert "slower must be at least what this machine can tell" in told.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "5%"], "--by must be given with --against or --aa"),
        (["--aa", "--warmup", "5"], "--warmup must be given without --against, --aa or"),
        (["--aa", "--against", "main"], "bench must be given only one of --against, --aa or"),
        (["--against", "main", "--by", "1%", "--floor", "2%"], "slower must be at least the floor"),
        (["--against", "{"], "--against must be a JSON object"),
        (["--against", "main", "--with", "[]"], "--with must be a JSON object, got '[]'"),
        (["--against", '{"revison": "main"}'], "than cannot be read"),
        (["--against", "main", "--by", "much"], "by: "),
        (["--against", "main", "--budget", "0s"], "budget must be above 0"),
        (["--against", "main", "--launches", "1"], "launches must be a whole number of at least 2"),
    ],
)
def test_the_command_refuses_what_means_nothing(
    project: Project, arguments: list[str], message: str
) -> None:
    done = project.quick("bench", "slowdowns:work", *arguments)
    assert done.code == 2
    assert message in done.err
