"""What does every executor promise?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.execute.in_process import InProcess
from tests.contract.executor_kit import (
    GENTLE,
    ROOT,
    Answers,
    ask_in_process,
    call,
    error_of,
    ref,
)


@pytest.fixture(scope="module", params=["pool", "in_process"])
def answers(request: pytest.FixtureRequest) -> Answers:
    """What each executor answered to the calls that every executor carries out."""
    if request.param == "in_process":
        return asyncio.run(ask_in_process())
    return request.getfixturevalue("pool_answers")


@pytest.mark.parametrize("name", ["sync value", "async value"])
def test_a_call_leaves_its_value_and_its_duration(answers: Answers, name: str) -> None:
    evidence = answers[name]
    assert evidence.value == {"n": 3, "text": "a"}
    assert evidence.has_value
    assert evidence.round_trips
    assert evidence.error is None
    assert evidence.call_s is not None
    assert evidence.call_s >= 0


def test_what_the_code_writes_on_its_page_is_evidence(answers: Answers) -> None:
    assert answers["sync page"].notes == ("from a worker",)
    assert answers["async page"].notes == ("from a host",)
    assert answers["sync value"].notes == ()


def test_what_returns_an_awaitable_is_awaited(answers: Answers) -> None:
    assert answers["returned awaitable"].value == {"n": 7, "text": ""}
    assert answers["callable object"].value == "called"


def test_a_reference_names_what_is_inside_of_a_class_or_a_file(answers: Answers) -> None:
    assert answers["nested name"].value == 2
    assert answers["file"].value == {"n": 1, "text": ""}


@pytest.mark.parametrize("name", ["sync error", "async error"])
def test_an_exception_is_evidence_with_type_message_and_traceback(
    answers: Answers, name: str
) -> None:
    assert error_of(answers[name]) == ("exception", "ValueError", "bad luck")
    error = answers[name].error
    assert error is not None
    assert not error.is_assertion
    assert "raise ValueError(message)" in error.traceback


@pytest.mark.parametrize(
    "name", ["sync error", "async error", "awaitable error", "assertion", "absent function"]
)
def test_a_traceback_has_no_frame_of_holdfast(answers: Answers, name: str) -> None:
    error = answers[name].error
    assert error is not None
    assert error.traceback
    assert "holdfast/execute" not in error.traceback


def test_an_assertion_is_marked(answers: Answers) -> None:
    error = answers["assertion"].error
    assert error is not None
    assert error.is_assertion
    assert (error.type, error.message) == ("AssertionError", "one is not two")


def test_an_exception_whose_text_cannot_be_had_is_named(answers: Answers) -> None:
    assert error_of(answers["unsayable error"])[2] == "(its __str__ raised RuntimeError)"
    assert error_of(answers["surrogate error"])[2] == "\\udcff"


def test_a_connection_error_is_tagged_for_retries_and_breakers(answers: Answers) -> None:
    error = answers["connection error"].error
    assert error is not None
    assert error.tags == ("connection",)
    assert error.type == "ConnectionRefusedError"


def test_an_attempt_to_end_the_process_is_a_crash(answers: Answers) -> None:
    assert error_of(answers["sys.exit"]) == ("crash", "SystemExit", "the code called sys.exit(bye)")
    assert error_of(answers["out of memory"]) == ("crash", "MemoryError", "out of memory")


def test_a_seed_decides_what_random_gives(answers: Answers) -> None:
    assert answers["seed 1"].value == answers["seed 1 again"].value
    assert answers["seed 1"].value != answers["seed 2"].value


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("wrong arguments", "TypeError", "nonsense"),
        ("absent function", "AttributeError", "absent"),
        ("not callable", "TypeError", "must be callable, got int"),
        ("absent module", "ModuleNotFoundError", "No module named 'no'"),
        ("absent file", "ImportError", "no_such_file.py"),
    ],
)
def test_what_cannot_be_called_is_an_error_of_its_set_up(
    answers: Answers, name: str, kind: str, words: str
) -> None:
    found = error_of(answers[name])
    assert found[:2] == ("setup", kind)
    assert words in found[2]


@pytest.mark.parametrize("name", ["validators", "validators async"])
def test_each_validator_gives_one_answer_in_order(answers: Answers, name: str) -> None:
    assert [(each.key, each.answer) for each in answers[name].assessments] == [
        ("is_right", "passed"),
        ("is_wrong", "failed"),
        ("awaits", "passed"),
        ("says_text", "undecided"),
        ("says_nothing", "undecided"),
        ("raises", "undecided"),
        ("asserts_about", "failed"),
        ("has_limit", "failed"),
        ("absent", "undecided"),
    ]
    messages = {each.key: each.message for each in answers[name].assessments}
    assert messages["has_limit"] == "over 3"
    assert messages["asserts_about"].startswith("n must be two")
    assert "KeyError" in messages["raises"]


def test_a_validator_sees_the_live_value(answers: Answers) -> None:
    assert [each.answer for each in answers["live value"].assessments] == ["passed"]


def test_validators_are_called_on_a_plain_value_too(answers: Answers) -> None:
    assert [each.answer for each in answers.facts["assess"]] == ["passed", "passed"]


def test_a_coroutine_is_cancelled_at_its_limit(answers: Answers) -> None:
    assert error_of(answers["async timeout"]) == ("timeout", "", "no end within 0.1 s")


def test_a_value_that_is_too_large_is_cut_and_says_so(answers: Answers) -> None:
    for name in ("huge", "huge surrogates"):
        assert answers[name].value["$type"] == "cut"
        assert not answers[name].round_trips


def test_a_value_that_is_not_plain_is_kept_as_far_as_it_is_known(answers: Answers) -> None:
    values = {name: answers[name].value for name in GENTLE if answers[name].has_value}
    assert values["foreign"] == {
        "$type": "opaque",
        "type": "tests.contract.executor_code.Foreign",
        "repr": "Foreign()",
    }
    assert values["hostile"]["$type"] == "opaque"
    assert values["module"]["$type"] == "opaque"
    assert values["path"] == {"$type": "path", "value": "/tmp/\\udcff"}
    assert values["datetime"] == {"$type": "datetime", "value": "2026-01-31T00:00:00+00:00"}
    assert values["surrogate"] == "\\udcff"
    assert not any(
        answers[name].round_trips
        for name in ("foreign", "hostile", "path", "datetime", "surrogate")
    )


def test_a_coroutine_function_has_a_lane_of_its_own(answers: Answers) -> None:
    names = ("value", "value_async", "callable_object", "not_callable", "absent")
    lanes = [answers.facts["lanes"][ref(name)] for name in names]
    assert lanes == ["sync", "async", "async", "sync", "sync"]


def test_an_executor_that_waits_is_busy_with_nothing(answers: Answers) -> None:
    assert set(answers.facts["doing"].values()) <= {"idle"}


def test_in_process_says_what_it_is_doing() -> None:
    async def look() -> tuple[Any, Any]:
        executor = InProcess(ROOT)
        task = asyncio.create_task(executor.call(call("waits", lane="async", seconds=60.0)))
        await asyncio.sleep(0)
        during = dict(executor.doing())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await executor.close()
        return during, executor.doing()

    assert asyncio.run(look()) == ({"in-process": ref("waits")}, {})
