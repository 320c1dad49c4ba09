"""What does the answer of a user's validator mean? True, False, a Finding or AssertionError; nothing else."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from holdfast.model.codec import to_plain
from holdfast.model.evidence import Assessment
from holdfast.model.finding import Finding

__all__ = ["answer_of"]

Answer = Literal["passed", "failed", "undecided"]

# What a reader can use of a message or a value; also keeps an endless repr out of the store.
MAX_TEXT = 2_000
MAX_VALUE_BYTES = 8_000
ALLOWED = "True, False, a holdfast.Finding or an AssertionError"


def answer_of(
    returned: Any, exception: BaseException | None = None, *, key: str = "", duration_s: float = 0.0
) -> Assessment:
    """Tell what a user's validator answered, by what it returned or raised; never raises.

    Only True and a Finding that says so are `passed`. Only False, an AssertionError
    and a Finding that says so are `failed`. Another exception, a Finding with status
    `error` and any other answer (a string, None, a number) are `undecided` and named.

    >>> answer_of("an error text").answer
    'undecided'
    """
    if exception is not None:
        return _of_exception(exception, key=key, duration_s=duration_s)
    if returned is True or returned is False:
        answer: Answer = "passed" if returned else "failed"
        message = "" if returned else "the validator answered False"
        return Assessment(key=key, answer=answer, message=message, duration_s=duration_s)
    if isinstance(returned, Finding):
        return _of_finding(returned, key=key, duration_s=duration_s)
    message = f"the validator must answer {ALLOWED}, got {_shown(returned)}"
    return Assessment(key=key, answer="undecided", message=message, duration_s=duration_s)


def _of_exception(error: BaseException, *, key: str, duration_s: float) -> Assessment:
    text = _text(error)
    if isinstance(error, AssertionError):
        message = text or "an assertion without a message did not hold"
        return Assessment(key=key, answer="failed", message=_cut(message), duration_s=duration_s)
    name = type(error).__name__
    message = f"the validator raised {name}: {text}" if text else f"the validator raised {name}"
    return Assessment(key=key, answer="undecided", message=_cut(message), duration_s=duration_s)


def _of_finding(finding: Finding, *, key: str, duration_s: float) -> Assessment:
    message, score = finding.message, finding.score
    is_sound = isinstance(message, str) and (score is None or type(score) in {int, float})  # pyright: ignore[reportUnnecessaryIsInstance] - users build it, unchecked
    if finding.status not in {"passed", "failed", "undecided", "error"} or not is_sound:
        text = f"the validator must answer {ALLOWED}, got {_shown(finding)}"
        return Assessment(key=key, answer="undecided", message=text, duration_s=duration_s)
    answer: Answer = "undecided" if finding.status == "error" else finding.status
    return Assessment(
        key=key,
        answer=answer,
        message=_cut(message),
        expected=_plain(finding.expected),
        observed=_plain(finding.observed),
        score=None if score is None else float(score),
        duration_s=duration_s,
    )


def _plain(value: Any) -> Any:
    return to_plain(value, max_bytes=MAX_VALUE_BYTES).plain


def _shown(value: Any) -> str:
    """Show an answer without trusting its repr."""
    plain = _plain(value)
    if type(value) in {str, int, float, type(None)} and plain == value:
        text = repr(value)
    elif isinstance(value, msgspec.Struct):
        text = f"a {type(value).__name__} whose fields are not as they must be"
    else:
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}..."


def _text(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception as broken:  # noqa: BLE001 - a str that raises is a fact about the exception
        return f"(its text raised {type(broken).__name__})"


def _cut(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[: MAX_TEXT - 60]}... (cut; {len(text):,} characters in all)"
