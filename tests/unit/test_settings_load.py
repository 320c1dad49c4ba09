from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import ProblemsError
from holdfast.settings import Loaded, ResourceSettings, Settings, load_settings
from holdfast.settings.file import SettingsFile

Env = Mapping[str, str]


def load(cwd: Path, *, env: Env | None = None, profile: str = "", **flags: Any) -> Loaded:
    return load_settings(flags=flags, env=env or {}, cwd=cwd, profile=profile)


def problems(cwd: Path, text: str = "", *, env: Env | None = None, **more: Any) -> list[str]:
    """Load what must be refused; return each problem on a line of its own."""
    if text:
        (cwd / "holdfast.toml").write_text(text)
    with pytest.raises(ProblemsError) as caught:
        load(cwd, env=env, **more)
    return [str(problem) for problem in caught.value.problems]


def test_without_file_and_environment_everything_is_a_default(tmp_path: Path) -> None:
    loaded = load(tmp_path, env={"PATH": "/bin"})

    assert Settings() == loaded.settings
    assert ({}, tmp_path, None) == (loaded.origins, loaded.root, loaded.file)
    assert loaded.env == {"PATH": "/bin"}


def test_a_flag_beats_the_environment_and_that_the_profile_and_that_the_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "holdfast.toml").write_text(
        "slots = 2\nconcurrency = 2\nper_suite = 2\ndurations = 2\n"
        "[profiles.quick]\nslots = 3\nconcurrency = 3\nper_suite = 3\n"
    )
    env = {"HOLDFAST_SLOTS": "4", "HOLDFAST_CONCURRENCY": "4"}

    loaded = load(tmp_path, env=env, profile="quick", slots=5)

    found = loaded.settings
    assert (found.slots, found.concurrency, found.per_suite, found.durations) == (5, 4, 3, 2)
    assert {
        "slots": "command line",
        "concurrency": "HOLDFAST_CONCURRENCY",
        "per_suite": "profile quick (holdfast.toml:8)",
        "durations": "holdfast.toml:4",
    }.items() <= loaded.origins.items()


def test_a_flag_that_was_not_given_changes_nothing(tmp_path: Path) -> None:
    loaded = load(tmp_path, env={"HOLDFAST_SLOTS": "4"}, slots=None)

    assert (loaded.settings.slots, loaded.origins["slots"]) == (4, "HOLDFAST_SLOTS")


def test_a_flag_may_be_text_or_of_its_own_type(tmp_path: Path) -> None:
    found = load(tmp_path, workers="3", report=("json",), progress=False).settings

    assert (found.workers, found.report, found.progress) == (3, ("json",), False)


def test_a_flag_reaches_a_setting_inside_a_table(tmp_path: Path) -> None:
    loaded = load_settings(flags={"gate.success_rate": 0.5}, env={}, cwd=tmp_path)

    assert loaded.settings.gate.success_rate == 0.5


def test_a_wrong_flag_is_named_as_it_is_written(tmp_path: Path) -> None:
    assert problems(tmp_path, max_failures=-1, slot=3) == [
        "--max-failures must be at least 0, got -1",
        "no such setting 'slot'; did you mean 'slots'?",
    ]


def test_the_process_environment_beats_dotenv_and_that_the_file(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text("slots = 2\nconcurrency = 2\n")
    (tmp_path / ".env").write_text("HOLDFAST_SLOTS=3\nHOLDFAST_CONCURRENCY=3\nKEY=abc\nHOME=x\n")

    loaded = load(tmp_path, env={"HOLDFAST_SLOTS": "4", "HOME": "here"})

    assert (loaded.settings.slots, loaded.settings.concurrency) == (4, 3)
    assert loaded.origins["concurrency"] == "HOLDFAST_CONCURRENCY in .env:2"
    assert (loaded.env["KEY"], loaded.env["HOME"]) == ("abc", "here")


def test_a_variable_that_is_no_setting_is_refused_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\nHOLDFAST_STOER=x\n")
    assert problems(tmp_path, env={"HOLDFAST_SLOT": "1", "HOLDFAST_RUN": "abc"}) == [
        "no such variable 'HOLDFAST_SLOT'; did you mean 'HOLDFAST_SLOTS'?",
        ".env:2: no such variable 'HOLDFAST_STOER'; did you mean 'HOLDFAST_STORE'?",
    ]


def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path) -> None:
    assert Settings() == load(tmp_path, env={"HOLDFAST_SLOTS": "", "HOLDFAST_PROFILE": ""}).settings


def test_dotenv_is_read_beside_the_settings_file(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "holdfast.toml").write_text("")
    (tmp_path / ".env").write_text("HOLDFAST_SLOTS=3\n")
    (inner / ".env").write_text("HOLDFAST_SLOTS=4\n")

    loaded = load(inner)

    assert (loaded.settings.slots, loaded.origins["slots"]) == (3, "HOLDFAST_SLOTS in ../.env:1")


def test_the_file_is_searched_upwards_and_its_folder_is_the_root(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "holdfast.toml").write_text("slots = 2\n")
    (inner / "pyproject.toml").write_text('[project]\nname = "x"\n')

    loaded = load(inner)

    assert (2, tmp_path) == (loaded.settings.slots, loaded.root)
    assert tmp_path / "holdfast.toml" == loaded.file
    assert loaded.origins["slots"] == "../../holdfast.toml:1"


def test_pyproject_may_hold_the_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.x]\na = 1\n[tool.holdfast]\nslots = 2\n")

    loaded = load(tmp_path)

    assert (loaded.settings.slots, loaded.origins["slots"]) == (2, "pyproject.toml:4")


def test_holdfast_toml_is_read_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.holdfast]\nslots = 2\n")
    (tmp_path / "holdfast.toml").write_text("slots = 3\n")

    assert load(tmp_path).settings.slots == 3


def test_a_broken_pyproject_of_others_is_passed_by_and_of_holdfast_is_not(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.x\n")
    assert load(tmp_path).file is None

    file.write_text("[tool.holdfast]\nslots = \n")
    assert problems(tmp_path) == ["pyproject.toml:2:9: the text must be TOML: invalid value"]


def test_tables_are_merged_and_lists_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text(
        'report = ["json", "md"]\n[resources]\na = 1\nb = {permits = 2, rate = "60/min"}\n'
        '[gate]\nflaky = "fail"\n'
        '[profiles.ci]\nreport = ["junit"]\nresources = {a = {permits = 4}, b = 5, c = 6}\n'
        "gate.success_rate = 0.5\n"
    )

    loaded = load(tmp_path, profile="ci")

    found = loaded.settings
    assert {"a": ResourceSettings(permits=4), "b": 5, "c": 6} == found.resources
    assert (found.report, found.gate.flaky, found.gate.success_rate) == (("junit",), "fail", 0.5)
    assert "resources.b.rate" not in loaded.origins
    assert loaded.origins["resources.b"] == "profile ci (holdfast.toml:9)"


def test_a_variable_may_choose_the_profile_and_the_flag_beats_it(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text("[profiles]\na = {slots = 2}\nb = {slots = 3}\n")
    env = {"HOLDFAST_PROFILE": "a"}

    assert ((by_env := load(tmp_path, env=env)).settings.slots, by_env.profile) == (2, "a")
    assert load(tmp_path, env=env, profile="b").settings.slots == 3


def test_an_unknown_profile_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    assert problems(tmp_path, "[profiles]\nquick = {}\nslow = {}\n", profile="quik") == [
        "holdfast.toml: no such profile 'quik'; did you mean 'quick'?\nhint: known: quick, slow"
    ]


def test_a_profile_without_a_settings_file_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, profile="quick") == ["no such profile 'quick'\nhint: known: none"]


def test_every_problem_of_every_origin_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("what\nHOLDFAST_TIMEOUT=soon\n")
    text = "slotz = 1\n[profiles.quick]\ntimeout = 3\n"

    found = problems(tmp_path, text, env={"HOLDFAST_WORKERS": "0"}, profile="slow", concurrency="x")

    assert found == [
        "--concurrency must be a whole number, got 'x'",
        "HOLDFAST_WORKERS must be at least 1, got 0",
        ".env:1:1: a line must be NAME=value\n"
        'hint: quote a value of several lines or with quotes: NAME="value"',
        ".env:2: HOLDFAST_TIMEOUT must be a quantity such as '200ms' (units: ns us ms s m h), got 'soon'",
        "holdfast.toml: no such profile 'slow'\nhint: known: quick",
        "holdfast.toml:1:1: no such key 'slotz'; did you mean 'slots'?",
        "holdfast.toml:3:1: profiles.quick.timeout must be text, got 3",
    ]


def test_a_profile_that_is_not_chosen_is_checked_too(tmp_path: Path) -> None:
    text = "[profiles.a]\nslots = 0\n[profiles.a.profiles]\nb = {}\n[profiles.c]\ngat.flaky = 1\n"
    assert problems(tmp_path, text) == [
        "holdfast.toml:2:1: profiles.a.slots must be at least 1, got 0",
        "holdfast.toml:3:13: a profile must not hold profiles",
        "holdfast.toml:6:1: no such key 'gat' in profiles.c; did you mean 'gate'?",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slots = \n", ":1:9: the text must be TOML: invalid value"),
        ("slots = 1\nslots = 2\n", ":2:10: the text must be TOML: cannot overwrite a value"),
        ('store = "a', ":1: the text must be TOML: unterminated string"),
        ("a = " + "[" * 5000 + "]" * 5000, ": values must not be nested this deeply"),
    ],
)
def test_a_file_that_is_no_toml_is_placed(tmp_path: Path, text: str, message: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(f"holdfast.toml{message}")


def test_a_file_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_bytes(b"slots = 1\n# caf\xe9\n")
    assert problems(tmp_path) == ["holdfast.toml:2: the file must be UTF-8"]


def test_a_byte_order_mark_and_carriage_returns_are_fine(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_bytes(b"\xef\xbb\xbfslots = 3\r\nconcurrency = 4\r\n")
    assert load(tmp_path).settings.concurrency == 4


def test_a_table_of_pyproject_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("tool.holdfast = 3\n")
    assert load(tmp_path).file is None
    (tmp_path / "pyproject.toml").write_text("[tool]\nholdfast = 3\n")
    assert load(tmp_path).file is None


def test_conflicts_are_placed_where_the_value_stands_also_in_a_profile(tmp_path: Path) -> None:
    text = '[services.api]\ncommand = "run"\n[profiles.ci.services.api]\nurl = "http://x"\n'
    hint = "hint: command starts it; url is the address of one that already runs"
    assert [
        "holdfast.toml:4:1: service 'api' must have exactly one of command and url, got both\n"
        + hint
    ] == problems(tmp_path, text, profile="ci")
    assert load(tmp_path).settings.services["api"].command == "run"


def test_settings_say_the_same_after_a_second_reading(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text("[profiles.a]\ngate.success_rate = 1\n")
    assert load(tmp_path, profile="a").settings == load(tmp_path, profile="a").settings


def test_keys_nested_without_end_are_one_problem_each(tmp_path: Path) -> None:
    deep = ".".join("a" * 1200)
    text = f"{deep} = 1\nprofiles.x.{deep} = 1\nservices.s.env.{deep} = 1\n"
    assert problems(tmp_path, text, profile="x") == [
        "holdfast.toml:1:1: no such key 'a'",
        "holdfast.toml:2:12: no such key 'a' in profiles.x",
        "holdfast.toml:3:16: services.s.env.a must be text, got a table",
    ]


def test_a_relative_folder_is_searched_upwards_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "holdfast.toml").write_text("slots = 2\n")
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")

    loaded = load(Path())

    assert (2, tmp_path) == (loaded.settings.slots, loaded.root)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (problem,) = SettingsFile(tmp_path, "here").problems
    assert str(problem) == "here: the file cannot be read: Is a directory"
