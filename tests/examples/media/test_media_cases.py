"""Do the cases of the example hold, and do they find what is planted?"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from examples.media.files import create_test_files
from examples.media.places import memory_folder
from tests.e2e.project import Project
from tests.examples.media.planted import PLANTED, plant

ROOT = Path(__file__).parents[3]
# What is quick and what is about losing files and memory is tried with every change.
ALWAYS = {
    "loses and corrupts one, believes names and clocks",
    "takes and keeps memory",
    "forgets what was begun",
}
ONE_OF_EACH = (
    "scale/a-thousand-files",
    "memory/stays-small-over-2000-files",
    "together/four-into-one-library",
    "resume/killed-in-small-batches",
    "profiles/a-profile-of-ones-own",
)
MARKED = [
    pytest.param(name, marks=() if name in ALWAYS else pytest.mark.slow, id=name.replace(" ", "-"))
    for name in PLANTED
]


@pytest.fixture
def example(tmp_path: Path) -> Project:
    """A copy, so that its store, its reports and what is planted in it are this test's own."""
    ignore = shutil.ignore_patterns(".holdfast", "__pycache__")
    shutil.copytree(ROOT / "examples" / "media", tmp_path / "examples" / "media", ignore=ignore)
    shutil.copy(ROOT / "examples" / "__init__.py", tmp_path / "examples")
    return Project(tmp_path / "examples" / "media")


def report_of(example: Project, *words: str) -> dict[str, Any]:
    path = os.pathsep.join([str(example.folder.parents[1]), str(ROOT / "src")])
    return example.quick_run(*words, PYTHONPATH=path)[1]


def said(result: dict[str, Any]) -> str:
    errors = [each["error"]["message"] for each in result["attempts"] if each["error"]]
    found = [f"{each['expectation']}: {each['message']}" for each in result["findings"]]
    return "\n".join([*errors, *found])


def test_a_case_of_each_suite_passes(example: Project) -> None:
    report = report_of(example, *ONE_OF_EACH)
    assert [said(each) for each in report["results"] if each["status"] != "passed"] == []
    assert (report["verdict"], len(report["results"])) == ("passed", len(ONE_OF_EACH))


@pytest.mark.slow(reason="the others of the quick cases ask the same of the organiser")
def test_the_quick_cases_pass(example: Project) -> None:
    report = report_of(example, "--quick")
    assert [said(each) for each in report["results"] if each["status"] != "passed"] == []
    assert report["verdict"] == "passed"
    counts = {suite["name"]: suite["planned"] for suite in report["suites"]}
    assert counts == {"scale": 2, "memory": 2, "together": 2, "resume": 2, "profiles": 2}


@pytest.mark.parametrize("name", MARKED)
def test_the_cases_find_what_is_planted(example: Project, name: str) -> None:
    changes, suite, expected = PLANTED[name]
    plant(example.folder, changes)
    report = report_of(example, *(f"{suite}/{case}" for case in expected))
    found = {each["id"]: each for each in report["results"]}
    assert set(found) == set(expected)
    for case, (status, parts) in expected.items():
        told = said(found[case])
        assert found[case]["status"] == status, told
        assert [part for part in parts if part not in told] == [], told


@pytest.mark.slow(reason="a hundred thousand files")
def test_a_hundred_thousand_files_take_less_than_200_mb() -> None:
    with tempfile.TemporaryDirectory(prefix="media-", dir=memory_folder()) as folder:
        inbox = Path(folder) / "inbox"
        made = create_test_files(inbox, 100_000)
        seen = {facts.st_ino: facts.st_blocks * 512 for facts in map(Path.stat, inbox.rglob("*"))}
        assert sum(seen.values()) < 200_000_000
        assert made.files == sum(1 for _ in made.entries()) == 100_000
        assert made.bytes > 10**12
