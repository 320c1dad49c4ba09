"""Does a script answer by text, pattern and order, and nothing that it was not told?"""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest

from holdfast.doubles import Answer, Script, Unscripted
from holdfast.doubles.script import name_function
from holdfast.errors import UsageError


def values(script: Script, text: str, times: int) -> list[Any]:
    return [script.find(text)[0].value for _ in range(times)]


def test_one_answer_is_given_again_and_again() -> None:
    script = Script()
    script.on("a", 1)
    assert values(script, "a", 3) == [1, 1, 1]


def test_a_sequence_is_given_once_in_order_and_then_refused() -> None:
    script = Script()
    script.on("a", 1, 2)
    assert values(script, "a", 2) == [1, 2]
    with pytest.raises(Unscripted, match="'a' must be called at most 2 times, got call 3"):
        script.find("a")


def test_after_a_sequence_the_last_or_all_come_again() -> None:
    script = Script()
    script.on("a", 1, 2, after="last")
    script.on("b", 1, 2, after="again")
    assert values(script, "a", 4) == [1, 2, 2, 2]
    assert values(script, "b", 4) == [1, 2, 1, 2]


def test_an_exact_text_goes_before_a_pattern_and_a_later_pattern_before_an_earlier() -> None:
    script = Script()
    script.on("add 1 2", "exact")
    script.on(re.compile(r"add .*"), "early")
    script.on(re.compile(r"add (\d) (\d)"), lambda a, b: int(a) + int(b))
    assert script.find("add 1 2")[0].value == "exact"
    assert script.find("add 3 4")[1]() == 7
    assert script.find("add x")[0].value == "early"
    with pytest.raises(Unscripted):
        script.find("to add x")


def test_the_nth_call_fails_and_the_others_do_not() -> None:
    error = OSError("full")
    script = Script()
    script.on("a", 1, fail_on={2: error})
    assert [script.find("a")[0].error for _ in range(3)] == [None, error, None]


def test_an_exception_is_raised_and_an_answer_taken_as_it_is() -> None:
    error = KeyError("k")
    script = Script()
    script.on("a", error, Answer(value=1, delay_s=2.0))
    assert script.find("a")[0].error is error
    assert script.find("a")[0] == Answer(value=1, delay_s=2.0)


def test_a_seed_decides_the_order_and_the_delays() -> None:
    def drawn(seed: int) -> tuple[list[Any], float]:
        script = Script(seed=seed)
        script.on("a", *range(20), shuffle=True, jitter_s=1.0)
        found = [script.find("a")[0] for _ in range(20)]
        return [each.value for each in found], sum(each.delay_s for each in found)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert sorted(drawn(1)[0]) == list(range(20)) != drawn(1)[0]
    assert 0 < drawn(1)[1] < 20


def test_what_nothing_scripts_names_the_nearest_scripted_call() -> None:
    script = Script()
    with pytest.raises(Unscripted, match="nothing is scripted"):
        script.find("half(3)")
    script.on("half(2)", 1)
    script.on("other", 1)
    with pytest.raises(Unscripted, match=r"the nearest scripted call is 'half\(2\)'"):
        script.find("half(3)")
    with pytest.raises(Unscripted, match=r"scripted are 'half\(2\)', 'other'"):
        script.find("zzz")
    assert script.has("other")
    script.clear()
    assert not script.has("other")


def test_a_function_is_scripted_by_its_name() -> None:
    text = name_function(functools.partial(values, None))
    assert text == f"{__name__}:values"
    script = Script()
    script.on(values, 3)
    assert script.find(text)[0].value == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.on("a"), "must have an answer, got none for 'a'"),
        (lambda s: s.on(3, 1), "must be a text, a compiled pattern or a function, got 3"),
        (lambda s: s.on("a", 1, jitter_s=-1), "jitter_s must be"),
        (lambda s: s.on("a", 1, fail_on={0: OSError()}), "fail_on must map numbers from 1"),
        (lambda s: s.on("a", 1, fail_on={1: "x"}), "to exceptions, got {1: 'x'}"),
        (lambda s: s.on("a", Answer(delay_s=-1)), "delay_s must be"),
        (lambda s: s.on("a", 1, 2, after="lst"), "after must be again, fail or last, got 'lst'"),
        (lambda s: s.on("a", OSError), "must be an exception, got the class OSError"),
        (
            lambda s: s.on("a", Answer(error="x")),
            "error of an answer must be an exception, got 'x'",
        ),
        (lambda s: s.on("a", Answer(status="error")), "must be ok, timeout, crash, incomplete"),
        (lambda s: s.on("a", Answer(status="lost")), "incomplete, got 'lost'"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call(Script())
