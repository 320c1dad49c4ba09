import sqlite3

import pytest

from holdfast.cli.main import main
from tests.e2e.project import Project, command, statuses


def test_0_when_every_case_passed_and_the_report_agrees_with_the_exit_code(
    project: Project,
) -> None:
    project.suite("s", [command("a"), command("b")])

    ended, report = project.run("s.json")

    assert ended.code == 0
    assert report["exit_code"] == 0
    assert report["verdict"] == "passed"
    assert "PASSED  2 passed of 2 cases" in ended.out
    assert ended.err == ""
    assert project.left_running() == []


def test_1_when_a_case_failed_or_could_not_be_carried_out(project: Project) -> None:
    project.suite(
        "s", [command("good"), command("bad", "false"), command("none", ["no-such-program"])]
    )

    ended, report = project.run("s.json")

    assert ended.code == 1
    assert statuses(report) == {"good": "passed", "bad": "failed", "none": "error"}
    assert "s/bad  failed" in ended.out
    assert 'reproduce: holdfast run s.json "s/bad"' in ended.out


def test_3_when_the_evidence_cannot_decide_unless_the_settings_only_warn(project: Project) -> None:
    project.suite("s", [command("sure"), {"id": "unsure", "command": "true", "expect": []}])

    ended, report = project.quick_run("s.json")
    # An undecided case still counts in the rate.
    warned = project.quick(
        "gate", "last", HOLDFAST_GATE_UNDECIDED="warn", HOLDFAST_GATE_SUCCESS_RATE="0.5"
    )

    assert ended.code == 3
    assert report["verdict"] == "undecided"
    assert "nothing was expected" in ended.out
    assert warned.code == 0


def test_5_when_no_case_is_selected_and_the_reason_is_told(project: Project) -> None:
    project.suite("s", [command("a"), command("b", tags=["stress"])])

    ended = project.call("run", "s.json", "-k", "b")

    assert ended.code == 5
    assert "tagged stress" in ended.err
    assert "Traceback" not in ended.err


def test_4_when_the_store_cannot_be_used(project: Project) -> None:
    project.suite("s", [command("a", "touch it-ran")])
    project.write("broken.db", "this is no database" * 100)

    ended = project.call("run", "s.json", "--store", "sqlite:///broken.db")

    assert ended.code == 4
    assert "broken.db" in ended.err
    assert "Traceback" not in ended.err
    assert not (project.folder / "it-ran").exists()


def test_4_when_the_store_is_of_a_newer_version(project: Project) -> None:
    project.suite("s", [command("a")])
    assert project.quick("run", "s.json").code == 0
    with sqlite3.connect(project.folder / ".holdfast" / "holdfast.db") as database:
        database.execute("UPDATE format SET version = 9999")
    database.close()

    ended = project.quick("run", "s.json")

    assert ended.code == 4
    assert "got version 9999" in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "--nope"], "No such option"),
        (["rum"], "did you mean 'run'?"),
        (["run", "gone.json"], "there is no file 'gone.json'; did you mean 'good.json'?"),
        (["run", "--workers", "0"], "--workers must be"),
        (["run", "--sequential", "--parallel"], "must not be given together"),
        (["run", "--resume", "nope", "good.json"], "no such run 'nope'"),
        (["run", "good.json", "-m", "a and"], "-m"),
        (["run", "good.json", "--timeout", "5 parsecs"], "--timeout"),
        (["run", "good.json", "--report", "jsn"], "jsn"),
        (["run", "good.json", "--store", "mysql://x"], "mysql"),
        (["run", "good.json", "nosuchcase"], "nosuchcase"),
        (["run", "good.json", "b.json", "--suite", "b", "goo"], "did you mean 'good'?"),
        (["run", "good.json", "--profile", "nope"], "no such profile 'nope'"),
        (["show", "last"], "there is no store yet"),
        (["report", "last~x"], "there is no store yet"),
    ],
)
def test_2_on_wrong_usage_with_one_message_and_nothing_run(
    project: Project,
    words: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project.suite("good", [command("a", "touch it-ran")])
    project.suite("b", [command("a")])

    monkeypatch.chdir(project.folder)

    code = main(words)

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert told in err
    assert not (project.folder / "it-ran").exists()


def test_a_reader_that_left_is_no_error(project: Project) -> None:
    project.suite("s", [command(f"c{n}") for n in range(2000)])

    with project.running("list", "s.json", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        code = process.wait(timeout=100)

    assert (code, err) == (141, "")
