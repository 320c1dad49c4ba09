"""Are measurements held to their limits, and is what was not measured undecided?"""

from __future__ import annotations

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.judge.combine import compile_expect, judge_one
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding
from holdfast.ports import BadParams
from holdfast.registry import Registry

REGISTRY = Registry(COMPONENTS, entry_points=False)
MEASURED = {"timer.parse.max": 1.5, "timer.parse.mean": 0.2, "timer.parse.count": 7.0}


def judged(expect: dict[str, str], measurements: dict[str, float] = MEASURED) -> Finding:
    return judge_one(compile_expect(REGISTRY, expect), Evidence(measurements=measurements))


@pytest.mark.parametrize(
    ("name", "limit", "status"),
    [
        ("timer.parse", "< 2s", "passed"),
        ("timer.parse", "< 1s", "failed"),
        ("timer.parse.mean", "< 300ms", "passed"),
        ("timer.parse.count", "< 5", "failed"),
        ("timer.prase", "< 2s", "undecided"),
    ],
)
def test_a_limit_is_held_against_its_figure(name: str, limit: str, status: str) -> None:
    assert judged({name: limit}).status == status


def test_the_finding_is_a_sentence_with_its_evidence() -> None:
    finding = judged({"timer.parse": "< 1s"})
    assert finding.message == "timer.parse.max was 1.5 s (limit < 1s)"
    assert finding.observed == 1.5


def test_what_was_not_measured_offers_the_nearest_name() -> None:
    finding = judged({"timer.prase": "< 1s"})
    assert "no timer of that name ran; did you mean 'timer.parse.max'?" in finding.message


@pytest.mark.parametrize(("name", "limit"), [("timer.a", "< 5 KB"), ("timer.a.count", "< 5s")])
def test_a_limit_of_another_unit_is_refused(name: str, limit: str) -> None:
    with pytest.raises(BadParams, match="must have"):
        judged({name: limit})


def test_a_family_needs_a_name() -> None:
    with pytest.raises(BadParams, match=r"timer must be followed by a name"):
        judged({"timer.": "< 5s"})
