"""Is the value equal to what was expected? `equals`, `one_of`."""

from __future__ import annotations

from typing import Any

from holdfast.judge.component import ValueExpectation
from holdfast.judge.param import take_list
from holdfast.judge.show import brief, brief_text, shown, shown_list
from holdfast.judge.value import kind_of, open_deep, plain_of, same
from holdfast.model.finding import Finding, failed, passed
from holdfast.text.diff import diff_values

__all__ = ["EQUALS", "ONE_OF"]


def _judge_equals(expected: Any, value: Any) -> Finding:
    if same(expected, value):
        return passed(f"value is {shown(value)}")
    left, right = open_deep(expected), open_deep(value)
    message = f"value must equal {shown(expected)}, got {shown(value)}"
    if type(left) in {dict, list, str} and type(left) is type(right):
        message = f"{message}\n{brief_text(diff_values(left, right))}"
    elif kind_of(left) != kind_of(right):
        message = f"{message} (of type {kind_of(right)}, expected {kind_of(left)})"
    return failed(message, expected=brief(expected), observed=brief(value))


def _prepare_one_of(raw: Any) -> list[Any]:
    return [plain_of(item) for item in take_list(raw, what="one_of")]


def _judge_one_of(choices: list[Any], value: Any) -> Finding:
    for choice in choices:
        if same(choice, value):
            return passed(f"value is {shown(value)}")
    message = f"value must be one of {shown_list(choices)}, got {shown(value)}"
    return failed(message, expected=brief(choices), observed=brief(value))


EQUALS = ValueExpectation(
    form={"description": "the value equals this one as JSON: true is not 1, 1 is 1.0"},
    prepare=plain_of,
    decide=_judge_equals,
)
ONE_OF = ValueExpectation(
    form={"type": "array", "minItems": 1, "description": "the value equals one of these"},
    prepare=_prepare_one_of,
    decide=_judge_one_of,
)
