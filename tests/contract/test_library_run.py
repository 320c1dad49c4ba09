"""What does a program get from `holdfast.run` and `holdfast.run_async`? All stages, in this process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.errors import UsageError
from holdfast.process.loop import run_loop

CODE = f"{__name__}:"
IN_PROCESS = {"in_process": True}


@holdfast.case(tags=["fast"])
def adds_up() -> None:
    assert 1 + 1 == 2


async def doubles(n: int) -> int:
    return n * 2


async def echo(value: Any) -> Any:
    return value


@pytest.fixture(autouse=True, scope="module")
def has_had_a_loop() -> None:
    """Make the descriptors that the first loop of a process opens for good."""
    run_loop(asyncio.sleep(0))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder without settings, and an environment without any."""
    for name in [name for name in os.environ if name.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path


def python(name: str, *expect: Any, **options: Any) -> dict[str, Any]:
    return {"id": name, "python": f"{CODE}doubles", "with": {"n": 2}, "expect": expect, **options}


def run(*cases: Any, **settings: Any) -> holdfast.Run:
    async def main() -> holdfast.Run:
        return await holdfast.run_async(list(cases), {**IN_PROCESS, **settings})

    return asyncio.run(main())


def test_every_kind_of_status_comes_back_with_its_evidence() -> None:
    made = run(
        python("right", {"equals": 4}),
        python("wrong", {"equals": 5}),
        python("open"),
        python("after-wrong", "completes", after=["wrong"]),
        python("left-out", "completes", skip="not today"),
        {"id": "command", "command": ["echo", "1"], "expect": [{"stdout": "1\n"}]},
    )
    assert isinstance(made, holdfast.Run)
    assert (made.verdict, made.exit_code) == ("failed", 1)
    assert {each.id: each.status for each in made.results} == {
        "right": "passed",
        "wrong": "failed",
        "open": "undecided",
        "after-wrong": "skipped",
        "left-out": "skipped",
        "command": "passed",
    }
    assert made.counts.planned == made.counts.recorded == 6
    finding = next(each for each in made.results if each.id == "wrong").attempts[0].findings[0]
    assert (finding.expectation, finding.status) == ("equals", "failed")


def test_a_marked_function_is_a_case_and_run_needs_no_loop() -> None:
    made = holdfast.run(adds_up, IN_PROCESS)
    assert (made.verdict, made.exit_code, made.counts.passed) == ("passed", 0, 1)
    settings = holdfast.Settings(in_process=True)
    assert holdfast.run(adds_up, settings).exit_code == 0


@holdfast.case
def adds_wrongly() -> bool:
    return sum([1, 1]) == 3


def test_a_marked_function_that_answers_false_does_not_pass() -> None:
    made = holdfast.run(adds_wrongly, IN_PROCESS)
    assert (made.verdict, made.exit_code, made.counts.undecided) == ("undecided", 3, 1)


def test_steps_templates_and_suites_run_here_too(project: Path) -> None:
    (project / "sent.json").write_text("21")
    call = {"python": f"{CODE}doubles", "with": {"n": "{file:sent.json}"}}
    document = {
        "suite": "made",
        "before": [call],
        "cases": [{"id": "a", "steps": [{**call, "save": {"n": "$"}, "expect": [{"equals": 42}]}]}],
    }
    assert run(document).verdict == "passed"


def test_texts_of_a_schema_file_are_compared_as_they_are(project: Path) -> None:
    (project / "schema.json").write_text('{"properties": {"a": {"enum": ["{n}", "{{n}}"]}}}')
    (project / "sent.json").write_text('{"a": "{n}"}')
    schema = {"json_schema": {"file": "schema.json"}}
    call = {"python": f"{CODE}echo", "with": {"value": "{file:sent.json}"}, "expect": [schema]}
    steps = {"id": "a", "steps": [call], "expect": ["completes"]}
    assert run({"id": "b", **call}, steps).counts.passed == 2


def test_the_same_run_can_be_told_from_its_store(project: Path) -> None:
    made = run(python("right", {"equals": 4}))
    again = run(python("right", {"equals": 4}), cached=True)
    assert (project / ".holdfast").is_dir()
    assert made.id != again.id
    assert again.exit_code == 0


def test_a_running_loop_and_a_case_of_a_run_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        holdfast.run(adds_up)

    with pytest.raises(UsageError, match="while an event loop is running") as caught:
        asyncio.run(main())
    assert isinstance(caught.value, holdfast.HoldfastError)
    monkeypatch.setenv("HOLDFAST_WORKER", "worker-1")
    with pytest.raises(UsageError, match="must not be called by a case"):
        run(adds_up)


def test_everything_that_is_wrong_is_told_before_anything_runs(project: Path) -> None:
    with pytest.raises(holdfast.HoldfastError, match="2 problems"):
        run(python("a", {"equalz": 1}), {"id": "b", "pyhton": "x:y"})
    assert not list(project.glob("**/*.db-wal"))
