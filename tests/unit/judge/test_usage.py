"""Do peak_rss, rss_growth and throughput say what was measured, and only what is proven?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.judge.usage import PEAK_RSS, RSS_GROWTH, THROUGHPUT
from holdfast.model.case import Surround
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Finding
from holdfast.ports import BadParams

FACT: dict[str, Any] = {
    "pids": [7],
    "processes": 1,
    "samples": 9,
    "asked_hz": 10.0,
    "achieved_hz": 10.0,
    "cost_share": 0.001,
    "peak_by": "samples",
    "growth_by": "samples",
}


def _never(*_: Any) -> Any:
    raise AssertionError


def judge(raw: Any, value: float | None, *, of: Any = PEAK_RSS, **fact: Any) -> Finding:
    name = "peak_rss" if of is PEAK_RSS else "rss_growth"
    measured = {} if value is None else {name: value}
    evidence = Evidence(facts={"monitor": {**FACT, **fact}}, measurements=measured)
    return of.judge(of.compile(raw, _never), evidence, _never)


def pace(raw: Any, value: Any = None, **changes: Any) -> Finding:
    evidence = Evidence(value=value, **{"call_s": 0.5, **changes})
    return THROUGHPUT.judge(THROUGHPUT.compile(raw, _never), evidence, _never)


def test_a_peak_below_its_limit_passes_and_tells_what_was_not_seen() -> None:
    found = judge("< 500MB", 4_000_000)
    assert found.status == "passed"
    assert found.message.endswith(
        "(limit < 500MB): the process, over 9 samples at 10 /s; "
        "what lay between the last one and its end was not seen"
    )


def test_what_the_kernel_counted_needs_no_samples() -> None:
    found = judge("< 500MB", 4_000_000, peak_by="kernel", samples=0, processes=3)
    assert found.status == "passed"
    assert found.message.endswith(
        "the process of the call and 2 that it started, by the kernel's own count"
    )


def test_what_the_kernel_told_at_the_end_of_a_command_needs_no_samples() -> None:
    found = judge("< 500MB", 4_000_000, peak_by="ended", samples=0, processes=0)
    assert found.status == "passed"
    assert found.message.endswith(
        "the process, by the kernel's own count; what it started was too short-lived to be seen,"
        " or nothing"
    )


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ({"samples": 2}, "raise hz, as in {monitor: {hz: 200}}"),
        ({"achieved_hz": 4.0}, "less than half of the samples that were due were taken"),
        ({"cost_share": None}, "the monitor was ended before the call was over"),
    ],
)
def test_too_little_seen_is_no_proof_of_little_memory(fact: dict[str, Any], said: str) -> None:
    found = judge("< 500MB", 4_000_000, **fact)
    assert found.status == "undecided"
    assert found.message.endswith(said)


def test_one_sample_above_the_limit_is_proof() -> None:
    assert judge("< 3MB", 4_000_000, samples=1, cost_share=None).status == "failed"


def test_a_peak_that_must_be_high_is_not_refuted_by_too_little() -> None:
    assert judge("> 5MB", 4_000_000, samples=1).status == "undecided"
    assert judge("> 5MB", 4_000_000).status == "failed"


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ({"pids": []}, "the call started no process that could be watched"),
        ({"cost_share": None}, "the monitor was ended before the call was over"),
        ({}, "it ended before it was seen at 10 samples a second; raise hz"),
    ],
)
def test_what_was_never_seen_is_undecided(fact: dict[str, Any], said: str) -> None:
    found = judge("< 3MB", None, **fact)
    assert found.status == "undecided"
    assert said in found.message


def test_without_a_monitor_nothing_is_decided() -> None:
    params = PEAK_RSS.compile("< 3MB", _never)
    found = PEAK_RSS.judge(params, Evidence(), _never)
    assert found.status == "undecided"


def test_memory_that_was_given_back_is_negative_growth() -> None:
    found = judge("< 1MB", -2_000_000, of=RSS_GROWTH, growth_by="call")
    assert found.status == "passed"
    assert found.message.startswith("rss_growth was -1.9")


def test_memory_is_limited_in_bytes() -> None:
    for raw in ("< 3s", 500, None):
        with pytest.raises(BadParams, match=r"peak_rss must|unit"):
            PEAK_RSS.compile(raw, _never)


def test_both_want_the_probe() -> None:
    for each in (PEAK_RSS, RSS_GROWTH):
        assert list(each.needs(each.compile("< 3MB", _never))) == [
            Surround(kind="probe", name="monitor")
        ]


def test_one_call_is_counted_unless_items_are() -> None:
    assert pace("> 1 /s").message == "throughput was 2/s (limit > 1 /s): 1 call in 500 ms"
    assert pace("> 3 /s").status == "failed"


@pytest.mark.parametrize("of", [50, "$.files", "$.list"])
def test_items_are_counted_by_a_number_or_a_place_in_the_value(of: Any) -> None:
    found = pace({"limit": "> 99 /s", "of": of}, {"files": 50, "list": [0] * 50})
    assert found.status == "passed"
    assert found.observed == 100.0


@pytest.mark.parametrize("of", ["$.nothing", "$.text"])
def test_items_that_cannot_be_counted_are_undecided(of: str) -> None:
    assert pace({"limit": "> 99 /s", "of": of}, {"text": "a"}).status == "undecided"


def test_what_a_driver_measured_counts() -> None:
    found = pace("> 99 /s", measurements={"throughput": 200.0})
    assert (found.status, found.observed) == ("passed", 200.0)


def test_a_call_that_failed_or_was_not_timed_has_no_pace() -> None:
    assert pace("> 1 /s", error=CaseError(kind="timeout")).status == "undecided"
    assert pace("> 1 /s", call_s=None).status == "undecided"


@pytest.mark.parametrize("raw", [{"of": 3}, "> 3", {"limit": "> 3 /s", "of": True}, {"speed": 1}])
def test_a_pace_that_means_nothing_is_refused(raw: Any) -> None:
    with pytest.raises(BadParams):
        THROUGHPUT.compile(raw, _never)
