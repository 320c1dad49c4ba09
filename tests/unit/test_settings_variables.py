from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect as kinds
import pytest

from holdfast.settings import Settings, load_settings
from holdfast.settings.about import ABOUT
from holdfast.settings.check import plain_kind
from holdfast.settings.variables import INTERNAL, VARIABLES, read_variable, unknown_variables

# Every setting with a text for its variable and the value that this must become. A new
# setting has no line here, and fails the test below until it gets one.
TEXTS: dict[str, tuple[str, Any]] = {
    "HOLDFAST_WORKERS": ("3", 3),
    "HOLDFAST_SLOTS": ("8", 8),
    "HOLDFAST_STORE": ("postgresql://db/x", "postgresql://db/x"),
    "HOLDFAST_TIMEOUT": ("5s", "5s"),
    "HOLDFAST_BUDGET": ("10m", "10m"),
    "HOLDFAST_SEED": ("42", 42),
    "HOLDFAST_SELECT": ("not slow", "not slow"),
    "HOLDFAST_PER_SUITE": ("2", 2),
    "HOLDFAST_INCLUDE_STRESS": ("on", True),
    "HOLDFAST_EXCLUDE_SLOW": ("1", True),
    "HOLDFAST_SECURITY": ("off", False),
    "HOLDFAST_DATABASE_URL": ("sqlite:///x.db", "sqlite:///x.db"),
    "HOLDFAST_BASE_URL": ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    "HOLDFAST_HTTP_TIMEOUT": ("3s", "3s"),
    "HOLDFAST_LOAD_DURATION": ("1m", "1m"),
    "HOLDFAST_CONCURRENCY": ("50", 50),
    "HOLDFAST_MAX_FAILURES": ("7", 7),
    "HOLDFAST_CACHED": ("Yes", True),
    "HOLDFAST_LOG_LEVEL": ("debug", "debug"),
    "HOLDFAST_REPORT": ("json, junit,", ("json", "junit")),
    "HOLDFAST_OUTPUT": ("out", "out"),
    "HOLDFAST_DURATIONS": ("10", 10),
    "HOLDFAST_MONITOR": ("false", False),
    "HOLDFAST_PROGRESS": ("false", False),
    "HOLDFAST_IN_PROCESS": ("true", True),
    "HOLDFAST_GATE_SUCCESS_RATE": ("0.9", 0.9),
    "HOLDFAST_GATE_UNDECIDED": ("warn", "warn"),
    "HOLDFAST_GATE_FLAKY": ("fail", "fail"),
    "HOLDFAST_SECRETS_ENV": ("A,B", ("A", "B")),
}


def scalars(kind: kinds.StructType, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for field in kind.fields:
        inner = plain_kind(field.type)
        if isinstance(inner, kinds.StructType):
            yield from scalars(inner, (*way, field.name))
        elif not isinstance(inner, kinds.DictType):
            yield (*way, field.name)


WAYS = list(scalars(kinds.type_info(Settings)))  # type: ignore[arg-type]


@pytest.mark.parametrize("way", WAYS, ids=".".join)
def test_every_setting_has_a_variable_that_sets_it(way: tuple[str, ...], tmp_path: Any) -> None:
    name = f"HOLDFAST_{'_'.join(way).upper()}"
    text, expected = TEXTS[name]

    loaded = load_settings(flags={}, env={name: text}, cwd=tmp_path)

    found: Any = loaded.settings
    before: Any = Settings()
    for part in way:
        found, before = getattr(found, part), getattr(before, part)
    assert expected == found
    assert before != found, "the text must say something else than the default"
    assert {".".join(way): name} == loaded.origins


def test_no_variable_is_without_its_setting() -> None:
    assert TEXTS.keys() == VARIABLES.keys()


def test_no_setting_is_without_a_line_about_it() -> None:
    names = {".".join(way) for way in WAYS}
    tables = {"gate", "gate.suite", "secrets"}
    tables |= {f.name for f in msgspec.structs.fields(Settings)} - names
    assert names | tables == ABOUT.keys()


def test_stress_is_off_and_security_is_on_unless_said_otherwise() -> None:
    assert (Settings().include_stress, Settings().security) == (False, True)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("HOLDFAST_SLOTS", "x", "must be a whole number, got 'x'"),
        ("HOLDFAST_SLOTS", "1.5", "must be a whole number, got '1.5'"),
        ("HOLDFAST_SLOTS", "9" * 30, f"must be a whole number, got '{'9' * 30}'"),
        ("HOLDFAST_SLOTS", "0", "must be at least 1, got 0"),
        ("HOLDFAST_WORKERS", "many", "must be a whole number or 'auto', got 'many'"),
        ("HOLDFAST_SEED", "x", "must be a whole number, got 'x'"),
        ("HOLDFAST_SECURITY", "maybe", "must be true or false, got 'maybe'"),
        ("HOLDFAST_GATE_SUCCESS_RATE", "1.5", "must be between 0 and 1, got 1.5"),
        ("HOLDFAST_GATE_SUCCESS_RATE", "nan", "must be a number, got 'nan'"),
        ("HOLDFAST_TIMEOUT", "0s", "must be longer than 0, got '0s'"),
        ("HOLDFAST_TIMEOUT", "-1s", "must not be negative, got '-1s'"),
        ("HOLDFAST_BASE_URL", "me:pw@x", "must begin with http:// or https://, got 'me:pw@x'"),
        (
            "HOLDFAST_LOG_LEVEL",
            "warn",
            "must be one of 'debug', 'error', 'info', 'warning', got 'warn'; did you mean 'warning'?",
        ),
    ],
)
def test_a_wrong_text_is_refused_with_the_variables_name(
    name: str, text: str, message: str
) -> None:
    assert [f"{name} {message}"] == read_variable(name, text)[2]


def test_a_password_is_not_in_the_message_about_its_url() -> None:
    message = read_variable("HOLDFAST_BASE_URL", "ftp://me:hunter2@host")[2][0]
    assert message.endswith("got 'ftp://me:[redacted]@host'")


def test_an_unknown_variable_is_told_with_the_nearest_one() -> None:
    env = ["HOLDFAST_SLOT", "HOLDFAST_ZZZZZZ", "HOLDFAST_SLOTS", "SLOTS", *INTERNAL]
    assert unknown_variables(env) == {
        "HOLDFAST_SLOT": "no such variable 'HOLDFAST_SLOT'; did you mean 'HOLDFAST_SLOTS'?",
        "HOLDFAST_ZZZZZZ": "no such variable 'HOLDFAST_ZZZZZZ'",
    }
