"""How does the work get into files that holdfast and pytest read, and how are they started?"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.evidence import Held
from benchmarks.figure import Sample
from benchmarks.measure import ROOT, NotMeasured, python, run

__all__ = ["run_holdfast", "run_pytest", "write_cases", "write_noops", "write_tests"]


def write_cases(folder: Path, cases: Sequence[dict[str, Any]], settings: str = "") -> Path:
    """Write a case file, and settings beside it that keep those of the checkout out."""
    folder.mkdir(parents=True)
    (folder / "holdfast.toml").write_text(settings)
    path = folder / "cases.json"
    path.write_bytes(msgspec.json.encode({"suite": "bench", "cases": cases}))
    return path


def write_noops(folder: Path, count: int, function: str) -> Path:
    """Write that many cases that call a function of `benchmarks.targets` without arguments."""
    target = {"python": f"benchmarks.targets:{function}", "expect": ["completes"]}
    return write_cases(folder, [{"id": f"case-{n:06}", **target} for n in range(count)])


def write_tests(folder: Path, *, tests: int, modules: int) -> Path:
    """Write that many tests that do nothing, evenly over modules; return their folder."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for module in range(modules):
        own = range(module, tests, modules)
        text = "\n\n".join(f"def test_{n}():\n    pass\n" for n in own)
        (folder / f"test_module_{module}.py").write_text(text)
    return folder


def run_holdfast(
    cases: Path, fresh: Path, *, flags: Sequence[str] = (), store: Path | None = None, expected: int
) -> Sample:
    """Measure one run, and check in its report and its store that it did what it claims.

    Raises:
        NotMeasured: not every one of the `expected` cases is recorded as passed.
    """
    store = store or fresh / "holdfast.db"
    output = fresh / "report"
    where = ["--store", f"sqlite:///{store}", "--report", "json", "-o", str(output)]
    command = python("-m", "holdfast", "run", cases.name, *where, "--no-progress", *flags)
    sample = run(command, cwd=cases.parent).sample
    held = _read_evidence(output / "report.json", store)
    counts = (held.planned, held.counted_passed, held.listed_passed, held.stored_passed)
    if set(counts) != {expected}:
        raise NotMeasured(
            f"planned, counted, listed and stored as passed must be {expected}, got {counts}"
        )
    spans = {"makespan_s": held.makespan_s, "lower_bound_s": held.lower_bound_s}
    return msgspec.structs.replace(sample, values=spans)


def _read_evidence(report: Path, store: Path) -> Held:
    command = python("-m", "benchmarks.evidence", str(report), str(store))
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if answer.returncode != 0:
        raise NotMeasured(f"the run must leave evidence:\n{answer.stderr.decode()[-2000:]}")
    return msgspec.json.decode(answer.stdout, type=Held)


def run_pytest(tests: Path, *, expected: int) -> Sample:
    """Measure a bare pytest, and check that all tests passed."""
    command = python("-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = run(command, cwd=tests)
    if f"{expected} passed" not in done.output:
        raise NotMeasured(f"pytest must pass {expected} tests, got {done.output.strip()[-200:]!r}")
    return done.sample
