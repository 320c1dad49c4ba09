import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from holdfast.cli.main import main
from holdfast.report.schema import report_schema
from tests.e2e.project import Ended, Project, command

CODE = """
class Opaque:
    pass
def number(): return 7
def opaque(): return Opaque()
def fails(): raise ValueError("as ever")
"""
STRICT = "def check(value): return {verdict}\ndef about(value): return True\n"


@pytest.fixture
def cli(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Give a function that carries a command out in this process."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*words: str) -> Ended:
        code = main(words)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


def test_judging_again_asks_validators_where_the_value_was_kept_and_says_what_changed(
    project: Project, cli: Any
) -> None:
    project.write("code.py", CODE)
    project.write("rules.py", STRICT.format(verdict="True"))
    judged_by = [{"python": "rules:check"}]
    project.suite(
        "s",
        [
            {"id": "kept", "python": "code:number", "expect": [{"equals": 7}, *judged_by]},
            {"id": "nested", "python": "code:number", "expect": [{"all_of": judged_by}]},
            {"id": "opaque", "python": "code:opaque", "expect": judged_by},
            {"id": "fails", "python": "code:fails", "expect": judged_by},
            {"id": "plain", "command": "echo 7", "expect": [{"stdout": {"contains": "7"}}]},
            {
                "id": "steps",
                "steps": [{"python": "code:number", "expect": judged_by}],
                "expect": ["completes"],
            },
            {"id": "waived", "python": "code:number", "expect": judged_by, "xfail": "not yet"},
            command("skipped", skip="never"),
        ],
    )
    run = cli("run", "s.json", "--quiet")
    assert run.code == 1
    before = cli("judge", "last")
    project.write("rules.py", STRICT.format(verdict="value != 7"))

    after = cli("judge", "last")
    report = _report(project, cli)
    unchanged = cli("judge", "last")

    assert before.code == 1
    assert "7 cases judged again: 0 with another status" in before.out
    assert "1 without evidence" in before.out
    assert after.code == 1
    for changed in ("kept", "nested", "steps"):
        assert f"s/{changed}: passed -> failed" in after.out
    assert "s/waived: passed -> skipped" in after.out
    assert "s/plain" not in after.out
    assert "rules:check" in after.out
    found = {each["id"]: each for each in report["results"]}
    assert {name: each["status"] for name, each in found.items()} == {
        "kept": "failed",
        "nested": "failed",
        "opaque": "passed",
        "fails": "error",
        "plain": "passed",
        "steps": "failed",
        "waived": "skipped",
        "skipped": "skipped",
    }
    assert "0 with another status" in unchanged.out
    assert report["counts"]["failed"] == 3
    assert report["exit_code"] == 1


def test_an_answer_that_could_not_be_asked_for_again_names_its_run(
    project: Project, cli: Any
) -> None:
    project.write("code.py", CODE)
    project.write("rules.py", STRICT.format(verdict="True"))
    project.suite(
        "s", [{"id": "opaque", "python": "code:opaque", "expect": [{"python": "rules:check"}]}]
    )
    assert cli("run", "s.json", "--quiet").code == 0
    project.write("rules.py", STRICT.format(verdict="False"))

    judged = cli("judge", "last")

    finding = _report(project, cli)["results"][0]["findings"][0]
    assert judged.code == 0
    assert finding["status"] == "passed"
    assert finding["assessed_in"] == _report(project, cli)["run"]["id"]
    assert "1 with other findings" in judged.out


def test_the_gate_is_applied_again_without_touching_the_run(
    project: Project, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.suite("s", [command("a"), command("b", "false"), command("c", retries=1)])
    assert cli("run", "s.json", "--quiet").code == 1

    strict = cli("gate", "last")
    monkeypatch.setenv("HOLDFAST_GATE_SUCCESS_RATE", "0.6")
    mild = cli("gate", "last")
    stored = _report(project, cli)

    assert strict.code == 1
    assert "not met  success_rate: 2 of 3 cases passed" in strict.out
    assert "held     complete: 3 (limit 3)" in strict.out
    assert mild.code == 0
    assert "PASSED" in mild.out
    assert stored["exit_code"] == 1
    assert stored["verdict"] == "failed"


def test_reports_of_a_stored_run_are_those_of_the_run(project: Project, cli: Any) -> None:
    project.suite("s", [command("a"), command("b", "false")])
    assert cli("run", "s.json", "--quiet", "-o", "first").code == 1
    assert cli("run", "s.json", "--quiet", "-k", "a").code == 0

    written = cli("report", "last~1", "-o", "again", "--report", "json,html")
    by_default = cli("report", "last")

    first, again = (
        json.loads((project.folder / name / "report.json").read_text())
        for name in ("first", "again")
    )
    assert written == (0, "again/report.json\nagain/report.html\n", "")
    assert first == again
    jsonschema.validate(again, report_schema())
    assert by_default.out.startswith(".holdfast/reports/")
    assert all(Path(line).is_file() for line in by_default.out.split())


def test_a_run_and_its_cases_are_shown(project: Project, cli: Any) -> None:
    project.suite("s", [command("a", "echo some output"), command("same")])
    project.suite("t", [command("same", "echo why >&2; exit 3", tags=["e2e"])])
    assert cli("run", "s.json", "t.json", "--quiet").code == 1
    run_id = _report(project, cli)["run"]["id"]

    by_id = cli("show", run_id)
    by_prefix = cli("show", run_id[:-2])
    whole = cli("show", "last", "t/same")
    alone = cli("show", "last", "a")
    unclear = cli("show", "last", "same")
    unknown = cli("show", "last", "t/sme")

    assert by_id.code == 0
    assert by_id.out == by_prefix.out
    assert "finished (3)" in by_id.out
    assert "FAILED" in by_id.out
    assert "exit_code" in whole.out
    assert "why" in whole.out
    assert "tags: e2e" in whole.out
    assert "some output" in alone.out
    assert (unclear.code, unknown.code) == (2, 2)
    assert "it may mean s/same, t/same" in unclear.err
    assert "did you mean 't/same'?" in unknown.err


def test_all_finished_cases_are_listed_when_they_are_asked_for(project: Project, cli: Any) -> None:
    project.write("code.py", CODE)
    many = {"id": "a", "python": "code:number", "foreach": {"n": list(range(60))}, "with": {}}
    project.suite("s", [{**many, "expect": [{"equals": 7}]}])
    assert cli("run", "s.json", "--quiet").code == 0

    some, every = cli("show", "last").out, cli("show", "last", "--all").out

    assert "  and 10 more; --all lists them" in some
    assert [f"s/a[n={n}]  " in every for n in range(60)] == [True] * 60


@pytest.mark.parametrize(
    "words", [("show", "last"), ("report", "last"), ("judge", "last"), ("gate", "last")]
)
def test_a_store_that_is_not_there_is_said_and_not_made(
    project: Project, cli: Any, words: tuple[str, ...]
) -> None:
    ended = cli(*words, "--store", "sqlite:///none/here.db")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"holdfast: there is no store yet ({project.folder}/none/here.db)\n"
        "hint: `holdfast run` makes one; --store or HOLDFAST_STORE names another\n"
    )
    assert not (project.folder / "none").exists()


@pytest.mark.parametrize("words", [("list",), ("validate",), ("run", "--dry-run")])
def test_whoever_only_asks_what_would_run_makes_no_store(
    project: Project, cli: Any, words: tuple[str, ...]
) -> None:
    project.suite("s", [command("a")])
    ended = cli(*words, "s.json", "--store", "sqlite:///none/here.db")
    assert (ended.code, ended.err) == (0, "")
    assert not (project.folder / "none").exists()


def test_marked_functions_of_a_file_are_cases(project: Project, cli: Any) -> None:
    project.write(
        "checks.py",
        """
import holdfast

@holdfast.case(tags=["fast"])
def adds_up():
    assert 1 + 1 == 2

@holdfast.case(after=["adds_up"], foreach={"n": [1, 2]})
async def counts(n):
    assert n < 2, f"{n} is too many"
""",
    )
    listed = cli("list", "checks.py")
    ended = cli("run", "checks.py", "--quiet")

    assert listed.out.splitlines()[:3] == [
        "checks/checks:adds_up  #fast",
        "checks/checks:counts[n=1]",
        "checks/checks:counts[n=2]",
    ]
    assert ended.code == 1
    assert "2 is too many" in ended.out
    assert "2 passed, 1 failed of 3 cases" in ended.out


def _report(project: Project, cli: Any) -> dict[str, Any]:
    assert cli("report", "last", "-o", "now", "--report", "json").code == 0
    report: dict[str, Any] = json.loads((project.folder / "now" / "report.json").read_text())
    return report
