"""Is this inside the value? `contains`, `icontains`, `contains_any`, `contains_all`.

A text contains a part of it, an array a member, an object a key, or, asked with an
object, those keys with those values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from holdfast.judge.component import ValueExpectation, not_applicable
from holdfast.judge.param import take_list, take_text
from holdfast.judge.show import brief, shown, shown_list
from holdfast.judge.value import is_dict, is_list, kind_of, open_value, plain_of, same, text_of
from holdfast.model.finding import Finding, failed, passed
from holdfast.ports import BadParams

__all__ = ["CONTAINS", "CONTAINS_ALL", "CONTAINS_ANY", "ICONTAINS"]


class _Folded(msgspec.Struct, frozen=True):
    text: str
    folded: str


def _has(value: Any, wanted: Any) -> bool:
    opened = open_value(value)
    if isinstance(opened, str):
        part = text_of(wanted)
        return part is not None and part in opened
    if is_list(opened):
        return any(same(item, wanted) for item in opened)
    if not is_dict(opened):
        return False
    if is_dict(wanted):
        return all(key in opened and same(opened[key], item) for key, item in wanted.items())
    return isinstance(wanted, str) and wanted in opened


def _has_folded(value: Any, wanted: _Folded) -> bool:
    opened = open_value(value)
    if isinstance(opened, str):
        return wanted.folded in opened.casefold()
    if is_list(opened):
        texts = (text_of(item) for item in opened)
        return any(text is not None and text.casefold() == wanted.folded for text in texts)
    return is_dict(opened) and any(key.casefold() == wanted.folded for key in opened)


def _can_hold(value: Any, wanted: Any) -> bool:
    """Tell whether a value of this kind may contain that at all: a text, no number."""
    opened = open_value(value)
    if isinstance(opened, str):
        return text_of(wanted) is not None
    return is_list(opened) or (is_dict(opened) and (is_dict(wanted) or isinstance(wanted, str)))


def _lacking(message: str, *, applies: bool, expected: Any, observed: Any) -> Finding:
    """Return what is not contained as `failed`, or as what does not apply to this value."""
    if not applies:
        raise not_applicable(message, expected=brief(expected), observed=brief(observed))
    return failed(message, expected=brief(expected), observed=brief(observed))


def _note(value: Any) -> str:
    kind = kind_of(value)
    return (
        ""
        if kind in {"string", "array", "object"}
        else f", which is of type {kind} and contains nothing"
    )


def _take_wanted(raw: Any, path: tuple[int, ...] = ()) -> Any:
    if isinstance(raw, str):
        take_text(raw, what="what is contained", path=path)
    elif raw == {}:
        raise BadParams(
            "what is contained must not be empty: that would hold for every object", path=path
        )
    return plain_of(raw)


def _judge_contains(wanted: Any, value: Any) -> Finding:
    if _has(value, wanted):
        return passed(f"value contains {shown(wanted)}")
    return _lacking(
        f"value must contain {shown(wanted)}, got {shown(value)}{_note(value)}",
        applies=_can_hold(value, wanted),
        expected=wanted,
        observed=value,
    )


def _prepare_folded(raw: Any) -> _Folded:
    text = take_text(raw, what="icontains")
    return _Folded(text, text.casefold())


def _judge_icontains(wanted: _Folded, value: Any) -> Finding:
    if _has_folded(value, wanted):
        return passed(f"value contains {wanted.text!r:.100} (any case)")
    return _lacking(
        f"value must contain {shown(wanted.text)} (any case), got {shown(value)}{_note(value)}",
        applies=_can_hold(value, wanted.text),
        expected=wanted.text,
        observed=value,
    )


def _prepare_list(what: str) -> Callable[[Any], list[Any]]:
    def prepare(raw: Any) -> list[Any]:
        items = take_list(raw, what=what)
        return [_take_wanted(item, (index,)) for index, item in enumerate(items)]

    return prepare


def _judge_any(wanted: list[Any], value: Any) -> Finding:
    for item in wanted:
        if _has(value, item):
            return passed(f"value contains {shown(item)}")
    return _lacking(
        f"value must contain one of {shown_list(wanted)}, got {shown(value)}{_note(value)}",
        applies=all(_can_hold(value, item) for item in wanted),
        expected=wanted,
        observed=value,
    )


def _judge_all(wanted: list[Any], value: Any) -> Finding:
    absent = [item for item in wanted if not _has(value, item)]
    if not absent:
        return passed(f"value contains all of {shown_list(wanted)}")
    return _lacking(
        f"value must contain all of {shown_list(wanted)}, but {shown_list(absent)} "
        f"{'is' if len(absent) == 1 else 'are'} not in {shown(value)}{_note(value)}",
        applies=any(_can_hold(value, item) for item in absent),
        expected=wanted,
        observed=value,
    )


CONTAINS = ValueExpectation(
    form={
        "description": "a part of a text, a member of an array, a key of an object, or some of its items"
    },
    prepare=_take_wanted,
    decide=_judge_contains,
)
ICONTAINS = ValueExpectation(
    form={
        "type": "string",
        "minLength": 1,
        "description": "as `contains`, upper and lower case being one",
    },
    prepare=_prepare_folded,
    decide=_judge_icontains,
)
CONTAINS_ANY = ValueExpectation(
    form={"type": "array", "minItems": 1, "description": "at least one of these is contained"},
    prepare=_prepare_list("contains_any"),
    decide=_judge_any,
)
CONTAINS_ALL = ValueExpectation(
    form={"type": "array", "minItems": 1, "description": "every one of these is contained"},
    prepare=_prepare_list("contains_all"),
    decide=_judge_all,
)
