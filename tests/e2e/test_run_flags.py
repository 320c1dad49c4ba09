import json
import os
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli.main import main
from tests.e2e.project import Project, command, python, result, statuses

SETTINGS = """
slots = 7
[suites.alpha]
cases = ["alpha.json"]
[suites.beta]
cases = ["beta.json"]
[profiles.tiny]
per_suite = 1
"""


@pytest.fixture
def two_suites(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.write("holdfast.toml", SETTINGS)
    project.suite(
        "alpha",
        [
            command("one", tags=["e2e"]),
            command("two", tags=["slow", "e2e"]),
            command("three"),
            command("four", tags=["stress"]),
        ],
    )
    project.suite("beta", [command("one", tags=["slow"]), command("five", after=["one"])])
    monkeypatch.chdir(project.folder)
    return project


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ([], "alpha/one alpha/two alpha/three beta/one beta/five"),
        (["-m", "e2e and not slow"], "alpha/one"),
        (["-k", "t"], "alpha/two alpha/three beta/one beta/five"),
        (["--suite", "beta"], "beta/one beta/five"),
        (
            ["--suite", "alpha", "beta", "--exclude-slow"],
            "alpha/one alpha/three beta/one beta/five",
        ),
        (["--suite", "alpha", "--suite", "beta", "-k", "one"], "alpha/one beta/one"),
        (["--quick"], "alpha/one alpha/two beta/one beta/five"),
        (["--include-stress", "--suite", "alpha"], "alpha/one alpha/two alpha/three alpha/four"),
        (["--profile", "tiny"], "alpha/one beta/one"),
        (["beta/five"], "beta/one beta/five"),
        (["alpha"], "alpha/one alpha/two alpha/three"),
        (["beta.json", "one"], "beta/one"),
    ],
)
def test_a_flag_selects_its_cases_and_what_they_need(
    two_suites: Project, flags: list[str], chosen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", "--collect-only", *flags])

    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "/" in line]
    assert code == 0
    assert sorted(listed) == sorted(chosen.split())


def test_flags_that_are_settings_reach_the_run_and_its_report(two_suites: Project) -> None:
    first, report = two_suites.quick_run(
        "-n",
        "1",
        "--slots",
        "3",
        "--seed",
        "42",
        "--store",
        "sqlite:///other.db",
        "--durations",
        "2",
        "alpha",
    )
    second, sequential = two_suites.quick_run(
        "--sequential", "--store", "sqlite:///other.db", "alpha"
    )

    assert first.code == second.code == 0
    assert (two_suites.folder / "other.db").exists()
    assert not (two_suites.folder / ".holdfast" / "holdfast.db").exists()
    assert report["run"]["seed"] == 42
    assert (report["schedule"]["workers"], report["schedule"]["slots"]) == (1, 3)
    assert "2 longest cases" in first.out
    assert "longest cases" not in second.out
    assert sequential["schedule"]["slots"] == 1


def test_a_cached_pass_stands_only_as_long_as_the_code_it_stood_on(project: Project) -> None:
    project.write("code.py", "def value():\n    return 1\n")
    cases = [python("kept", "code:value", expect=[{"equals": 1}]), command("asked")]
    project.suite("s", cases)
    project.run("s.json")
    again, reused = project.run("s.json", "--cached")
    project.write("code.py", "def value():\n    return 2  # an edit\n")
    edited, report = project.run("s.json", "--cached")

    assert (again.code, edited.code) == (0, 1)
    # What a command does today is not known from what it did yesterday.
    assert reused["counts"]["cached"] == 1
    assert statuses(report) == {"kept": "failed", "asked": "passed"}
    assert report["counts"]["cached"] == 0


def test_verbose_has_a_line_per_case_quiet_only_the_end_and_no_progress_nothing_else(
    two_suites: Project,
) -> None:
    verbose = two_suites.quick("run", "alpha", "--verbose", "--no-progress", "--report", "json")
    quiet = two_suites.quick("run", "alpha", "--quiet", "--log-level", "debug", "--parallel")
    plain = two_suites.quick("run", "alpha")

    lines = verbose.out.splitlines()
    assert sorted(line.split()[1] for line in lines[:3]) == [
        "alpha/one",
        "alpha/three",
        "alpha/two",
    ]
    assert lines[3].startswith("run ")
    assert plain.out.splitlines()[0].endswith("3 cases")
    assert "deselected" in plain.out.splitlines()[1]
    assert not quiet.out.splitlines()[0].endswith("3 cases")
    assert quiet.out.count("PASSED") == 1
    # --log-level writes to stderr, and nothing is logged without it
    assert "DEBUG   alpha/one ended: passed" in quiet.err
    assert plain.err == verbose.err == ""
    folders = list((two_suites.folder / ".holdfast" / "reports").iterdir())
    # Runs of one second are told apart by chance, so their folders have no order.
    assert sorted(sorted(file.name for file in each.iterdir()) for each in folders) == [
        ["report.html", "report.json"],
        ["report.html", "report.json"],
        ["report.json"],
    ]


def test_what_would_run_is_shown_and_not_run(
    two_suites: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    marker = two_suites.folder / "it-ran"
    two_suites.suite("alpha", [command("one", f"touch {marker}"), command("two", tags=["stress"])])

    assert main(["run", "--dry-run", "alpha"]) == 0
    shown = capsys.readouterr().out
    assert main(["run", "--dry-run", "--quiet", "alpha"]) == 0
    assert capsys.readouterr().out == "1 case in 1 suite is fine\n"

    assert "would run, in this order" in shown
    assert "1  alpha/one" in shown
    assert "alpha/two: tagged stress (runs with --include-stress)" in shown
    assert shown.endswith("1 case in 1 suite is fine\n")
    assert not marker.exists()


def test_failures_stop_a_run_as_early_as_they_were_asked_to(project: Project) -> None:
    project.suite("s", [command(f"c{n}", "false") for n in range(5)])

    first, at_once = project.quick_run("s.json", "-x", "--sequential")
    _, after_two = project.quick_run("s.json", "--max-failures", "2", "--sequential")
    _, again = project.quick_run("s.json", "--fail-fast", "--sequential")

    assert first.code == 1
    assert [at_once["counts"][each] for each in ("planned", "recorded", "failed", "skipped")] == [
        5,
        5,
        1,
        4,
    ]
    assert "the first failure stopped the run" in first.out
    assert [after_two["counts"][each] for each in ("failed", "skipped")] == [2, 3]
    assert [again["counts"][each] for each in ("failed", "skipped")] == [1, 4]


def test_a_spent_budget_skips_the_rest_and_the_run_is_incomplete(project: Project) -> None:
    project.suite("s", [command(f"c{n}", ["sleep", "0.3"]) for n in range(3)])

    ended, report = project.quick_run("s.json", "--sequential", "--budget", "100ms")
    resumed, whole = project.quick_run("s.json", "--resume", "last")

    assert ended.code == 3
    assert report["verdict"] == "incomplete"
    assert statuses(report) == {"c0": "passed", "c1": "skipped", "c2": "skipped"}
    assert resumed.code == 0
    assert whole["counts"]["passed"] == 3


def test_only_what_did_not_pass_runs_again(project: Project) -> None:
    project.suite(
        "s", [command("good"), command("bad", "false"), command("none", ["no-such-program"])]
    )
    project.quick_run("s.json")

    _, errors = project.quick_run("s.json", "--only-errors")
    project.quick_run("s.json")
    _, failures = project.quick_run("s.json", "--rerun-failed")
    project.quick_run("s.json", "-k", "good")
    nothing = project.quick("run", "s.json", "--rerun-failed")

    assert statuses(errors) == {"none": "error"}
    assert statuses(failures) == {"bad": "failed", "none": "error"}
    assert nothing.code == 5
    assert "has no failures to run again" in nothing.err


def test_code_runs_here_with_in_process_and_its_output_comes_through_with_s(
    project: Project,
) -> None:
    project.write(
        "code.py",
        """
import os
def note():
    print("said by the case")
    open("pid", "w").write(str(os.getpid()))
""",
    )
    project.suite("s", [python("a", "code:note")])

    with project.running("run", "s.json", "--in-process") as process:
        process.communicate(timeout=60)
    inside = int((project.folder / "pid").read_text())
    echoed = project.call("run", "s.json", "-s")
    outside = int((project.folder / "pid").read_text())
    silent = project.call("run", "s.json")

    assert inside == process.pid
    assert outside != process.pid
    assert "said by the case" in echoed.err
    assert "said by the case" not in silent.err + silent.out


def test_a_time_limit_ends_a_case_with_everything_that_it_started(project: Project) -> None:
    project.write(
        "code.py",
        """
import subprocess
def starts_a_child():
    child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    open("child", "w").write(str(child.pid))
    child.wait()
async def never_ends():
    import asyncio
    await asyncio.Event().wait()
""",
    )
    shell = "sleep 1000 & echo $! > background; setsid sleep 1001"
    project.suite(
        "s",
        [
            python("worker", "code:starts_a_child", timeout="2s"),
            python("host", "code:never_ends"),
            command("shell", shell),
        ],
    )

    ended, report = project.run("s.json", "--timeout", "1500ms")

    errors = {each["id"]: each["attempts"][-1]["error"]["kind"] for each in report["results"]}
    assert ended.code == 1
    assert errors == {"worker": "timeout", "host": "timeout", "shell": "timeout"}
    for name in ("child", "background"):
        assert not _is_alive(project.folder / name)
    assert project.left_running() == []


def test_settings_come_from_variables_too(project: Project, served: str) -> None:
    project.suite(
        "s",
        [
            {
                "id": "get",
                "http": {"url": "{base_url}/hello"},
                "timeout": "30s",
                "expect": [{"status": 200}],
            },
            command("slow", ["sleep", "1000"]),
        ],
    )

    ended, report = project.run(
        "s.json",
        HOLDFAST_BASE_URL=served,
        HOLDFAST_STORE="sqlite:///by-variable.db",
        HOLDFAST_WORKERS="1",
        HOLDFAST_TIMEOUT="300ms",
    )

    assert ended.code == 1
    assert statuses(report) == {"get": "passed", "slow": "error"}
    assert result(report, "slow")["attempts"][0]["error"]["kind"] == "timeout"
    assert report["schedule"]["workers"] == 1
    assert (project.folder / "by-variable.db").exists()


def test_list_and_validate_tell_the_same_as_run(
    two_suites: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "-k", "five", "--verbose"]) == 0
    listed = capsys.readouterr().out
    assert main(["list", "--json", "--suite", "alpha"]) == 0
    as_json: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert main(["validate", "--suite", "alpha"]) == 0
    before = capsys.readouterr().out
    two_suites.quick_run("--suite", "alpha")
    assert main(["validate", "--suite", "alpha"]) == 0
    after = capsys.readouterr().out

    assert "2 cases (+1 needed), 4 deselected" in listed
    assert "alpha/four: tagged stress" in listed
    assert [(each["suite"], each["id"]) for each in as_json["cases"]] == [
        ("alpha", "one"),
        ("alpha", "two"),
        ("alpha", "three"),
    ]
    assert as_json["cases"][1]["tags"] == ["slow", "e2e"]
    assert len(as_json["deselected"]) == 3
    assert "expected time: not known" in before
    assert "3 cases in 1 suite are fine" in before
    assert "expected time: at least" in after


def _is_alive(file: Path) -> bool:
    try:
        os.kill(int(file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_a_snapshot_is_written_with_update_and_compared_without(project: Project) -> None:
    case = {"id": "a", "command": "cat said", "expect": ["snapshot"]}
    project.suite("s", [case])
    project.write("said", "one")

    missing = project.quick("run", "s.json", CI="")
    updated = project.quick("run", "s.json", "--update", CI="")
    same = project.quick("run", "s.json", CI="")
    project.write("said", "two")
    other = project.quick("run", "s.json", CI="")
    under_ci = project.quick("run", "s.json", "--update", CI="true")

    # The run that writes a value has compared nothing with it yet.
    ended = (missing, updated, same, other, under_ci)
    assert [each.code for each in ended] == [3, 3, 0, 1, 2]
