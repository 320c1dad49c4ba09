"""Has each variable of the environment the effect of its setting?"""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.settings.variables import VARIABLES
from tests.e2e.project import Project, command, python, result, statuses

CODE = """
import os
def is_here(): return "HOLDFAST_WORKER" not in os.environ
def number(): return 7
"""
# Seen in other tests of this folder, by what they do.
ELSEWHERE = {
    "HOLDFAST_BASE_URL", "HOLDFAST_STORE", "HOLDFAST_WORKERS", "HOLDFAST_TIMEOUT",  # test_run_flags
    "HOLDFAST_SECURITY",  # test_again
    "HOLDFAST_MONITOR",  # test_watched_runs
    "HOLDFAST_GATE_UNDECIDED", "HOLDFAST_GATE_SUCCESS_RATE", "HOLDFAST_GATE_FLAKY",
}  # fmt: skip
# Read and shown; nothing that is built yet asks for them.
UNUSED = {"HOLDFAST_LOAD_DURATION", "HOLDFAST_CONCURRENCY"}
SEEN = {
    "HOLDFAST_SELECT", "HOLDFAST_PER_SUITE", "HOLDFAST_INCLUDE_STRESS", "HOLDFAST_EXCLUDE_SLOW",
    "HOLDFAST_SLOTS", "HOLDFAST_SEED", "HOLDFAST_DATABASE_URL", "HOLDFAST_HTTP_TIMEOUT",
    "HOLDFAST_OUTPUT", "HOLDFAST_REPORT", "HOLDFAST_DURATIONS", "HOLDFAST_PROGRESS",
    "HOLDFAST_IN_PROCESS", "HOLDFAST_LOG_LEVEL", "HOLDFAST_CACHED", "HOLDFAST_MAX_FAILURES",
    "HOLDFAST_BUDGET", "HOLDFAST_SECRETS_ENV",
}  # fmt: skip


@pytest.fixture
def mute() -> Iterator[str]:
    """Give the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def listed(project: Project, **env: str) -> list[str]:
    ended = project.quick("list", "s.json", "--json", **env)
    assert ended.code == 0, ended.err
    return [each["id"] for each in json.loads(ended.out)["cases"]]


def test_every_variable_has_a_test_of_its_effect() -> None:
    assert set(VARIABLES) == SEEN | ELSEWHERE | UNUSED


def test_variables_select_cases(project: Project) -> None:
    tags = {"one": ["e2e"], "two": ["slow"], "three": ["stress"], "four": ["e2e"]}
    project.suite("s", [command(name, tags=own) for name, own in tags.items()])
    assert listed(project) == ["one", "two", "four"]
    assert listed(project, HOLDFAST_SELECT="e2e") == ["one", "four"]
    assert listed(project, HOLDFAST_PER_SUITE="1") == ["one"]
    assert listed(project, HOLDFAST_INCLUDE_STRESS="true") == ["one", "two", "three", "four"]
    assert listed(project, HOLDFAST_EXCLUDE_SLOW="1") == ["one", "four"]


def test_variables_say_how_a_run_works_and_what_it_shows(project: Project, mute: str) -> None:
    project.write("variable_code.py", CODE)
    project.suite(
        "s",
        [
            {"id": "waits", "http": mute, "expect": [{"status": 200}]},
            command("database", ["echo", "{database_url}"]) | {"expect": [{"stdout": "sqlite:///x\n"}]},
            python("here", "variable_code:is_here") | {"expect": [{"equals": True}]},
        ],
    )  # fmt: skip

    ended = project.quick(
        "run",
        "s.json",
        HOLDFAST_SLOTS="3",
        HOLDFAST_SEED="12345",
        HOLDFAST_DATABASE_URL="sqlite:///x",
        HOLDFAST_HTTP_TIMEOUT="100ms",
        HOLDFAST_OUTPUT="made",
        HOLDFAST_REPORT="json",
        HOLDFAST_DURATIONS="1",
        HOLDFAST_PROGRESS="false",
        HOLDFAST_IN_PROCESS="true",
        HOLDFAST_LOG_LEVEL="info",
    )

    report: dict[str, Any] = json.loads((project.folder / "made" / "report.json").read_text())
    assert [path.name for path in (project.folder / "made").iterdir()] == ["report.json"]
    assert statuses(report) == {"waits": "error", "database": "passed", "here": "passed"}
    assert result(report, "waits")["attempts"][0]["error"]["kind"] == "timeout"
    assert (report["run"]["seed"], report["schedule"]["slots"]) == (12345, 3)
    assert ended.out.splitlines()[0].endswith("seed 12345")  # else it tells how many cases come
    assert "\n1 longest case\n  " in ended.out
    assert " INFO    run " in ended.err


def test_variables_stop_a_run_and_spare_it_work(project: Project) -> None:
    project.write("variable_code.py", CODE)
    project.suite("s", [python("a", "variable_code:number"), command("b", "false"), command("c", "false")])  # fmt: skip

    _, first = project.quick_run("s.json", "--sequential", HOLDFAST_MAX_FAILURES="1")
    cached, second = project.quick_run("s.json", "-k", "a", HOLDFAST_CACHED="true")
    spent, third = project.quick_run("s.json", HOLDFAST_BUDGET="1us", HOLDFAST_SLOTS="1")

    assert sorted(statuses(first).values()) == ["failed", "passed", "skipped"]
    assert (cached.code, second["counts"]["cached"]) == (0, 1)
    assert (spent.code, third["counts"]["skipped"]) == (3, 2)


def test_a_variable_declares_secrets(project: Project) -> None:
    project.suite("s", [command("tells", "echo $PLACE; false")])
    hidden = "the-name-of-a-place-7731"
    env = {"PLACE": hidden, "HOLDFAST_SECRETS_ENV": "PLACE"}
    ended = project.quick("run", "s.json", **env)
    shown = project.quick("show", "last", "tells", **env)
    assert hidden not in ended.out + shown.out
    assert "[redacted " in shown.out
