from __future__ import annotations

import datetime
from typing import Any

import pytest

from holdfast.model.codec import to_plain
from tests.unit.judge.judging import Opaque, judge, problem, status


@pytest.mark.parametrize("raw", ["snapshot", {"snapshot": "totals"}, {"snapshot": {"file": "a"}}])
def test_a_snapshot_that_does_not_exist_is_undecided_with_its_cure(raw: Any) -> None:
    finding = judge(raw, 3)
    assert finding.status == "undecided"
    assert finding.message.endswith("does not exist; write it with `holdfast run --update`")


def test_a_stored_null_is_a_snapshot() -> None:
    assert status({"snapshot": {"file": "a", "stored": None, "exists": True}}, None) == "passed"


def test_a_snapshot_keeps_what_json_cannot_say() -> None:
    value = [datetime.date(2026, 1, 2), {1, 2}]
    stored = to_plain(value).plain
    assert status({"snapshot": {"file": "a", "stored": stored, "exists": True}}, value) == "passed"


def test_a_difference_is_shown() -> None:
    finding = judge({"snapshot": {"file": "a.json", "stored": {"n": 1}, "exists": True}}, {"n": 2})
    assert finding.message == 'value differs from snapshot a.json: {"n":2}\n$.n: expected 1, got 2'
    assert (finding.expected, finding.observed) == ({"n": 1}, {"n": 2})


def test_content_that_was_not_kept_is_undecided() -> None:
    raw = {"snapshot": {"file": "a", "stored": to_plain(Opaque()).plain, "exists": True}}
    assert status(raw, Opaque()) == "undecided"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (3, ()),
        ("", ()),
        ({"exists": 1}, ("exists",)),
        ({"name": "a"}, ("name",)),
        ({"file": 1}, ("file",)),
    ],
)
def test_bad_parameters_are_refused(raw: Any, path: tuple[str, ...]) -> None:
    assert problem({"snapshot": raw}).path == ("snapshot", *path)
