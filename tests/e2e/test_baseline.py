"""Is a target held against a baseline of an earlier run, in a case file and on the command line?"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from holdfast.measure.version_place import revision_of
from tests.e2e.project import Project, result

# Far beyond what any mood of a machine makes of the same code.
LIMITS: dict[str, Any] = {"by": "100%", "floor": "50%", "unit": "cpu"}
MEASURED: dict[str, Any] = {"budget": "0.2s", "launches": 2}
FLAGS = ["--budget", "0.2s", "--launches", "2", "--unit", "cpu"]


def shop(project: Project, turns: int) -> None:
    project.write("shop.py", f"def total():\n    return sum(range({turns}))\n")


def committed(project: Project) -> str:
    """Commit the project and return the commit."""
    git = ["git", "-C", str(project.folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "shop.py"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *words], check=True)
    return subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout


def test_a_run_compares_with_what_an_earlier_one_wrote(project: Project) -> None:
    expected = {"not_slower": {"than": "baseline", **LIMITS, **MEASURED}}
    project.suite("cases", [{"id": "total", "python": "shop:total", "expect": [expected]}])
    path = project.folder / "baselines" / "cases" / "total.json"
    shop(project, 2_000)

    refused = project.quick("run", "cases.json", "--update", CI="1")
    assert refused.code == 2
    assert "--update must not be given under CI" in refused.err
    assert not path.exists()

    done, report = project.quick_run("cases.json", "--update")
    finding = result(report, "total")["findings"][0]
    assert (done.code, finding["status"]) == (3, "undecided")
    assert "it is written from this run; run again to compare with it" in finding["message"]
    assert "baselines/cases/total.json: 1 sitting of this host class" in done.out + done.err
    assert json.loads(path.read_text())["format"] == "holdfast-baseline/1"

    done, report = project.quick_run("cases.json")
    found = result(report, "total")
    assert (done.code, found["status"]) == (0, "passed")
    assert (
        "baseline of 1 sitting, less than an hour old, same host class"
        in (found["findings"][0]["message"])
    )
    assert found["measurements"]["compare.margin"] > 0

    shop(project, 200_000)
    done, report = project.quick_run("cases.json")
    found = result(report, "total")
    assert (done.code, found["status"]) == (1, "failed")
    assert "times as long as in its baseline (CPU time" in found["findings"][0]["message"]
    assert project.quick("judge", "last").code == 1

    path.write_text('{"format": "holdfast-baseline/2"}')
    refused = project.quick("run", "cases.json")
    assert refused.code == 2
    assert f"{path}: a baseline must be of format 'holdfast-baseline/1'" in refused.err
    assert project.left_running() == []


def test_the_command_saves_a_baseline_and_compares_with_it(project: Project) -> None:
    project.write("shop.py", "async def total(count):\n    return sum(range(count))\n")
    commit = committed(project)
    target = ["bench", "shop:total", "--with", '{"count": 2000}', *FLAGS]
    saved = project.quick(*target, "--save-baseline", CI="1")
    assert saved.code == 0
    assert "baseline: baselines/bench/shop%3Atotal.json, 1 sitting of this host" in saved.out
    path = project.folder / "baselines" / "bench" / "shop%3Atotal.json"
    (sitting,) = json.loads(path.read_text())["sittings"]
    assert commit.startswith(sitting["commit"])
    assert sitting["commit"]
    assert "2000" not in json.dumps(sitting["what"])
    compared = project.quick(*target, "--against", "baseline", "--by", "100%")
    assert compared.code == 0
    assert "per call (CPU time), beside " in compared.out
    assert "PASSED  took " in compared.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--save-baseline", "--aa"], "bench must be given only one of --against, --aa or"),
        (["--save-baseline", "--by", "5%"], "--by must be given with --against or --aa"),
        (["--save-baseline", "--warmup", "5"], "--warmup must be given without --against, --aa or"),
        (["--budget", "1s"], "--budget must be given with --against, --aa or --save-baseline"),
        (
            ["--against", '{"baseline": "a", "python": "b"}'],
            "than must name a baseline by a text and nothing besides",
        ),
    ],
)
def test_the_command_refuses_what_means_nothing(
    project: Project, arguments: list[str], message: str
) -> None:
    done = project.quick("bench", "json:dumps", *arguments)
    assert done.code == 2
    assert message in done.err


def test_the_commit_is_told_where_there_is_one(project: Project) -> None:
    folder = project.folder
    project.write("shop.py", "")
    assert revision_of(folder) == ""
    (folder / ".git").mkdir()
    assert revision_of(folder) == ""
    (folder / ".git").rmdir()
    commit = committed(project)[:12]
    assert revision_of(folder) == commit
    project.write("shop.py", "other = 1\n")
    assert revision_of(folder) == f"{commit}+"
