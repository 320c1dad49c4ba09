import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

import holdfast
from holdfast import library
from holdfast.model.case import Case, Expect, Target
from tests.e2e.project import Project, command

SCRIPT = """
import asyncio, json, sys
import holdfast

@holdfast.case(tags=["t"])
def adds_up():
    assert 1 + 1 == 2

@holdfast.case
async def fails():
    assert 1 + 1 == 3

if __name__ == "__main__":
    done = holdfast.run([adds_up, fails, "s.json", {"id": "hi", "command": ["true"], "expect": ["completes"]}])
    again = asyncio.run(holdfast.run_async(adds_up, {"slots": 3, "output": "out"}))
    print(json.dumps({
        "code": done.exit_code,
        "verdict": done.verdict,
        "statuses": {each.full_id: each.status for each in done.results},
        "rate": done.success_rate,
        "again": [again.verdict, again.schedule.slots, again.report_dir],
    }))
"""
UNGUARDED = """
import holdfast

@holdfast.case
def a(): pass

print(holdfast.run(a).results[0].error.message)
"""


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.folder)
    for name in ("HOLDFAST_STORE", "HOLDFAST_SLOTS"):
        monkeypatch.delenv(name, raising=False)
    return project


def script(project: Project, text: str) -> subprocess.CompletedProcess[str]:
    project.write("script.py", text)
    return subprocess.run(
        [sys.executable, "script.py"],
        cwd=project.folder,
        env=project.env({}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_script_runs_functions_files_and_dicts_and_leaves_no_process(project: Project) -> None:
    project.suite("s", [command("a")])

    ended = script(project, SCRIPT)

    assert ended.stderr == ""
    assert ended.stdout == (
        '{"code": 1, "verdict": "failed", "statuses": {"s/a": "passed", "script/script:adds_up": "passed", '
        '"script/script:fails": "failed", "cases/hi": "passed"}, "rate": 0.75, "again": ["passed", 3, "out"]}\n'
    )
    assert (project.folder / "out" / "report.json").exists()
    assert project.left_running() == []


def test_a_script_without_a_guard_is_told_of_it_and_does_not_run_itself_for_ever(
    project: Project,
) -> None:
    ended = script(project, UNGUARDED)

    assert "must not be called by a case, nor when its file is imported" in ended.stdout
    assert 'if __name__ == "__main__":' in ended.stdout


def test_values_and_suites_run_and_a_running_loop_is_refused(here: Project) -> None:
    value = Case(
        suite="own",
        id="value",
        target=Target(kind="command", spec={"argv": ["true"]}),
        expect=(Expect("exit_code", 0),),
    )
    suite = {"suite": "given", "cases": [command("first"), command("second", after=["first"])]}

    done = holdfast.run([value, suite], holdfast.Settings(store="sqlite:///own.db"))

    assert done.exit_code == 0
    assert sorted(each.full_id for each in done.results) == [
        "given/first",
        "given/second",
        "own/value",
    ]
    assert (here.folder / "own.db").exists()

    async def inside() -> str:
        with pytest.raises(holdfast.HoldfastError) as caught:
            holdfast.run(value)
        return str(caught.value)

    assert "await holdfast.run_async(...)" in asyncio.run(inside())


@pytest.mark.parametrize(
    ("cases", "settings", "told"),
    [
        ([], None, "no case was given"),
        ([{"id": "x"}], None, "given.cases[0]: a case must have a target"),
        (
            [{"cases": [{**command("x"), "expect": ["nope"]}]}],
            None,
            "cases[0].cases[0].expect[0]: no such expectation",
        ),
        ([{"cases": 3}], None, "cases[0].cases: "),
        (
            [{"cases": [command("x", foreach={"file": "rows.csv"})]}],
            None,
            "cases[0].cases[0].foreach",
        ),
        ([{"id": {1, 2}, "command": object()}], None, "must be plain data"),
        ([command("x"), command("x")], None, "an id must be unique in its suite"),
        (7, None, "must be a path, a marked function, a dict or a Case, got 7"),
        ([7], None, "must be a path, a marked function, a dict or a Case, got 7"),
        (len, None, "len must be marked as a case"),
        ("gone.json", None, "there is no file 'gone.json'"),
        (command("x"), {"slts": 3}, "did you mean 'slots'?"),
        (command("x"), {"slots": 0}, "slots"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_place(
    here: Project, cases: object, settings: dict[str, object] | None, told: str
) -> None:
    with pytest.raises(holdfast.HoldfastError) as caught:
        holdfast.run(cases, settings)

    assert told in str(caught.value)


def test_values_that_do_not_fit_together_are_refused(here: Project) -> None:
    value = Case(
        suite="s", id="a", target=Target(kind="command", spec={"argv": ["true"]}), after=("s/b",)
    )
    here.suite("s", [command("a")])

    with pytest.raises(holdfast.HoldfastError, match="'after' must name a case, got 's/b'"):
        holdfast.run([value])
    with pytest.raises(
        holdfast.HoldfastError, match="an id must be unique in its suite, got 's/a' twice"
    ):
        holdfast.run(["s.json", value])
    with pytest.raises(
        holdfast.HoldfastError, match="a suite's name must be unique in the run, got 's' twice"
    ):
        holdfast.run([Path("s.json"), {"suite": "s", "cases": [command("b")]}])


def test_a_function_that_no_worker_can_import_is_refused(here: Project) -> None:
    @holdfast.case
    def local() -> None:
        """Nobody can import this."""

    with pytest.raises(holdfast.HoldfastError, match="must stand at the top level of a file"):
        holdfast.run(local)
    assert library.__all__ == ["run", "run_async"]
