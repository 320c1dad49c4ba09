"""Which laws does the judge keep, whatever the values?"""

from __future__ import annotations

import copy
import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.judge.combine import parse_expect
from holdfast.judge.show import brief, shown
from holdfast.judge.value import same
from holdfast.model.codec import is_opaque, to_plain
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, combine
from holdfast.text.diff import diff_values, equal_values
from tests.unit.judge.judging import JUDGE

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
).map(lambda value: to_plain(value).plain)
STATUSES = st.sampled_from(["passed", "failed", "undecided", "error"])
FINDINGS = st.lists(STATUSES.map(lambda status: Finding(status=status)), max_size=6)
# Expectations whose status on the value 1 is known.
PARTS: dict[str, Any] = {
    "passed": {"equals": 1},
    "failed": {"equals": 2},
    "undecided": {"duration": "< 1s"},
}
DECIDED = st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=5)
TRUTH = {"failed": 0.0, "undecided": 0.5, "passed": 1.0}
RAWS = st.sampled_from(
    [
        {"equals": [1]},
        {"contains": "a"},
        {"length": "<= 2"},
        {"type": "array"},
        "not_empty",
        "is_json",
        {"json_path": "$.a"},
        {"json_path": {"path": "$[*]", "length": 1}},
        {"field_present": "a.0"},
        {"json_schema": {"type": "object"}},
        {"regex": "a+"},
        {"between": [0, 1]},
        {"close_to": {"value": 1, "percent": 5}},
        {"not": {"icontains": "A"}},
        {"any_of": [{"starts_with": "a"}, {"one_of": [0, None]}]},
    ]
)


def status(raw: Any, value: Any) -> str:
    return JUDGE([parse_expect(raw)], Evidence(value=value))[0].status


@given(FINDINGS, st.randoms(use_true_random=False))
def test_combine_is_commutative(findings: list[Finding], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert combine(tuple(findings)) == combine(tuple(shuffled))


@given(FINDINGS)
def test_combine_is_idempotent(findings: list[Finding]) -> None:
    assert combine(tuple(findings)) == combine(tuple(findings * 2))


@given(FINDINGS, FINDINGS)
def test_more_findings_never_make_it_better(some: list[Finding], more: list[Finding]) -> None:
    order = ["passed", "undecided", "failed", "error"]
    if some:
        assert order.index(combine(tuple(some + more))) >= order.index(combine(tuple(some)))


@given(RAWS, JSON)
def test_not_not_is_the_same_where_the_value_can_be_asked(raw: Any, value: Any) -> None:
    asked, denied = status(raw, value), status({"not": raw}, value)
    # A value of the wrong kind fails when asked, and cannot be denied anything.
    expected = "undecided" if denied == "undecided" else asked
    assert status({"not": {"not": raw}}, value) == expected


@given(RAWS, JSON)
def test_an_expectation_and_its_denial_never_both_hold(raw: Any, value: Any) -> None:
    both = {status(raw, value), status({"not": raw}, value)}
    assert both in ({"passed", "failed"}, {"failed", "undecided"}, {"undecided"})


@given(DECIDED)
def test_all_of_is_the_least_and_any_of_the_most(names: list[str]) -> None:
    parts = [PARTS[name] for name in names]
    truths = [TRUTH[name] for name in names]
    assert TRUTH[status({"all_of": parts}, 1)] == min(truths)
    assert TRUTH[status({"any_of": parts}, 1)] == max(truths)


@given(DECIDED)
def test_de_morgan_holds(names: list[str]) -> None:
    parts = [PARTS[name] for name in names]
    negated = [{"not": part} for part in parts]
    assert status({"not": {"all_of": parts}}, 1) == status({"any_of": negated}, 1)


@given(JSON)
def test_equals_is_reflexive(value: Any) -> None:
    assert status({"equals": value}, copy.deepcopy(value)) == "passed"


@given(JSON, JSON)
def test_equals_is_symmetric(left: Any, right: Any) -> None:
    assert same(left, right) == same(right, left)
    assert same(left, right) == equal_values(left, right)


@given(JSON, JSON)
def test_a_difference_is_found_exactly_where_values_differ(left: Any, right: Any) -> None:
    assert (diff_values(left, right) == "") == same(left, right)


@given(RAWS, JSON)
def test_judging_is_deterministic_and_leaves_the_evidence_alone(raw: Any, value: Any) -> None:
    before = copy.deepcopy(value)
    evidence = Evidence(value=value)
    expects = [parse_expect(raw)]
    assert JUDGE(expects, evidence) == JUDGE(expects, evidence)
    assert value == before


@given(RAWS, JSON)
def test_plain_data_never_crashes_a_judge(raw: Any, value: Any) -> None:
    (finding,) = JUDGE([parse_expect(raw)], Evidence(value=value))
    assert "crashed" not in finding.message
    assert finding.message


@given(JSON)
def test_what_is_shown_stays_readable(value: Any) -> None:
    assert len(shown(value)) < 200
    assert not is_opaque(brief(value))


def test_error_outranks_every_other_status() -> None:
    for pair in itertools.product(["passed", "failed", "undecided", "error"], repeat=2):
        findings = tuple(Finding(status=each) for each in pair)  # type: ignore[arg-type]
        assert (combine(findings) == "error") == ("error" in pair)
