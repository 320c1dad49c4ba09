from __future__ import annotations

import pytest

from holdfast.model.evidence import CaseError
from holdfast.model.finding import Finding
from holdfast.store.rows import clean, encode_safely, error_columns, findings_column, findings_of


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("plain", "plain"),
        ("é ü 中 😀", "é ü 中 😀"),
        ("a\0b", "a\\x00b"),
        ("\ud800é", "\\ud800é"),
        ("\\x00", "\\x00"),
    ],
)
def test_text_is_kept_but_for_what_databases_refuse(text: str, kept: str) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    "finding",
    [
        Finding(status="passed"),
        Finding(expectation="equals", status="failed", message="m"),
        Finding(status="failed", expected=0),
        Finding(status="failed", observed=False),
        Finding(status="passed", score=0.0),
        Finding(status="undecided", assessed_in="r1"),
        Finding(status="error", expected={"a": [1]}, observed="x", score=1.0, assessed_in="r"),
    ],
)
def test_findings_survive_their_column(finding: Finding) -> None:
    other = Finding(status="passed", expectation="completes")
    assert findings_of(findings_column((finding, other))) == (finding, other)


def test_an_attempt_without_findings_has_nothing_in_their_column() -> None:
    assert findings_column(()) is None
    assert findings_of(None) == ()


def test_a_finding_that_json_cannot_say_is_repaired() -> None:
    finding = Finding(status="failed", message="\ud800", expected={1, 2}, observed=2**70)
    (kept,) = findings_of(findings_column((finding,)))
    assert kept.message == "\\ud800"
    assert kept.expected == {"$type": "set", "value": [1, 2]}


def test_no_error_takes_no_blob() -> None:
    assert error_columns(None) == (None, None)
    assert error_columns(CaseError(kind="crash"))[0] == "crash"


def test_what_cannot_be_encoded_is_repaired_first() -> None:
    assert encode_safely(1, str) == b"\x01"
    assert encode_safely(2**70, lambda value: value > 0) == b"\xc3"
