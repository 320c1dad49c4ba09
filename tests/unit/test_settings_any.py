import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.errors import Problem, ProblemsError
from holdfast.settings import Loaded, Settings, load_settings
from holdfast.settings.dotenv import parse_dotenv
from holdfast.settings.variables import VARIABLES

NAMES = st.sampled_from([
    *Settings.__struct_fields__, "permits", "rate", "command", "url", "ready", "env", "to",
    "within", "success_rate", "suite", "flaky", "scope", "slotz", "API_KEY", "a.b",
])  # fmt: skip
WORDS = st.sampled_from(["", "30s", "60/min", "auto", "fail", "http://x", "h:1", "run", "\u00e9\n"])
SCALARS = st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def toml(value: Any) -> str:
    match value:
        case dict():
            return (
                "{"
                + ", ".join(f"{quoted(key)} = {toml(each)}" for key, each in value.items())
                + "}"
            )
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case _:
            return repr(value)


def quoted(text: str) -> str:
    return json.dumps(text).replace("\x7f", "\\u007f")


def outcome(
    *, env: dict[str, str], cwd: Path, profile: str
) -> tuple[Loaded | None, tuple[Problem, ...]]:
    """Load; return settings or at least one problem, and let nothing else pass."""
    try:
        return load_settings(flags={}, env=env, cwd=cwd, profile=profile), ()
    except ProblemsError as error:
        return None, error.problems


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from(["", "a.b", "slots"]))
def test_any_file_gives_settings_or_problems_with_their_lines(
    folder: Path, data: dict[str, Any], profile: str
) -> None:
    text = "".join(f"{quoted(key)} = {toml(value)}\n" for key, value in data.items())
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # half of a surrogate pair, which JSON writes as two
        return
    (folder / "holdfast.toml").write_text(text)
    loaded, problems = outcome(env={}, cwd=folder, profile=profile)
    if loaded:
        assert msgspec.convert(msgspec.to_builtins(loaded.settings), Settings) == loaded.settings
        assert all(origin for origin in loaded.origins.values())
    assert all(problem.line or "profile" in problem.message for problem in problems)


@given(st.dictionaries(st.sampled_from(sorted(VARIABLES)), SCALARS.map(str), max_size=4))
def test_any_environment_gives_settings_or_problems_that_name_the_variable(
    tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]
) -> None:
    loaded, problems = outcome(env=env, cwd=tmp_path_factory.getbasetemp(), profile="")
    assert all(problem.message.startswith(tuple(env)) for problem in problems)
    if loaded:
        assert {name for name, text in env.items() if text} == set(loaded.origins.values())


@given(st.text(st.sampled_from("AB=\"'\\\n# \té"), max_size=40))
def test_any_text_is_read_as_dotenv_to_its_end(text: str) -> None:
    found, problems = parse_dotenv(f"{text}\n")
    lines = {line for _, line in found.values()} | {problem.line for problem in problems}
    assert all(0 < line <= text.count("\n") + 1 for line in lines)
