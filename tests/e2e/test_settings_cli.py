import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click import Command
from click.testing import CliRunner, Result

from holdfast.cli.init import FILES
from holdfast.cli.init import command as init
from holdfast.cli.schema import command as schema
from holdfast.cli.settings import command as settings
from holdfast.errors import HoldfastError
from holdfast.settings import load_settings
from holdfast.settings.schema import settings_schema

HINT = "holdfast init --force replaces holdfast.toml, cases/first.yaml, checks/first.py"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(command: Command, *args: str, env: dict[str, str | None] | None = None) -> Result:
    result = CliRunner().invoke(command, args, env=env)
    if isinstance(result.exception, HoldfastError):
        raise result.exception
    return result


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holdfast", *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_settings_are_a_table_of_values_and_origins(folder: Path) -> None:
    (folder / "holdfast.toml").write_text(
        'slots = 2\n[resources]\nllm = 3\n[profiles.quick]\nselect = "not slow"\n'
    )
    (folder / ".env").write_text("HOLDFAST_CONCURRENCY=7\n")

    result = call(settings, "--profile", "quick", env={"HOLDFAST_SLOTS": "4"})

    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[:3] == ["settings file: holdfast.toml", "profile: quick", ""]
    columns = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[3:]}
    assert columns["slots"].split() == ["4", "HOLDFAST_SLOTS"]
    assert columns["concurrency"].endswith("HOLDFAST_CONCURRENCY in .env:1")
    assert columns["select"].endswith("profile quick (holdfast.toml:5)")
    assert columns["resources.llm"].endswith("holdfast.toml:3")
    assert columns["timeout"].endswith("default")
    starts = {line.rindex(line.split("  ")[-1].strip()) for line in lines[3:]}
    assert len(starts) == 1, "origins stand below each other"


def test_a_long_value_is_shown_whole_and_does_not_push_the_others_away(folder: Path) -> None:
    (folder / "holdfast.toml").write_text(f'select = "{"x" * 90}"\n')

    lines = call(settings).stdout.splitlines()

    assert [line for line in lines if "x" * 90 in line]
    assert max(len(line) for line in lines if line.endswith("default")) < 90


def test_settings_as_json_hold_every_value(folder: Path) -> None:
    (folder / "holdfast.toml").write_text('[services.api]\ncommand = ["a", "b"]\n')

    found = json.loads(call(settings, "--json", "--store", "sqlite:///x.db").stdout)

    assert (found["file"], found["profile"]) == ("holdfast.toml", None)
    values = found["settings"]
    assert values["store"] == {"value": "sqlite:///x.db", "origin": "command line"}
    assert values["services.api.command"] == {"value": ["a", "b"], "origin": "holdfast.toml:2"}
    assert values["services.api.scope"] == {"value": "run", "origin": "default"}


def test_settings_hide_secrets_wherever_they_stand(folder: Path) -> None:
    (folder / "holdfast.toml").write_text(
        'store = "postgresql://me:hunter2@db/x"\n[services.api]\n'
        'command = "run --key abcdef --pin 4711"\nenv = {API_KEY = "in-the-file", TOKEN = "§§"}\n'
        '[secrets]\nenv = ["PIN"]\n[profiles.a]\ndatabase_url = "pg://u:inprofile@db"\n'
    )
    (folder / ".env").write_text("MY_KEY=abcdef\nPIN=4711\n")

    for args in ((), ("--json",)):
        output = call(settings, *args).stdout
        for secret in ("hunter2", "abcdef", "4711", "in-the-file", "§§", "inprofile"):
            assert secret not in output
        assert "postgresql://me:[redacted]@db/x" in output


def test_wrong_settings_are_one_error_with_every_problem(folder: Path) -> None:
    (folder / "holdfast.toml").write_text("slotz = 1\n")
    with pytest.raises(HoldfastError) as caught:
        call(settings, env={"HOLDFAST_SLOTS": "x"})
    text = str(caught.value)
    assert text.startswith(
        "HOLDFAST_SLOTS must be a whole number, got 'x'\n"
        "holdfast.toml:1:1: no such key 'slotz'; did you mean 'slots'?\n"
        "2 problems"
    )


@pytest.mark.parametrize("what", ["cases", "settings", "report"])
def test_a_schema_is_a_json_schema(what: str) -> None:
    found: Any = json.loads(call(schema, what).stdout)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(found)


def test_an_unknown_schema_is_refused() -> None:
    result = call(schema, "case")
    assert result.exit_code == 2
    assert "'cases', 'settings', 'report'" in result.output


@pytest.mark.parametrize(
    ("data", "is_right"),
    [
        ({"slots": 1, "workers": "auto", "resources": {"a": 1, "b": {"rate": "1/s"}}}, True),
        ({"profiles": {"a": {"gate": {"flaky": "fail"}}}}, True),
        ({"slots": 0}, False),
        ({"slotz": 1}, False),
        ({"gate": {"success_rate": 2}}, False),
        ({"profiles": {"a": {"slotz": 1}}}, False),
        ({"profiles": {"a": {"profiles": {}}}}, False),
    ],
)
def test_the_schema_of_settings_takes_what_holdfast_takes(data: Any, is_right: bool) -> None:
    assert is_right == jsonschema.Draft202012Validator(settings_schema()).is_valid(data)


def test_init_writes_files_that_are_right_and_says_what_is_next(folder: Path) -> None:
    result = call(init)

    written = [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()]
    assert sorted(FILES) == sorted(written)
    expected = [*(f"wrote {name}" for name in FILES), "next: holdfast run"]
    assert expected == result.output.splitlines()
    loaded = load_settings(flags={}, env={}, cwd=folder)
    assert loaded.settings.suites["first"].cases == ("cases/first.yaml",)
    jsonschema.validate(
        yaml.safe_load((folder / "cases/first.yaml").read_text()),
        json.loads(call(schema, "cases").stdout),
    )


def test_init_leaves_what_exists_alone_unless_forced(folder: Path) -> None:
    (folder / "cases").mkdir()
    (folder / "cases/first.yaml").write_text("mine")

    with pytest.raises(HoldfastError, match=r"not written over, got cases/first.yaml") as caught:
        call(init)
    assert (caught.value.exit_code, caught.value.hint) == (2, HINT)
    assert [path.name for path in folder.iterdir()] == ["cases"]

    call(init, "--force")
    assert FILES["cases/first.yaml"] == (folder / "cases/first.yaml").read_text()


def test_init_does_not_overrule_settings_in_pyproject(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.holdfast]\nslots = 2\n")
    with pytest.raises(HoldfastError, match=r"got pyproject.toml"):
        call(init)


def test_init_says_which_file_cannot_be_written(folder: Path) -> None:
    (folder / "cases").write_text("a file")
    with pytest.raises(HoldfastError, match=r"cases/first.yaml cannot be written: "):
        call(init)


def test_what_init_wrote_passes_when_run(folder: Path) -> None:
    assert run("init").returncode == 0
    result = run("run", "--no-progress", "--verbose")
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(next(folder.glob(".holdfast/reports/*/report.json")).read_text())
    assert (report["verdict"], report["counts"]["passed"]) == ("passed", 2)


def test_wrong_settings_end_with_2_and_no_traceback(folder: Path) -> None:
    (folder / "holdfast.toml").write_text("slots = 0\n")
    result = run("settings")
    assert (result.returncode, result.stdout) == (2, "")
    assert "holdfast.toml:1:1: slots must be at least 1, got 0" in result.stderr
    assert "Traceback" not in result.stderr


def test_init_twice_ends_with_2_and_the_cure() -> None:
    assert run("init").returncode == 0
    result = run("init")
    assert result.returncode == 2
    assert f"hint: {HINT}" in result.stderr


def test_a_schema_can_be_written_to_a_file_as_it_is_printed() -> None:
    result = run("schema", "cases")
    assert (result.returncode, result.stderr) == (0, "")
    assert "$schema" in json.loads(result.stdout)


def test_a_run_inside_a_run_is_not_disturbed_by_the_variables_of_the_outer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOLDFAST_RUN", "outer")
    monkeypatch.setenv("HOLDFAST_SPAWN", "1")
    assert run("settings").returncode == 0
