"""Does what runs again, or goes on, run all that is still open, and with what it was told before?"""

from __future__ import annotations

import json

import pytest

from tests.e2e.project import Project, command, python, statuses


def test_what_was_skipped_for_a_need_runs_again_with_the_failure_that_stopped_it(
    project: Project,
) -> None:
    project.suite("s", [command("a", "test -f flag"), command("b", "false", after=["a"])])
    first, _ = project.quick_run("s.json")
    project.write("flag", "")
    again, report = project.quick_run("--rerun-failed")

    assert (first.code, again.code) == (1, 1)
    assert statuses(report) == {"a": "passed", "b": "failed"}


def test_nothing_to_run_again_is_nothing_selected(project: Project) -> None:
    project.suite("s", [command("a")])
    project.quick_run("s.json")
    again = project.quick("run", "--rerun-failed")
    assert again.code == 5
    assert "has no failures to run again" in again.err


def test_a_run_given_by_path_goes_on_without_naming_the_path_again(project: Project) -> None:
    cases = [command("a"), command("b", "test -f flag"), command("c")]
    project.suite("s", cases)
    stopped, _ = project.quick_run("s.json", "--sequential", "-x", "-k", "s/")
    project.write("flag", "")
    ended, report = project.quick_run("--resume", "last", "--sequential")

    assert stopped.code == 1
    assert ended.code == 1, "a failure of the first stretch stands"
    assert statuses(report) == {"a": "passed", "b": "failed", "c": "passed"}
    assert report["counts"]["planned"] == 3


def test_a_failure_is_reproduced_by_the_command_that_it_prints(project: Project) -> None:
    project.suite("fa", [command("bad", "false"), command("good")])
    first, _ = project.quick_run("fa.json")
    line = next(line for line in first.out.splitlines() if "reproduce:" in line)
    words = line.partition("holdfast run ")[2].replace('"', "").split()
    again, report = project.quick_run(*words)

    assert again.code == 1
    assert statuses(report) == {"bad": "failed"}


def test_a_variable_of_the_env_file_reaches_python_and_commands(project: Project) -> None:
    project.write(".env", "FROM_FILE=seen\n")
    project.write("code.py", "import os\n\ndef value():\n    return os.environ.get('FROM_FILE')\n")
    cases = [
        python("py", "code:value", expect=[{"equals": "seen"}]),
        command("sh", 'test "$FROM_FILE" = seen'),
    ]
    project.suite("s", cases)
    ended, report = project.quick_run("s.json")
    assert ended.code == 0, json.dumps(report)


@pytest.mark.parametrize("output", ["taken", "/proc/nope"])
def test_a_folder_that_cannot_be_made_is_refused_before_anything_runs(
    project: Project, output: str
) -> None:
    project.write("taken", "")
    project.suite("s", [command("a", "touch ran")])
    ended = project.quick("run", "s.json", "-o", output)
    assert ended.code == 2
    assert "--output must be a folder" in ended.err
    assert not (project.folder / "ran").exists()


def test_a_gate_for_a_suite_that_does_not_exist_is_refused(project: Project) -> None:
    project.write(
        "holdfast.toml",
        '[suites.security]\ncases = ["security.json"]\n[gate.suite.secruity]\nsuccess_rate = 1.0\n',
    )
    project.suite("security", [command("a", "touch ran")])
    ended = project.quick("run")
    assert ended.code == 2
    assert "did you mean 'security'" in ended.err
    assert not (project.folder / "ran").exists()


def test_security_cases_stay_out_when_the_setting_is_off(project: Project) -> None:
    project.suite("s", [command("a"), command("scan", tags=["security"])])
    on, everything = project.quick_run("s.json")
    off, rest = project.quick_run("s.json", HOLDFAST_SECURITY="false")
    assert (on.code, off.code) == (0, 0)
    assert set(statuses(everything)) == {"a", "scan"}
    assert set(statuses(rest)) == {"a"}
