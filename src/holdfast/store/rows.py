"""How does a result become rows, and rows a result?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from holdfast.model.codec import decode, encode, to_plain
from holdfast.model.evidence import CaseError
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt, Result
from holdfast.store.session import Row

__all__ = [
    "attempt_of",
    "clean",
    "encode_safely",
    "error_columns",
    "finding_of",
    "finding_rows",
    "result_columns",
    "result_of",
]


class _More(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a finding says besides its status and message."""

    expected: Any = None
    observed: Any = None
    score: float | None = None
    assessed_in: str = ""


def clean(text: str) -> str:
    r"""Return text that every database keeps: NUL and lone surrogates are escaped.

    >>> clean("a\0b")
    'a\\x00b'
    """
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def finding_rows(case_id: int, n: int, findings: Sequence[Finding]) -> Iterator[Row]:
    """Yield the rows of an attempt's findings: case, n, i, status, expectation, message, more."""
    for i, finding in enumerate(findings):
        more = None
        if (
            finding.expected is not None
            or finding.observed is not None
            or finding.score is not None
            or finding.assessed_in
        ):
            more = _encode_more(finding)
        message = finding.message
        yield (
            case_id,
            n,
            i,
            finding.status,
            clean(finding.expectation),
            message and clean(message),
            more,
        )


def finding_of(status: Any, expectation: str, message: str, more: bytes | None) -> Finding:
    """Build a finding from its columns."""
    if more is None:
        return Finding(expectation=expectation, status=status, message=message)
    rest = decode(more, _More)
    return Finding(
        expectation=expectation,
        status=status,
        message=message,
        expected=rest.expected,
        observed=rest.observed,
        score=rest.score,
        assessed_in=rest.assessed_in,
    )


def error_columns(error: CaseError | None) -> tuple[str | None, bytes | None]:
    """Return the kind and the whole error as msgpack."""
    if error is None:
        return None, None
    return error.kind, encode_safely(error, _plain_error)


def attempt_of(row: Sequence[Any], findings: tuple[Finding, ...]) -> Attempt:
    """Build an attempt from n, status, started_s, duration_s, worker, counts, error."""
    n, status, started_s, duration_s, worker, counts, error = row
    return Attempt(
        n=n,
        status=status,
        started_s=started_s,
        duration_s=duration_s,
        worker=worker,
        error=None if error is None else decode(error, CaseError),
        findings=findings,
        counts=bool(counts),
    )


def result_columns(result: Result) -> Row:
    """Return status, reason, skip_kind, flaky, started_s, duration_s, cached_from, measurements."""
    measurements = encode(result.measurements) if result.measurements else None
    return (
        result.status,
        clean(result.reason),
        result.skip_kind,
        int(result.is_flaky),
        result.started_s,
        result.duration_s,
        result.cached_from,
        measurements,
    )


def result_of(
    suite: str, case: str, columns: Sequence[Any], attempts: tuple[Attempt, ...]
) -> Result:
    """Build a result from what `result_columns` returned."""
    status, reason, skip_kind, flaky, started_s, duration_s, cached_from, measurements = columns
    return Result(
        suite=suite,
        id=case,
        status=status,
        reason=reason,
        skip_kind=skip_kind,
        is_flaky=bool(flaky),
        started_s=started_s,
        duration_s=duration_s,
        attempts=attempts,
        measurements={} if measurements is None else decode(measurements, dict[str, float]),
        cached_from=cached_from,
    )


def _encode_more(finding: Finding) -> bytes:
    more = _More(
        expected=finding.expected,
        observed=finding.observed,
        score=finding.score,
        assessed_in=finding.assessed_in,
    )
    return encode_safely(more, _plain_more)


def encode_safely(value: Any, repair: Callable[[Any], Any]) -> bytes:
    """Encode a value, repaired where it must be: what user code put there must not be lost."""
    try:
        return encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return encode(repair(value))


def _plain_more(more: _More) -> _More:
    return msgspec.structs.replace(
        more,
        expected=to_plain(more.expected).plain,
        observed=to_plain(more.observed).plain,
        assessed_in=clean(more.assessed_in),
    )


def _plain_error(error: CaseError) -> CaseError:
    return msgspec.structs.replace(
        error,
        type=clean(error.type),
        message=clean(error.message),
        traceback=clean(error.traceback),
        tags=tuple(map(clean, error.tags)),
    )
