"""Are cases held to their capabilities, and is what they touch told? From the case file to the report."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.capability_machine import needs_confinement
from tests.e2e.project import Project, result, statuses

APP = """
import asyncio
import os
import sys
import time
from pathlib import Path

import helper


def count(path):
    print("counting", path)
    return helper.length(path)


async def count_later(path):
    await asyncio.sleep(0)
    return helper.length(path)


def go_on(path):
    try:
        return helper.length(path)
    except OSError:
        return -1


def hang():
    print("begun", flush=True)
    time.sleep(1000)


def end():
    os._exit(4)


def fail():
    assert 1 == 2, "one is not two"
"""
HELPER = """
from pathlib import Path


def length(path):
    return len(Path(path).read_text())
"""
DATA = {"path": "data/a.txt"}
OTHER = {"path": "app.py"}
READ = ["read:data/**"]


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("app.py", APP)
    project.write("helper.py", HELPER)
    project.write("data/a.txt", "hello")
    return project


def case(case_id: str, name: str, *expect: Any, **more: Any) -> dict[str, Any]:
    return {"id": case_id, "python": f"app:{name}", "expect": list(expect), **more}


def message_of(report: dict[str, Any], case_id: str) -> str:
    """Return the message of the last finding: what a command implies comes first."""
    return result(report, case_id)["findings"][-1]["message"]


@needs_confinement
def test_a_python_case_is_held_to_its_capabilities(shop: Project) -> None:
    shop.suite(
        "s",
        [
            case(
                "reads",
                "count",
                {"equals": 5},
                {"stdout": "counting"},
                capabilities=READ,
                **{"with": DATA},
            ),
            case("later", "count_later", {"equals": 5}, capabilities=READ, **{"with": DATA}),
            case("strays", "count", "not_empty", capabilities=READ, **{"with": OTHER}),
            case("goes-on", "go_on", "completes", capabilities=READ, **{"with": OTHER}),
            case(
                "denies",
                "count",
                {"raises": "CapabilityViolation"},
                capabilities=READ,
                **{"with": OTHER},
            ),
            case("fails", "fail", "completes", capabilities=[]),
        ],
    )
    ended, report = shop.quick_run("s.json")
    assert statuses(report) == {
        "reads": "passed",
        "later": "passed",
        "strays": "failed",
        "goes-on": "failed",
        "denies": "passed",
        "fails": "failed",
    }
    assert ended.code == 1
    assert "read:app.py was stopped" in message_of(report, "strays")
    assert "the code went on" in message_of(report, "goes-on")
    assert "one is not two" in message_of(report, "fails")


@needs_confinement
def test_a_case_that_hangs_or_ends_its_process_leaves_nothing(shop: Project) -> None:
    shop.suite(
        "s",
        [
            case("hangs", "hang", "completes", capabilities=[], timeout="1s"),
            case("ends", "end", "completes", capabilities=[]),
        ],
    )
    _, report = shop.quick_run("s.json")
    errors = {each["id"]: each["attempts"][-1]["error"]["kind"] for each in report["results"]}
    assert errors == {"hangs": "timeout", "ends": "crash"}
    assert shop.left_running() == []


@needs_confinement
def test_a_command_is_held_to_its_capabilities(shop: Project) -> None:
    reads = {"id": "reads", "command": ["cat", "data/a.txt"], "capabilities": READ}
    strays = {"id": "strays", "command": ["cat", "app.py"], "capabilities": READ}
    shop.suite(
        "s",
        [{**reads, "expect": [{"stdout": "hello"}]}, {**strays, "expect": [{"exit_code": 0}]}],
    )
    _, report = shop.quick_run("s.json")
    assert statuses(report) == {"reads": "passed", "strays": "failed"}
    assert "ermission denied" in message_of(report, "strays")


def test_what_a_case_touches_is_told(shop: Project) -> None:
    only = {"touches_only": [*READ, "net"]}
    shop.suite(
        "s",
        [
            case("known", "count", only, **{"with": DATA}),
            case("strays", "count", only, **{"with": OTHER}),
            {"id": "program", "command": ["cat", "data/a.txt"], "expect": [only]},
        ],
    )
    _, report = shop.quick_run("s.json")
    assert statuses(report) == {"known": "passed", "strays": "failed", "program": "undecided"}
    assert message_of(report, "known") == (
        "the call touched read:data/a.txt; declared but not used: net"
    )
    assert "read:app.py, which was not declared" in message_of(report, "strays")
    assert "another program" in message_of(report, "program")


def test_code_on_the_path_of_the_user_is_the_cases_own(
    shop: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "faraway.py").write_text(HELPER)
    shop.write("near.py", "import faraway\n\ndef count(path):\n    return faraway.length(path)\n")
    each = {"id": "far", "python": "near:count", "with": DATA, "expect": ["completes"]}
    shop.suite("s", [{**each, "capabilities": READ}])
    _, report = shop.quick_run("s.json", PYTHONPATH=str(elsewhere))
    assert statuses(report) == {"far": "passed"}


def test_what_cannot_be_enforced_is_undecided(shop: Project) -> None:
    shop.suite(
        "s",
        [
            case(
                "new",
                "count",
                "completes",
                capabilities=[*READ, "write:not/there"],
                **{"with": DATA},
            ),
            {
                "id": "program",
                "command": ["true"],
                "capabilities": ["write:not/there"],
                "expect": ["completes"],
            },
        ],
    )
    ended, report = shop.quick_run("s.json")
    assert statuses(report) == {"new": "undecided", "program": "undecided"}
    assert "cannot be enforced here" in message_of(report, "new")
    assert "cannot be enforced here" in message_of(report, "program")
    assert ended.code == 3


def test_a_word_that_is_no_capability_is_refused_with_its_place(shop: Project) -> None:
    cases = [case("a", "count", {"touches_only": ["red:x"]}, capabilities=["read", "nett:y"])]
    shop.suite("s", cases)
    ended = shop.quick("validate", "s.json")
    assert ended.code == 2
    assert "no such capability 'nett' in 'nett:y'; did you mean 'net'?" in ended.err + ended.out
    assert "no such capability 'red' in 'red:x'; did you mean 'read'?" in ended.err + ended.out
