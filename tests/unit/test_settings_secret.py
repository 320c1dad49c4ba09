import msgspec
import pytest

from holdfast.settings import (
    ResourceSettings,
    SecretSettings,
    ServiceSettings,
    Settings,
    mask_url,
    resource_of,
    secrets_of,
)
from holdfast.settings.secret import hide_secrets
from holdfast.text.redact import Redactor


def test_variables_with_a_secret_name_are_secrets() -> None:
    env = {"API_KEY": "abcd", "github_token": "efgh", "DB_PASSWORD": "ij", "HOME": "klmn"}
    assert secrets_of(Settings(), env) == {
        "API_KEY": "abcd",
        "github_token": "efgh",
        "DB_PASSWORD": "ij",
    }


def test_variables_that_the_settings_name_are_secrets() -> None:
    settings = Settings(secrets=SecretSettings(env=("PIN",)))
    assert secrets_of(settings, {"PIN": "1234", "PINS": "5678"}) == {"PIN": "1234"}


def test_passwords_inside_urls_are_secrets_also_in_their_plain_form() -> None:
    settings = Settings(store="postgresql://me:p%40ss@db/x", database_url="mysql://me:hunter2@db/x")
    env = {"PROXY": "http://u:proxypw@proxy:1", "DSN": "postgresql://db/x?user=a&password=inquery"}
    assert secrets_of(settings, env) == {
        "PROXY password": "proxypw",
        "DSN password": "inquery",
        "store password": "p%40ss",
        "store password, unquoted": "p@ss",
        "database_url password": "hunter2",
    }


def test_texts_of_the_settings_under_a_secret_name_are_secrets() -> None:
    service = ServiceSettings(
        command=("run", "--db", "pg://u:listed@h/x"), env={"APP_SECRET": "shh", "MODE": "fast"}
    )
    settings = Settings(
        services={"api": service}, profiles={"ci": {"database_url": "pg://u:inprofile@h/x"}}
    )
    assert secrets_of(settings, {}) == {
        "services.api.command[2] password": "listed",
        "services.api.env.APP_SECRET": "shh",
        "profiles.ci.database_url password": "inprofile",
    }


@pytest.mark.parametrize("value", ["", "true", "False", "none", "{env.OTHER}", "{file:key.txt}"])
def test_what_cannot_be_a_secret_is_none(value: str) -> None:
    service = ServiceSettings(command="x", env={"APP_TOKEN": value, "DSN": f"pg://u:{value}x@h"})
    found = secrets_of(Settings(services={"api": service}), {"USE_TOKEN": value})
    assert not {"USE_TOKEN", "services.api.env.APP_TOKEN"} & found.keys()


def test_a_template_in_the_place_of_a_password_is_no_secret() -> None:
    assert secrets_of(Settings(database_url="pg://u:{env.PW}@h/x"), {}) == {}


def test_the_secrets_are_what_a_redactor_takes() -> None:
    redactor = Redactor(secrets_of(Settings(), {"KEY": "abcdef"}), b"key")
    assert "abcdef" not in redactor.text("the key is abcdef")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://me:pw@db/x", "postgresql://me:[redacted]@db/x"),
        ("postgresql+psycopg://me:p/w#?@db/x", "postgresql+psycopg://me:[redacted]@db/x"),
        ("postgresql://me:p@w@db/x", "postgresql://me:[redacted]@db/x"),
        ("redis://:pw@db", "redis://:[redacted]@db"),
        ("http://me:p@w@host/a@b", "http://me:[redacted]@host/a@b"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("HTTPS://me:pw@host", "HTTPS://me:[redacted]@host"),
        ("pg://h/x?a=1&password=pw&b=2", "pg://h/x?a=1&password=[redacted]&b=2"),
        ("sqlite:///a:b.db", "sqlite:///a:b.db"),
        ("me@host", "me@host"),
    ],
)
def test_a_url_is_shown_without_its_password(text: str, masked: str) -> None:
    assert masked == mask_url(text)


def test_known_secrets_are_hidden_the_longest_first() -> None:
    secrets = {"A": "abcd", "B": "abcdef", "C": "xy"}
    assert hide_secrets("abcdef abcd xy", secrets) == "[redacted] [redacted] xy"


def test_a_number_of_permits_is_a_resource() -> None:
    found = resource_of("llm", 3)
    assert (found.name, found.permits, found.rate_s, found.breaker) == ("llm", 3, 0.0, 5)


@pytest.mark.parametrize(("rate", "rate_s"), [("", 0.0), ("60/min", 1.0), ("4/s", 0.25)])
def test_a_rate_becomes_the_least_seconds_between_starts(rate: str, rate_s: float) -> None:
    found = resource_of("api", ResourceSettings(permits=2, rate=rate, breaker=0))
    assert {"name": "api", "permits": 2, "rate_s": rate_s, "breaker": 0} == msgspec.to_builtins(
        found
    )


@pytest.mark.parametrize("text", ["a.b-" * 50_000, "a://b:" * 50_000, "http://a:" * 50_000])
def test_a_long_text_without_a_password_is_read_in_one_go(text: str) -> None:
    assert text == mask_url(text)


def test_a_long_password_is_hidden_whole() -> None:
    assert mask_url(f"pg://u:{'p' * 10_000}@db") == "pg://u:[redacted]@db"
