import pytest

from holdfast.cli.main import main
from tests.e2e.project import Project, command

YAML = """\
suite: shop
cases:
  - id: one
    command: touch it-ran
    timout: 3s
    expect: [completes]
  - id: one
    command: ["true"]
    timeout: -3s
    expect:
      - stdout: {regex: "("}
  - id: two
    command: ["true"]
    after: [thre]
    uses: {database: 1}
    tags: e2e
    expect:
      - equls: 3
      - duration: "< 5 parsecs"
      - json_schema: {type: 12}
  - id: three
    http: {url: "http://localhost/{nowhere}", method: 5}
    after: [four]
    expect: [{exit_code: 0}]
  - id: four
    after: [three]
    command: ["echo", "{file:gone.json}"]
    expect: [completes]
  - id: five
    command: ["true"]
    command: ["false"]
"""
JSON = '{"suite": "shop", "cases": [{"id": "a", "command": "true"},}'


def test_everything_wrong_is_told_at_once_with_its_place_and_nothing_is_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    project.write("cases.yaml", YAML)
    project.write("broken.json", JSON)
    project.suite("good", [command("a", "touch it-ran")])

    for words in (["run"], ["validate"], ["list"]):
        code = main([*words, "cases.yaml", "broken.json", "good.json"])
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        for place in (
            "cases.yaml:5:5: no such key 'timout'; did you mean 'timeout'?",
            "cases.yaml:7:",  # an id twice
            "cases.yaml:9:",  # a negative duration
            "cases.yaml:11:",  # a bad pattern
            "cases.yaml:14:",  # an unknown need
            "cases.yaml:15:",  # an undeclared resource
            "cases.yaml:16:",  # a text instead of a list
            "cases.yaml:18:",  # an unknown expectation
            "cases.yaml:19:",  # a unit that is none
            "cases.yaml:20:",  # a bad JSON Schema
            "cases.yaml:22:",  # a name that no template knows
            "cases.yaml:24:",  # evidence that the target cannot produce
            "cases.yaml:27:",  # a file that is not there
            "cases.yaml:31:",  # a key twice
            "broken.json:1:",
        ):
            assert f"holdfast: {place}" in err, place
        assert "did you mean 'three'?" in err
        assert "did you mean 'equals'?" in err
        assert "problems in 2 files; nothing was run" in err
        assert "Traceback" not in err
    assert not (project.folder / "it-ran").exists()
    assert list(project.folder.glob(".holdfast/reports/*")) == []


def test_a_circle_of_needs_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    project.suite("s", [command("a", after=["b"]), command("b", after=["a"])])

    assert main(["run", "s.json"]) == 2

    assert "must not go round in a circle, got s/a -> s/b" in capsys.readouterr().err


def test_two_files_of_one_suite_and_a_file_that_cannot_be_imported_are_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    project.suite("s", [command("a", "touch it-ran")])
    project.write("t.json", {"suite": "s", "cases": [command("b")]})
    project.write("checks.py", "import no_such_module\n")
    project.write("empty.py", "def unmarked(): pass\n")

    assert main(["run", "s.json", "t.json", "checks.py", "empty.py"]) == 2

    err = capsys.readouterr().err
    assert "a suite's name must be unique in the run, got 's'" in err
    assert "no_such_module" in err
    assert "empty.py: the file must have a marked function" in err
    assert not (project.folder / "it-ran").exists()


def test_settings_are_refused_before_any_case_file_is_read(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    project.write("holdfast.toml", 'slots = "many"\n[gate]\nsuccess_rat = 1\n')
    monkeypatch.setenv("HOLDFAST_WORKRES", "3")

    assert main(["run", "cases.yaml"]) == 2

    err = capsys.readouterr().err
    assert "holdfast.toml:1:" in err
    assert "did you mean 'success_rate'?" in err
    assert "did you mean 'HOLDFAST_WORKERS'?" in err
