"""What do only executors with processes of their own promise? The end of a process costs one call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.executor_kit import Answers, error_of


def test_a_module_that_ends_its_process_costs_only_its_own_reference(pool_answers: Answers) -> None:
    lanes = {
        Path(name.split(":")[0]).stem: lane
        for name, lane in pool_answers.facts["lanes"].items()
        if "/" in name
    }
    assert lanes == {"exits": "sync", "crashes": "sync", "dies": "sync", "fine": "async"}


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("segfault", "signal 11 (SIGSEGV)"),
        ("exit 0", "exit 0"),
        ("exit 3", "exit 3"),
        ("killed", "signal 9 (SIGKILL)"),
        ("alone exit", "exit 5"),
        ("crash with child", "exit 4"),
        ("closed descriptors", "exit 1"),
        ("alone closed descriptors", "exit 1"),
        ("written connection", "the connection to holdfast was closed"),
    ],
)
def test_a_process_that_ends_under_a_call_is_a_crash_that_says_how(
    pool_answers: Answers, name: str, ending: str
) -> None:
    kind, _, message = error_of(pool_answers[name])
    assert kind == "crash"
    assert f"ended with {ending} while it ran tests.contract.executor_code:" in message
    error = pool_answers[name].error
    assert error is not None
    assert error.tags == ()


def test_a_keyboard_interrupt_of_user_code_is_its_error(pool_answers: Answers) -> None:
    assert error_of(pool_answers["keyboard interrupt"])[1] == "KeyboardInterrupt"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("endless", ""),
        ("holds", ""),
        ("alone blocks", ": it blocked the event loop"),
        ("alone blocks in subtask", ": it blocked the event loop"),
        ("alone holds", ": it blocked the event loop"),
        ("alone swallows", ", and it did not end when it was cancelled"),
    ],
)
def test_nothing_outlives_its_time_limit(pool_answers: Answers, name: str, how: str) -> None:
    assert error_of(pool_answers[name]) == ("timeout", "", f"no end within 0.2 s{how}")
    error = pool_answers[name].error
    assert error is not None
    assert error.tags == ()


def test_a_stopped_call_shows_where_it_was(pool_answers: Answers) -> None:
    places = {"endless": "in endless", "alone blocks": "in blocks", "async timeout": "in waits"}
    for name, place in places.items():
        error = pool_answers[name].error
        assert error is not None
        assert place in error.traceback


def test_the_output_of_a_call_is_kept(pool_answers: Answers) -> None:
    evidence = pool_answers["prints"]
    assert (evidence.stdout and evidence.stdout.text) == "hello\n"
    assert (evidence.stderr and evidence.stderr.text) == "HELLO\n"


def test_what_children_and_descriptors_write_is_kept_too(pool_answers: Answers) -> None:
    output = pool_answers["descriptors"].stdout
    assert (output and output.text) == "by descriptor\nby a child\n"


def test_output_beyond_the_limit_is_cut_in_the_middle(pool_answers: Answers) -> None:
    output = pool_answers["prints 30 MB"].stdout
    assert output is not None
    assert output.cut_bytes == 28_000_000
    assert pool_answers["prints 30 MB"].value == 30_000_000


def test_the_output_before_a_crash_is_kept_and_is_of_this_call_alone(pool_answers: Answers) -> None:
    evidence = pool_answers["output before crash"]
    assert (evidence.stdout and evidence.stdout.text) == "last words\n"
    assert evidence.error is not None
    assert evidence.error.traceback == "last words\n"


@pytest.mark.parametrize("name", ["fork", "fork with validator", "alone fork"])
def test_only_the_parent_of_a_forked_child_answers(pool_answers: Answers, name: str) -> None:
    assert pool_answers[name].value == "parent"


def test_a_forked_child_does_not_write_to_its_parents_connection(pool_answers: Answers) -> None:
    output = pool_answers["alone fork"].stdout
    assert (output and output.text) == "from the parent\n"
    # Nor does it end by printing.
    assert pool_answers["alone fork prints"].value == 7


@pytest.mark.parametrize("name", ["set as argument", "too large an integer"])
def test_arguments_that_cannot_be_sent_are_refused(pool_answers: Answers, name: str) -> None:
    kind, _, message = error_of(pool_answers[name])
    assert kind == "setup"
    assert message.startswith("the arguments must be plain data: ")


@pytest.mark.parametrize("name", ["validator ends process", "validator never answers"])
def test_a_validator_that_ends_its_process_is_undecided_and_the_value_is_kept(
    pool_answers: Answers, name: str
) -> None:
    evidence = pool_answers[name]
    assert evidence.value == {"n": 1, "text": ""}
    assert evidence.error is None
    assert {each.answer for each in evidence.assessments} == {"undecided"}
    assert all("gave no answer" in each.message for each in evidence.assessments)


def test_a_validator_of_a_plain_value_may_end_its_process_as_well(pool_answers: Answers) -> None:
    ends, hangs = pool_answers.facts["assess ends"], pool_answers.facts["assess hangs"]
    assert [each.answer for each in (*ends, *hangs)] == ["undecided"] * 3
