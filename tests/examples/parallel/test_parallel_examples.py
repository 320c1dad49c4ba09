"""Do the cases and the programs of the example of parallel maps hold?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.examples.parallel.planted import REPLACED

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "parallel"
PROGRAMS = [
    "basic",
    "correctness",
    "edge_cases",
    "features",
    "generator",
    "own_pool",
    "validation",
]
CASES = 27


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: text for name, text in os.environ.items() if name != "HOLDFAST_STORE"}
    # A worker that is ended cannot clear up after a fork server. The place is a short one: the
    # server's socket lies in it, and the path of a socket has no more than 100 letters.
    with tempfile.TemporaryDirectory() as temp:
        folders = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "TMPDIR": temp}
        return subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env={**kept, **folders, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def report_of(folder: Path, *words: str, **env: str) -> dict[str, Any]:
    ended = run(folder, "-m", "holdfast", "run", "-o", "out", "--report", "json", *words, **env)
    path = folder / "out" / "report.json"
    assert path.exists(), f"exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def cases_of(report: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the results by case, all its variants together."""
    found: dict[str, list[dict[str, Any]]] = {}
    for result in report["results"]:
        name = f"{result['suite']}/{result['id'].partition('[')[0]}"
        found.setdefault(name, []).append(result)
    return found


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy, so that its store and its reports are this test's own."""
    ignore = shutil.ignore_patterns(".holdfast", "__pycache__")
    shutil.copytree(EXAMPLE, tmp_path / "parallel", ignore=ignore)
    return tmp_path / "parallel"


def test_every_check_of_a_map_passes_with_its_workers_forced(example: Path) -> None:
    report = report_of(example)
    wrong = [
        (each["id"], [finding["message"] for finding in each["findings"]])
        for each in report["results"]
        if each["status"] != "passed"
    ]
    assert wrong == []
    assert report["verdict"] == "passed"
    cases = cases_of(report)
    assert len(cases) == CASES
    assert sum(len(variants) for variants in cases.values()) >= 90


@pytest.mark.parametrize(("what", "source", "replaced", "caught"), REPLACED, ids=["order", "loss"])
def test_the_checks_find_what_is_planted(
    example: Path, what: str, source: str, replaced: str, caught: set[str]
) -> None:
    """Break one thing in a copy of the package; the cases that are about it must fail."""
    package = example.parent / "src" / "holdfast"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "holdfast", package, ignore=ignore)
    file = package / "parallel" / what
    text = file.read_text(encoding="utf-8")
    assert text.count(source) == 1, f"{what} must hold {source!r} once"
    file.write_text(text.replace(source, replaced), encoding="utf-8")
    path = os.pathsep.join([str(package.parent), str(ROOT)])
    report = report_of(example, "cases/execute.yaml", "cases/correctness.yaml", PYTHONPATH=path)
    failed = {
        name
        for name, variants in cases_of(report).items()
        if any(each["status"] == "failed" for each in variants)
    }
    assert caught <= failed


def test_there_is_a_program_for_each_that_is_run_here() -> None:
    beside = {"__init__", "checks", "say", "work"}
    assert sorted({path.stem for path in EXAMPLE.glob("*.py")} - beside) == PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_holds_what_it_claims(name: str, tmp_path: Path) -> None:
    ended = run(tmp_path, "-m", f"examples.parallel.{name}")
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    assert "ok: " in ended.stdout
