from __future__ import annotations

import pytest

from holdfast.model.evidence import CaseError
from holdfast.model.finding import Finding
from holdfast.store.rows import clean, encode_safely, error_columns, finding_of, finding_rows


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
def test_a_finding_survives_its_row(finding: Finding) -> None:
    ((case_id, n, i, *columns),) = finding_rows(5, 2, [finding])
    assert (case_id, n, i) == (5, 2, 0)
    assert finding_of(*columns) == finding


def test_a_finding_that_says_little_takes_no_blob() -> None:
    ((*_, more),) = finding_rows(1, 1, [Finding(status="passed", message="m")])
    assert more is None


def test_no_error_takes_no_blob() -> None:
    assert error_columns(None) == (None, None)
    assert error_columns(CaseError(kind="crash"))[0] == "crash"


def test_what_cannot_be_encoded_is_repaired_first() -> None:
    assert encode_safely(1, str) == b"\x01"
    assert encode_safely(2**70, lambda value: value > 0) == b"\xc3"
