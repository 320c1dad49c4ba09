"""What does the text look like? `starts_with`, `ends_with`, `regex`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from holdfast.judge.component import NotApplicable, ValueExpectation, not_applicable, take_fields
from holdfast.judge.param import FLAGS, compile_pattern, take_text
from holdfast.judge.show import brief, quoted, shown
from holdfast.judge.value import kind_of, text_of
from holdfast.model.finding import Finding, failed, passed
from holdfast.ports import BadParams

__all__ = ["ENDS_WITH", "REGEX", "STARTS_WITH"]


def _no_text(value: Any, expected: str) -> NotApplicable:
    message = f"value must be a text, got {shown(value)} of type {kind_of(value)}"
    return not_applicable(message, expected=brief(expected), observed=brief(value))


def _prepare_text(what: str) -> Callable[[Any], str]:
    def prepare(raw: Any) -> str:
        return take_text(raw, what=what)

    return prepare


def _judge_start(wanted: str, value: Any) -> Finding:
    text = text_of(value)
    if text is None:
        raise _no_text(value, wanted)
    if text.startswith(wanted):
        return passed(f"value starts with {quoted(wanted)}")
    message = f"value must start with {quoted(wanted)}, got {quoted(text)}"
    return failed(message, expected=brief(wanted), observed=brief(text))


def _judge_end(wanted: str, value: Any) -> Finding:
    text = text_of(value)
    if text is None:
        raise _no_text(value, wanted)
    if text.endswith(wanted):
        return passed(f"value ends with {quoted(wanted)}")
    end = text if len(text) <= 80 else f"...{text[-80:]}"
    message = f"value must end with {quoted(wanted)}, got {end!r}"
    return failed(message, expected=brief(wanted), observed=brief(text))


def _prepare_regex(raw: Any) -> re.Pattern[str]:
    if isinstance(raw, str):
        return compile_pattern(raw)
    fields = take_fields(raw, ("pattern", "flags"), what="regex")
    if "pattern" not in fields:
        raise BadParams(
            "regex must have a pattern, got none", hint="for example {pattern: '^a', flags: i}"
        )
    return compile_pattern(
        fields["pattern"], flags=fields.get("flags"), path=("pattern",), flags_path=("flags",)
    )


def _judge_regex(pattern: re.Pattern[str], value: Any) -> Finding:
    text = text_of(value)
    if text is None:
        raise _no_text(value, pattern.pattern)
    found = pattern.search(text)
    if found is not None:
        return passed(
            f"value matches /{pattern.pattern:.200}/ at {found.start():,}: {quoted(found[0])}"
        )
    message = f"value must match /{pattern.pattern:.200}/, got {quoted(text)}"
    return failed(message, expected=brief(pattern.pattern), observed=brief(text))


STARTS_WITH = ValueExpectation(
    form={"type": "string", "minLength": 1, "description": "the text starts so"},
    prepare=_prepare_text("starts_with"),
    decide=_judge_start,
)
ENDS_WITH = ValueExpectation(
    form={"type": "string", "minLength": 1, "description": "the text ends so"},
    prepare=_prepare_text("ends_with"),
    decide=_judge_end,
)
REGEX = ValueExpectation(
    form={
        "anyOf": [
            {"type": "string", "minLength": 1, "format": "regex"},
            {
                "type": "object",
                "required": ["pattern"],
                "additionalProperties": False,
                "properties": {
                    "pattern": {"type": "string", "minLength": 1, "format": "regex"},
                    "flags": {
                        "anyOf": [
                            {"enum": sorted(FLAGS)},
                            {"type": "array", "items": {"enum": sorted(FLAGS)}},
                        ]
                    },
                },
            },
        ],
        "description": "a regular expression (Python's) is found somewhere in the text",
    },
    prepare=_prepare_regex,
    decide=_judge_regex,
)
