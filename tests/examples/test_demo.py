"""Does the example hold together when holdfast runs it, and is nothing left of it afterwards?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.process.reaper import carriers, read_parents

ROOT = Path(__file__).parents[2]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example, so that its store and its logs are this test's own."""
    ignore = shutil.ignore_patterns(".holdfast", "__pycache__")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=ignore)
    return tmp_path / "examples" / "anomaly"


def start(example: Path, *arguments: str) -> subprocess.Popen[str]:
    # A killed service cannot clear up: its temp files go with the test's folder.
    folders = {"PYTHONPATH": str(example.parents[1]), "TMPDIR": str(example.parents[1])}
    environment = {**os.environ, **folders, "NO_COLOR": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "holdfast", "run", *arguments],
        cwd=example,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def services_of(run_id: str) -> set[int]:
    return carriers(run_id.encode(), read_parents())


def test_every_case_of_the_example_passes_against_the_real_service(example: Path) -> None:
    with start(example, "-o", "out", "--report", "json") as run:
        text, _ = run.communicate(timeout=240)
    assert run.returncode == 0, text
    report = json.loads((example / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "passed"
    counts = report["counts"]
    assert counts["planned"] == counts["recorded"] == counts["passed"] == 20
    assert {suite["name"] for suite in report["suites"]} >= {"workflow", "batch", "lifecycle"}
    assert services_of(report["run"]["id"]) == set()


@pytest.mark.slow(
    reason="a second start of scikit-learn; test_reaper.py holds it with small processes"
)
def test_a_killed_run_leaves_no_service_behind(example: Path) -> None:
    with start(example, "workflow", "--verbose") as run:
        assert run.stdout is not None
        first = run.stdout.readline()
        assert first.startswith("run "), first
        run_id = first.split()[1].rstrip(",")
        for line in run.stdout:
            if line.startswith("passed"):
                break
        assert services_of(run_id), "the service must run while its cases do"
        run.send_signal(signal.SIGKILL)
        # Their end of the pipe closes when the last process that holds it is gone.
        run.stdout.read()
        run.wait(timeout=30)
    while services_of(run_id):
        os.sched_yield()
