"""How does a result become rows, and rows a result?"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from holdfast.model.codec import decode, encode, encode_json, to_plain
from holdfast.model.evidence import CaseError
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt, Result
from holdfast.store.session import Row

__all__ = [
    "attempt_of",
    "clean",
    "encode_safely",
    "error_columns",
    "findings_column",
    "findings_of",
    "result_columns",
    "result_of",
]

_decode_findings = msgspec.json.Decoder(tuple[Finding, ...]).decode
# What passes says the same again and again: so many columns are decoded once, each up to so long.
_read_findings = functools.lru_cache(maxsize=1_024)(_decode_findings)
_SHORT = 500


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


def findings_column(findings: tuple[Finding, ...]) -> str | None:
    """Return the findings of an attempt as JSON."""
    if not findings:
        return None
    return encode_safely(findings, _plain_findings, encode_json).decode()


def findings_of(column: str | None) -> tuple[Finding, ...]:
    """Return the findings that a column holds."""
    if column is None:
        return ()
    return _read_findings(column) if len(column) <= _SHORT else _decode_findings(column)


def error_columns(error: CaseError | None) -> tuple[str | None, bytes | None]:
    """Return the kind and the whole error as msgpack."""
    if error is None:
        return None, None
    return error.kind, encode_safely(error, _plain_error)


def attempt_of(row: Sequence[Any]) -> Attempt:
    """Build an attempt from n, status, started_s, duration_s, worker, counts, error, findings."""
    n, status, started_s, duration_s, worker, counts, error, findings = row
    return Attempt(
        n=n,
        status=status,
        started_s=started_s,
        duration_s=duration_s,
        worker=worker,
        error=None if error is None else decode(error, CaseError),
        findings=findings_of(findings),
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


def encode_safely(
    value: Any, repair: Callable[[Any], Any], write: Callable[[Any], bytes] = encode
) -> bytes:
    """Encode a value, repaired where it must be: what user code put there must not be lost."""
    try:
        return write(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return write(repair(value))


def _plain_findings(findings: tuple[Finding, ...]) -> list[Finding]:
    return [
        msgspec.structs.replace(
            finding,
            expectation=clean(finding.expectation),
            message=clean(finding.message),
            expected=to_plain(finding.expected).plain,
            observed=to_plain(finding.observed).plain,
            assessed_in=clean(finding.assessed_in),
        )
        for finding in findings
    ]


def _plain_error(error: CaseError) -> CaseError:
    return msgspec.structs.replace(
        error,
        type=clean(error.type),
        message=clean(error.message),
        traceback=clean(error.traceback),
        tags=tuple(map(clean, error.tags)),
    )
