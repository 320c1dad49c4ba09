"""Do the cases of the example hold, do they find what is planted, and are there as many examples as the guide says?"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.capability_machine import needs_confinement
from tests.examples.sandbox.rulebook import EXAMPLE

ROOT = Path(__file__).parents[3]
CASES = 12
EXAMPLES = ("async", "callbacks", "doubles", "performance")


def report_of(folder: Path, *words: str) -> dict[str, Any]:
    kept = {name: text for name, text in os.environ.items() if name != "HOLDFAST_STORE"}
    # The copy comes first, so that what is planted in it is what runs.
    path = os.pathsep.join([str(folder.parents[1]), str(ROOT / "src")])
    ended = subprocess.run(
        [sys.executable, "-m", "holdfast", "run", "-o", "out", "--report", "json", *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    file = folder / "out" / "report.json"
    assert file.exists(), f"exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return report


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["status"] for each in report["results"]}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy, so that its store, its reports and what is planted in it are this test's own."""
    ignore = shutil.ignore_patterns(".holdfast", "__pycache__")
    shutil.copytree(EXAMPLE, tmp_path / "examples" / "sandbox", ignore=ignore)
    shutil.copy(EXAMPLE.parent / "__init__.py", tmp_path / "examples")
    return tmp_path / "examples" / "sandbox"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} must hold {old!r} once"
    file.write_text(text.replace(old, new), encoding="utf-8")


@needs_confinement
def test_every_case_passes(example: Path) -> None:
    report = report_of(example)
    wrong = [
        (each["id"], [finding["message"] for finding in each["findings"]])
        for each in report["results"]
        if each["status"] != "passed"
    ]
    assert wrong == []
    assert (report["verdict"], len(report["results"])) == ("passed", CASES)


@needs_confinement
def test_the_cases_find_what_is_planted(example: Path) -> None:
    """An engine that accepts what it cannot judge, and that looks where it has no business."""
    change(example / "rules.py", 'status = "unclear"\n    return Dec', "pass\n    return Dec")
    snoop = 'try:\n        open("/etc/hostname").close()\n    except OSError:\n        pass\n    '
    change(example / "checks.py", 'with timer("read"):', f'{snoop}with timer("read"):')
    found = statuses(report_of(example, "cases/decide.yaml", "cases/capabilities.yaml"))
    assert {name for name, status in found.items() if status == "failed"} == {
        "unclear",
        "reads-its-rulebook-and-nothing-else",
        "works-with-its-rulebook-alone",
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_file_has_eleven_examples(name: str) -> None:
    source = (Path(__file__).parent / f"test_sandbox_{name}.py").read_text(encoding="utf-8")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [each.name for each in ast.parse(source).body if isinstance(each, functions)]
    assert len([each for each in found if each.startswith("test_")]) == 11
