"""Does the condition `capabilities` take what means something, and refuse the rest with its place?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.errors import CannotTell
from holdfast.model.case import Case, Target
from holdfast.ports import BadParams
from tests.contract.capability_machine import needs_confinement
from tests.contract.target_kit import REGISTRY, Executor, Recorder, context

CONDITION = REGISTRY.load("condition", "capabilities")


@pytest.mark.parametrize(
    ("raw", "checked"),
    [
        ([], {"allow": [], "mode": "enforce"}),
        (["read:a", "net"], {"allow": ["read:a", "net"], "mode": "enforce"}),
        ({"allow": ["env:A"], "mode": "observe"}, {"allow": ["env:A"], "mode": "observe"}),
    ],
)
def test_parameters_are_completed(raw: Any, checked: dict[str, Any]) -> None:
    assert CONDITION.check(raw) == checked
    assert CONDITION.check(checked) == checked


@pytest.mark.parametrize(
    ("raw", "path", "said"),
    [
        ("read", (), "must be a list"),
        (None, (), "must be a list"),
        (["net", "raed:x"], (1,), "did you mean 'read'"),
        ([3], (0,), "must be a text"),
        ({"allow": ["read"], "mode": "watch"}, ("mode",), "enforce or observe"),
        ({"alow": ["read"]}, ("alow",), "no such key 'alow'"),
        ({"allow": ["net:a/b"]}, ("allow", 0), "without scheme"),
    ],
)
def test_parameters_that_mean_nothing_are_refused_with_their_place(
    raw: Any, path: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(BadParams, match=said) as caught:
        CONDITION.check(raw)
    assert caught.value.path == path


def apply(params: Any, kind: str) -> tuple[Any, Recorder, list[list[str]]]:
    """Open the condition around a target of this kind; return what it left of the context."""
    recorder, started = Recorder(), []

    async def spawn(argv: list[str], **kwargs: Any) -> str:
        started.append(argv)
        return "child"

    case = Case(suite="s", id="c", target=Target(kind=kind, spec={}))
    given = context(case=case, recorder=recorder, spawn=spawn)

    async def main() -> None:
        async with CONDITION.apply(CONDITION.check(params), given):
            if given.spawn is not spawn:
                assert await given.spawn(["true"], env={"A": "b"}, cwd="") == "child"

    asyncio.run(main())
    return given, recorder, started


def test_a_python_case_gets_an_executor_of_its_own() -> None:
    given, _, _ = apply(["read"], "python")
    assert not isinstance(given.executor, Executor)
    assert given.executor.doing() == {}


@needs_confinement
def test_a_command_is_started_by_the_program_that_confines() -> None:
    _, recorder, started = apply(["read"], "command")
    (argv,) = started
    assert argv[1:] == [
        "-m",
        "holdfast.capabilities.exec",
        "--allow",
        "read",
        "--allow",
        "env:A",
        "--",
        "true",
    ]
    assert recorder.events == [
        ("capabilities", {"value": {"mode": "enforce", "declared": ["read"]}})
    ]


def test_a_command_cannot_be_watched_and_the_evidence_says_why() -> None:
    _, recorder, started = apply({"allow": [], "mode": "observe"}, "command")
    ((name, told),) = recorder.events
    assert name == "capabilities"
    assert told["value"]["mode"] == "none"
    assert "another program" in told["value"]["reason"]
    assert started == []


def test_a_command_that_cannot_be_confined_is_not_started() -> None:
    with pytest.raises(CannotTell, match="cannot be enforced here"):
        apply(["read", "run", "net", "write:not/there"], "command")
