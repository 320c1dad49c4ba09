"""Does not_slower say what the pairs prove, by the author's limits?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.judge.slower import NOT_SLOWER
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding
from holdfast.ports import BadParams


def compared(ratio: float, launches: int = 3) -> dict[str, Any]:
    pair = {"base_first": True, "base_wall_s": 0.01, "base_cpu_s": 0.01}
    pairs = [{**pair, "new_wall_s": 0.01 * ratio, "new_cpu_s": 0.01 * ratio}] * 8
    rules = {"slower": 0.05, "floor": 0.025, "alpha": 0.01, "unit": "auto"}
    return {"status": "fine", "rules": rules, "launches": [{"pairs": pairs, "calls": 1}] * launches}


def judge(raw: Any, comparison: dict[str, Any] | None) -> Finding:
    facts = {} if comparison is None else {"comparison": comparison}
    params = NOT_SLOWER.compile(raw, _never)
    return NOT_SLOWER.judge(params, Evidence(has_value=False, facts=facts), _never)


def _never(*_: Any) -> Any:
    raise AssertionError


def test_a_proven_slow_down_fails_with_its_numbers() -> None:
    found = judge({"than": "main", "by": "5%"}, compared(1.5))
    assert found.status == "failed"
    assert found.message.startswith("took 1.500 times as long as main, at least 1.4")
    assert found.message.endswith(
        "(more than 2.5 % is slower) over 24 pairs in 3 launches (CPU time)"
    )
    assert found.expected == {"by": 0.05, "floor": 0.025}
    assert found.observed["pairs"] == 24


def test_a_version_that_is_proven_fine_passes_and_tells_what_is_left_open() -> None:
    found = judge("main", compared(1.0))
    assert found.status == "passed"
    assert "at most 1.01" in found.message
    assert "(limit 5 %)" in found.message


def test_what_proves_nothing_is_undecided_with_the_reason() -> None:
    found = judge({"than": "main"}, compared(1.04, launches=1))
    assert found.status == "undecided"
    assert found.message.startswith("one launch cannot tell code from the luck of its processes; ")


def test_the_author_decides_what_is_slower() -> None:
    comparison = compared(1.08, launches=12)
    assert judge({"than": "main", "by": "5%"}, comparison).status == "failed"
    assert judge({"than": "main", "by": "30%"}, comparison).status == "passed"
    assert judge(None, comparison).status == "failed"
    assert judge({"by": "30%"}, comparison).status == "passed"


def test_without_a_comparison_nothing_is_decided() -> None:
    assert judge("main", None).status == "undecided"


def test_the_other_version_is_named() -> None:
    named = judge({"than": {"revision": "main", "python": "py"}}, compared(1.5)).message
    assert "as long as python py, revision main, at least" in named
    assert "as long as the other version, at least" in judge(None, compared(1.5)).message


def test_it_wants_its_driver() -> None:
    params = NOT_SLOWER.compile({"than": "main"}, _never)
    assert list(NOT_SLOWER.needs(params)) == [
        Surround(kind="driver", name="paired", params={"than": "main"})
    ]


@pytest.mark.parametrize("raw", [3, [], {"than": "main", "by": "1%", "floor": "2%"}])
def test_parameters_that_mean_nothing_are_refused(raw: Any) -> None:
    with pytest.raises(BadParams):
        NOT_SLOWER.compile(raw, _never)
