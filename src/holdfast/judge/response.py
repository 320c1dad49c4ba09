"""What did the service answer besides its body? `status`, `header`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec

from holdfast.judge.component import FactExpectation, no_value, take_fields
from holdfast.judge.param import compile_pattern, parse_bound, take_flag, take_list, take_text
from holdfast.judge.show import brief
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams
from holdfast.text.suggest import did_you_mean

__all__ = ["HEADER", "STATUS"]

STATUS_HINT = "for example 201, [200, 201], '2xx' or '< 400'"


class _Status(msgspec.Struct, frozen=True, kw_only=True):
    checks: tuple[Callable[[int], bool], ...]
    text: str


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    present: bool = True
    checks: tuple[tuple[str, Callable[[str], bool]], ...] = ()


def _prepare_status(raw: Any) -> _Status:
    if isinstance(raw, list):
        items = take_list(cast("Any", raw), what="status")
        checks = tuple(_status_check(item, (index,)) for index, item in enumerate(items))
        return _Status(checks=checks, text=f"one of {', '.join(map(str, items))}")
    return _Status(checks=(_status_check(raw, ()),), text=str(raw))


def _status_check(raw: Any, path: tuple[int, ...]) -> Callable[[int], bool]:
    if isinstance(raw, int) and not isinstance(raw, bool) and 100 <= raw <= 599:
        return raw.__eq__
    if isinstance(raw, str):
        text = raw.strip().lower()
        if len(text) == 3 and text[1:] == "xx" and text[0] in "12345":
            low = int(text[0]) * 100
            return lambda status: low <= status < low + 100
        if text.isdigit() and 100 <= int(text) <= 599:
            return int(text).__eq__
        if text[:1] in {"<", ">", "="}:
            return parse_bound(raw, what="status", unit="number", hint=STATUS_HINT).holds
    message = f"status must be a number from 100 to 599, a class or a limit, got {raw!r}"
    raise BadParams(message, path=path, hint=STATUS_HINT)


def _judge_status(params: _Status, evidence: Evidence) -> Finding:
    status = evidence.facts.get("status")
    if status is None:
        return undecided(
            no_value(evidence) or "no status: the target left none", expected=params.text
        )
    if any(check(status) for check in params.checks):
        return passed(f"status was {status}", expected=params.text, observed=status)
    message = f"status was {status}, expected {params.text}{_body_note(evidence)}"
    return failed(message, expected=params.text, observed=status)


def _body_note(evidence: Evidence) -> str:
    """Show the start of the answer: it mostly says what was wrong."""
    if not evidence.value:
        return ""
    body = (
        evidence.value
        if isinstance(evidence.value, str)
        else msgspec.json.encode(evidence.value).decode()
    )
    return f"; the answer was {body[:200]}{'...' if len(body) > 200 else ''}"


def _prepare_header(raw: Any) -> _Header:
    if isinstance(raw, str):
        return _Header(name=take_text(raw, what="the name of a header"))
    known = ("name", "equals", "contains", "regex", "present")
    fields = take_fields(raw, known, what="header")
    if "name" not in fields:
        raise BadParams(
            "header must have a name, got none", hint="for example {name: content-type}"
        )
    name = take_text(fields["name"], what="the name of a header", path=("name",))
    present = take_flag(fields.get("present", True), what="present", path=("present",))
    checks = tuple(
        _header_check(key, fields[key]) for key in ("equals", "contains", "regex") if key in fields
    )
    if checks and not present:
        raise BadParams(
            "header must not ask for a value of a header that is absent", path=("present",)
        )
    return _Header(name=name, present=present, checks=checks)


def _header_check(key: str, raw: Any) -> tuple[str, Callable[[str], bool]]:
    if key == "regex":
        pattern = compile_pattern(raw, path=(key,))
        return f"match /{raw}/", lambda text: pattern.search(text) is not None
    if key == "equals" and isinstance(raw, int | float) and not isinstance(raw, bool):
        raw = str(raw)
    wanted = take_text(raw, what=f"{key} of a header", path=(key,), allow_empty=key == "equals")
    if key == "equals":
        return f"equal {wanted!r}", wanted.__eq__
    return f"contain {wanted!r}", lambda text: wanted in text


def _judge_header(params: _Header, evidence: Evidence) -> Finding:
    headers = evidence.facts.get("headers")
    if headers is None:
        return undecided(no_value(evidence) or "no headers: the target left none")
    values = _values(headers, params.name)
    if not params.present:
        if not values:
            return passed(f"header {params.name!r} is absent")
        return failed(
            f"header {params.name!r} must be absent, got {values[0]!r}", observed=brief(values)
        )
    if not values:
        names = sorted({name.lower() for name, _ in _pairs(headers)})
        offer = did_you_mean(params.name.lower(), names)
        return failed(f"header {params.name!r} must be present{offer}", observed=brief(names))
    for text, holds in params.checks:
        if not any(map(holds, values)):
            message = f"header {params.name!r} must {text}, got {', '.join(map(repr, values))}"
            return failed(message, expected=text, observed=brief(values))
    return passed(f"header {params.name!r} was {values[0]!r:.200}")


def _pairs(headers: Any) -> list[tuple[str, Any]]:
    """Return (name, value) of headers kept as an object or as a list of pairs."""
    if isinstance(headers, dict):
        return [(str(key), value) for key, value in cast("dict[Any, Any]", headers).items()]
    return [(str(pair[0]), pair[1]) for pair in headers]


def _values(headers: Any, name: str) -> list[str]:
    """Return every value of a header; names are compared without case (RFC 9110, 5.1)."""
    found: list[str] = []
    for key, value in _pairs(headers):
        if key.lower() == name.lower():
            found.extend(
                map(str, cast("list[Any]", value)) if isinstance(value, list) else [str(value)]
            )
    return found


_STATUS_FORM: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "description": "a class such as '2xx' or a limit such as '< 400'"},
    ]
}
STATUS = FactExpectation(
    form={
        "anyOf": [*_STATUS_FORM["anyOf"], {"type": "array", "minItems": 1, "items": _STATUS_FORM}],
        "description": "the status of the HTTP answer",
    },
    prepare=_prepare_status,
    decide=_judge_status,
    requires=frozenset({"status"}),
)
HEADER = FactExpectation(
    form={
        "anyOf": [
            {"type": "string", "description": "the name of a header that must be present"},
            {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "equals": {"type": ["string", "number"]},
                    "contains": {"type": "string"},
                    "regex": {"type": "string", "format": "regex"},
                    "present": {"type": "boolean"},
                },
            },
        ],
        "description": "a header of the HTTP answer",
    },
    prepare=_prepare_header,
    decide=_judge_header,
    requires=frozenset({"headers"}),
)
