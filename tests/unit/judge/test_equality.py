from __future__ import annotations

import pytest

from tests.unit.judge.judging import Opaque, judge, problem, status


def test_equals_passes_on_the_same_json_value() -> None:
    finding = judge({"equals": {"a": [1, 2.0]}}, {"a": [1.0, 2]})
    assert (finding.status, finding.message) == ("passed", 'value is {"a":[1.0,2]}')


def test_a_different_value_is_shown_with_its_first_difference() -> None:
    finding = judge({"equals": {"a": [1, 2]}}, {"a": [1, 3]})
    assert finding.status == "failed"
    assert (
        finding.message
        == 'value must equal {"a":[1,2]}, got {"a":[1,3]}\n$.a[1]: expected 2, got 3'
    )
    assert (finding.expected, finding.observed) == ({"a": [1, 2]}, {"a": [1, 3]})


def test_another_type_is_named() -> None:
    assert judge({"equals": 1}, "1").message == (
        "value must equal 1, got '1' (of type string, expected integer)"
    )
    assert status({"equals": 1}, True) == "failed"


def test_a_large_difference_is_cut_to_a_readable_size() -> None:
    finding = judge({"equals": ["a" * 5000]}, ["b" * 5000])
    assert len(finding.observed) <= 2000
    assert len(finding.message) <= 2300


@pytest.mark.parametrize("value", [Opaque(), [1, Opaque()], {"a": {"b": Opaque()}}])
def test_content_that_was_not_kept_is_undecided(value: object) -> None:
    finding = judge({"equals": 1}, value)
    assert finding.status == "undecided"
    assert finding.message == "value not kept: opaque tests.unit.judge.judging.Opaque"
    assert status({"not": {"equals": 1}}, value) == "undecided"


def test_nan_equals_nan_alone() -> None:
    assert status({"equals": float("nan")}, float("nan")) == "passed"
    assert status({"equals": float("nan")}, 1.0) == "failed"


def test_one_of_passes_on_any_of_its_values() -> None:
    assert status({"one_of": [1, "a", None]}, None) == "passed"
    assert judge({"one_of": [1, "a"]}, True).message == "value must be one of [1, 'a'], got true"


@pytest.mark.parametrize("raw", [3, [], "a", None, {"a": 1}])
def test_one_of_refuses_what_is_no_list_of_values(raw: object) -> None:
    assert "one_of must be a list of at least one item" in problem({"one_of": raw}).message
