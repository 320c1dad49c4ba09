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


LAG = {"loop_lag.max": 0.3, "loop_lag.p99": 0.2, "loop_lag.p50": 0.001, "loop_lag.count": 31.0}


@pytest.mark.parametrize(
    ("name", "limit", "status"),
    [
        ("loop_lag.max", "< 200ms", "failed"),
        ("loop_lag.p99", "< 250ms", "passed"),
        ("loop_lag.p50", "< 1s", "passed"),
        ("loop_lag.count", "> 10", "passed"),
    ],
)
def test_the_lag_of_a_loop_is_held_against_its_limit(name: str, limit: str, status: str) -> None:
    finding = judged({name: limit}, LAG)
    assert finding.status == status
    assert finding.message.endswith(" over 31 looks")


def test_what_blocked_a_loop_is_named() -> None:
    worst = {"lag_s": 0.3, "stack": "...", "place": "shop.py:12 (total)"}
    evidence = Evidence(measurements=LAG, facts={"loop_lag": [worst]})
    finding = judge_one(compile_expect(REGISTRY, {"loop_lag.max": "< 100ms"}), evidence)
    assert finding.message == (
        "loop_lag.max was 300 ms (limit < 100ms) over 31 looks;"
        " blocked for 300 ms by shop.py:12 (total)"
    )


@pytest.mark.parametrize(
    ("name", "limit", "status"),
    [
        ("timer.parse", "< 2s", "passed"),
        ("timer.parse", "< 1s", "undecided"),
        ("timer.parse", "> 1s", "undecided"),
        ("timer.parse.count", "> 9", "failed"),
    ],
)
def test_what_the_tracing_of_memory_could_explain_is_undecided(
    name: str, limit: str, status: str
) -> None:
    evidence = Evidence(measurements=MEASURED, facts={"timers_traced": True})
    finding = judge_one(compile_expect(REGISTRY, {name: limit}), evidence)
    assert finding.status == status
    assert ("memory was traced meanwhile" in finding.message) == (status == "undecided")


def test_a_timer_that_took_too_long_names_what_the_end_waited_for() -> None:
    places = [
        {"path": ["parse"], "critical_s": 0.5, "critical_share": 0.25},
        {"path": ["parse", "split"], "critical_s": 1.5, "critical_share": 0.75},
    ]
    evidence = Evidence(measurements=MEASURED, facts={"timers": places})
    failing = judge_one(compile_expect(REGISTRY, {"timer.parse": "< 1s"}), evidence)
    assert failing.message.endswith(
        "(limit < 1s); the end of the call waited for parse > split longest: 1.5 s (75 %)"
    )
    passing = judge_one(compile_expect(REGISTRY, {"timer.parse": "< 2s"}), evidence)
    assert passing.message == "timer.parse.max was 1.5 s (limit < 2s)"


def test_a_loop_that_nobody_measured_is_undecided() -> None:
    finding = judged({"loop_lag.max": "< 1s"}, {"loop_lag.count": 0.0})
    assert finding.status == "undecided"
    assert "loop_lag: {} as a key of the case does" in finding.message


def test_a_figure_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadParams) as caught:
        judged({"loop_lag.p9": "< 1s"})
    assert caught.value.message == "no such figure 'p9' of loop_lag; did you mean 'p99'?"
    assert caught.value.hint == "known: max, p99, p50, count"
