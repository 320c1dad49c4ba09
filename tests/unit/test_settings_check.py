import tomllib
from typing import Any

import pytest

from holdfast.settings.agree import find_conflicts
from holdfast.settings.check import SETTINGS, check, dotted


def faults(text: str) -> list[str]:
    return [fault.message for fault in check(SETTINGS, tomllib.loads(text))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workers = 0", "workers must be at least 1, got 0"),
        ("workers = 'all'", "workers must be a whole number or 'auto', got 'all'"),
        ("slots = true", "slots must be a whole number, got true"),
        ("slots = '3'", "slots must be a whole number, got '3'"),
        ("security = 1", "security must be true or false, got 1"),
        ("store = 1979-05-27", "store must be text, got datetime.date(1979, 5, 27)"),
        ("report = 'json'", "report must be a list, got 'json'"),
        ("report = ['json', 3]", "report[1] must be text, got 3"),
        ("gate = 1", "gate must be a table, got 1"),
        ("slots = {a = 1}", "slots must be a whole number, got a table"),
        ("slots = [1]", "slots must be a whole number, got a list"),
        ("store = 1" + "0" * 100, f"store must be text, got 1{'0' * 79}..."),
        ("gate.success_rate = 90", "gate.success_rate must be between 0 and 1, got 90"),
        ("gate.success_rate = -0.1", "gate.success_rate must be between 0 and 1, got -0.1"),
        ("gate.success_rate = nan", "gate.success_rate must be between 0 and 1, got nan"),
        ("gate.success_rate = true", "gate.success_rate must be a number, got true"),
        ("gate.suite.a.success_rate = 2", "gate.suite.a.success_rate must be between 0 and 1, got 2"),
        ("gate.suite.a.succes_rate = 1", "no such key 'succes_rate' in gate.suite.a; did you mean 'success_rate'?"),
        ("gate.flaky = 'wern'", "gate.flaky must be one of 'fail', 'ignore', 'warn', got 'wern'; did you mean 'warn'?"),
        ("seed = 9223372036854775808", "seed must be below 2**63, the largest number that can be stored, got 9223372036854775808"),
        ("slots = 1_000_000_000_000_000_000_000", "slots must be below 2**63, the largest number that can be stored, got 1000000000000000000000"),
        ("resources.llm = 0", "resources.llm must be at least 1, got 0"),
        ("resources.llm = 'x'", "resources.llm must be a whole number or a table, got 'x'"),
        ("resources.llm.permits = 0", "resources.llm.permits must be at least 1, got 0"),
        ("resources.llm.breaker = -1", "resources.llm.breaker must be at least 0, got -1"),
        ("resources.llm.rate = '0/s'", "resources.llm.rate must be more than 0, got '0/s'"),
        ("resources.llm.rate = '60/m'", "resources.llm.rate must be a quantity such as '200/s' (units: /s /min), got '60/m'; did you mean '/min'?"),
        ("resources.llm.permit = 1", "no such key 'permit' in resources.llm; did you mean 'permits'?"),
        ("budget = '5x'", "budget must be a quantity such as '200ms' (units: ns us ms s m h), got '5x'"),
        ("http_timeout = ''", "http_timeout must be a quantity such as '200ms' (units: ns us ms s m h), got ''"),
        ("services.a.ready.within = '1 day'", "services.a.ready.within must be a quantity such as '200ms' (units: ns us ms s m h), got '1 day'"),
        ("services.a.scope = 'test'", "services.a.scope must be one of 'case', 'run', 'suite', got 'test'"),
        ("services.a.command = [1]", "services.a.command[0] must be text, got 1"),
        ("services.a.env.API_KEY = 12345", "services.a.env.API_KEY must be text, got a hidden value"),
        ("services.a.url = 'localhost'", "services.a.url must begin with http:// or https://, got 'localhost'"),
        ("suites.a.pytest = ['x']", "no such key 'pytest' in suites.a"),
        ("profiles.a = 3", "profiles.a must be a table, got 3"),
        ("quux = 3", "no such key 'quux'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_place_and_value(text: str, message: str) -> None:
    assert [message] == faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "workers = 'auto'",
        "budget = ''",
        "gate.success_rate = 1",
        "resources = {a = 1, b = {permits = 2, rate = '60/min', breaker = 0}}",
        "services.a = {command = ['x', 'y'], env = {A = 'b'}}",
        "services.a.url = '{env.API}'",
        "services.a.url = 'https://host/{env.PATH}'",
        "profiles.a.whatever = {b = [1, 2.5, true]}",
    ],
)
def test_a_right_value_is_left_alone(text: str) -> None:
    assert faults(text) == []


def test_a_percentage_written_as_a_number_gets_the_cure() -> None:
    (fault,) = check(SETTINGS, {"gate": {"success_rate": 90}})
    assert fault.hint == "0.9 is 90 %"


def test_the_keys_of_a_small_table_are_listed() -> None:
    (fault,) = check(SETTINGS, {"suites": {"a": {"files": []}}})
    assert fault.hint == "known: cases, python"


def test_a_place_is_written_as_people_do() -> None:
    assert dotted(("services", "api", "command", 0)) == "services.api.command[0]"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"services": {"a": {}}}, "service 'a' must have exactly one of command and url, got none"),
        (
            {"services": {"a": {"command": "x", "url": "http://x"}}},
            "service 'a' must have exactly one of command and url, got both",
        ),
        (
            {"services": {"a": {"command": "x", "ready": {"http": "/", "tcp": True}}}},
            "service 'a' must have at most one sign of readiness, got ['http', 'tcp']",
        ),
        (
            {"services": {"a": {"command": "x"}}, "links": {"a": {"to": "h:1"}}},
            "a link must not have the name of a service, got 'a'",
        ),
        ({"links": {"a": {}}}, "link 'a' must lead to host:port, got ''"),
        ({"links": {"a": {"to": "host"}}}, "link 'a' must lead to host:port, got 'host'"),
        ({"links": {"a": {"to": "host:0"}}}, "link 'a' must lead to host:port, got 'host:0'"),
        ({"links": {"a": {"to": "h:70000"}}}, "link 'a' must lead to host:port, got 'h:70000'"),
        (
            {"links": {"a": {"to": "pg://u:pw@h:1"}}},
            "link 'a' must lead to host:port, got 'pg://u:[redacted]@h:1'",
        ),
    ],
)
def test_values_that_do_not_agree_are_refused(values: dict[str, Any], message: str) -> None:
    assert [message] == [fault.message for fault in find_conflicts(values)]


@pytest.mark.parametrize("to", ["127.0.0.1:5432", "[::1]:5432", "db:1", "{env.DB_HOST}:1"])
def test_an_address_with_a_port_is_a_link(to: str) -> None:
    assert list(find_conflicts({"links": {"a": {"to": to}}})) == []


def test_a_setting_that_may_be_missing_may_be_none() -> None:
    assert list(check(SETTINGS, {"seed": None})) == []
    (fault,) = check(SETTINGS, {"seed": "x"})
    assert fault.message == "seed must be a whole number, got 'x'"
