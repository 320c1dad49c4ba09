"""How did the call end, and how long did it take? `completes`, `raises`, `duration`."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from holdfast.judge.component import FactExpectation, error_text, take_fields
from holdfast.judge.param import compile_pattern, parse_bound, take_text
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams
from holdfast.text.units import Limit, format_duration

__all__ = ["COMPLETES", "DURATION", "RAISES"]


# What a check that answers with its value forgot to assert must not pass unseen.
ALONE = "alone"


class _Raises(msgspec.Struct, frozen=True, kw_only=True):
    type: str = ""
    message: re.Pattern[str] | None = None
    text: str = ""


def _prepare_completes(raw: Any) -> bool:
    """Return whether nothing else judges the value."""
    if raw is not None and raw is not True and raw != ALONE:
        raise BadParams(
            f"completes must stand without parameters or with {ALONE!r}, got {raw!r}",
            hint="write `completes`",
        )
    return raw == ALONE


def _judge_completes(is_alone: bool, evidence: Evidence) -> Finding:  # noqa: FBT001 - the one parameter of `completes`
    error = evidence.error
    if error is None:
        if is_alone and evidence.value is False:
            return undecided(
                "the call returned False, and nothing judged it; "
                "assert it, or say what is expected: expect=[{'equals': False}]",
                observed=False,
            )
        return passed("the call ended without an error")
    return failed(f"the call must end without an error, got {error_text(error)}")


def _prepare_raises(raw: Any) -> _Raises:
    if isinstance(raw, str) or raw is None or raw is True:
        name = raw if isinstance(raw, str) else ""
        if isinstance(raw, str):
            take_text(raw, what="the type of `raises`")
        return _Raises(type=name, text=name or "an exception")
    fields = take_fields(raw, ("type", "message"), what="raises")
    if not fields:
        raise BadParams("raises must have a type or a message, got {}")
    name = take_text(fields["type"], what="type", path=("type",)) if "type" in fields else ""
    pattern = compile_pattern(fields["message"], path=("message",)) if "message" in fields else None
    text = name or "an exception"
    if pattern is not None:
        text += f" with a message matching /{pattern.pattern}/"
    return _Raises(type=name, message=pattern, text=text)


def _judge_raises(params: _Raises, evidence: Evidence) -> Finding:
    error = evidence.error
    if error is None:
        return failed(f"the call must raise {params.text}, but it ended without an error")
    if error.kind != "exception":
        # A timeout or a crash is nothing that the code raised.
        return Finding(status="error", message=f"{error.kind}: {error_text(error)}")
    observed = error_text(error)
    if params.type and not _is_named(params.type, error):
        message = f"the call must raise {params.text}, got {observed}"
        return failed(message, expected=params.type, observed=observed)
    if params.message is not None and params.message.search(error.message) is None:
        message = f"the call must raise {params.text}, got {observed}"
        return failed(message, expected=params.message.pattern, observed=observed)
    return passed(f"the call raised {observed}", observed=observed)


def _is_named(name: str, error: CaseError) -> bool:
    """Compare names: `KeyError` and `builtins.KeyError` are one, `ConfigError` also is `app.ConfigError`."""
    observed = error.type.removeprefix("builtins.")
    name = name.removeprefix("builtins.")
    return name == observed or observed.endswith(f".{name}")


def _prepare_duration(raw: Any) -> Limit:
    limit = parse_bound(raw, what="duration", unit="duration", hint="for example '< 2s'")
    if limit.value < 0 or (limit.value == 0 and limit.op == "<"):
        raise BadParams(
            f"duration must be a limit that can be kept, got {raw!r}", hint="for example '< 2s'"
        )
    return limit


def _judge_duration(limit: Limit, evidence: Evidence) -> Finding:
    if evidence.call_s is None:
        return undecided("the duration of the call was not measured", expected=limit.text)
    took = format_duration(evidence.call_s)
    if limit.holds(evidence.call_s):
        return passed(
            f"the call took {took} (limit {limit.text})",
            expected=limit.text,
            observed=evidence.call_s,
        )
    return failed(
        f"the call took {took} (limit {limit.text})", expected=limit.text, observed=evidence.call_s
    )


COMPLETES = FactExpectation(
    form={
        "enum": [None, True, ALONE],
        "description": "the call ends without an error; nothing else is asked. "
        "With `alone`, an answer of False is undecided",
    },
    prepare=_prepare_completes,
    decide=_judge_completes,
    requires=frozenset(),
)
RAISES = FactExpectation(
    form={
        "anyOf": [
            {"type": "string", "description": "the name of the exception's type"},
            {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "properties": {
                    "type": {"type": "string"},
                    "message": {"type": "string", "format": "regex"},
                },
            },
            {"enum": [None, True], "description": "any exception"},
        ],
        "description": "the call raises this exception",
    },
    prepare=_prepare_raises,
    decide=_judge_raises,
    requires=frozenset({"error"}),
)
DURATION = FactExpectation(
    form={"type": "string", "description": "a limit on the target call alone, such as '< 2s'"},
    prepare=_prepare_duration,
    decide=_judge_duration,
    requires=frozenset({"duration"}),
)
