"""Does not_slower say what a baseline proves, how far it can be trusted, and what helps?"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from holdfast.judge.slower import NOT_SLOWER
from holdfast.measure.baseline import Sitting, Stored
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding
from tests.unit.measure.sittings import HOST, launch_at, sitting_of

FILE = "baselines/shop/total.json"
RULES = {"slower": 0.05, "floor": 0.025, "alpha": 0.01, "unit": "auto"}
EARLIER = tuple(sitting_of(days_ago=each) for each in (30, 20, 12))


def judge(ratio: float, *sittings: Sitting, by: str = "", **changes: Any) -> Finding:
    stored = Stored(file=FILE, exists=bool(sittings), sittings=sittings)
    now = sitting_of([math.log(ratio)] * 6)
    fact = {
        "name": "",
        **msgspec.to_builtins(stored),
        "now": msgspec.to_builtins(now),
        "rules": RULES,
        **changes,
    }
    params = NOT_SLOWER.compile({"than": "baseline", **({"by": by} if by else {})}, _never)
    evidence = Evidence(has_value=False, facts={"baseline": fact})
    return NOT_SLOWER.judge(params, evidence, _never)


def _never(*_: Any) -> Any:
    raise AssertionError


def test_a_missing_baseline_is_undecided_with_the_cure() -> None:
    found = judge(1.0)
    assert found.status == "undecided"
    assert found.message == (
        f"baseline {FILE} does not exist; write it with `holdfast run --update`,"
        " or `holdfast bench --save-baseline`"
    )
    assert f"baseline {FILE} holds no sitting; " in judge(1.0, exists=True).message


def test_a_baseline_that_is_being_written_proves_nothing_yet() -> None:
    assert judge(1.0, update=True).message == (
        f"baseline {FILE} does not exist; it is written from this run; run again to compare with it"
    )


def test_an_unlike_host_is_undecided_whatever_was_measured() -> None:
    other = sitting_of(host=msgspec.structs.replace(HOST, cpu="EPYC", cores=64))
    for ratio in (0.5, 1.0, 9.0):
        found = judge(ratio, other)
        assert found.status == "undecided"
        assert found.message == (
            f"baseline {FILE} cannot be compared with: of its one sitting, CPU was EPYC, is Xeon;"
            " cores was 64, is 4; add one with `holdfast run --update`,"
            " or `holdfast bench --save-baseline`"
        )
    found = judge(1.0, other, other, update=True)
    assert "of the nearest of its 2 sittings, " in found.message
    assert found.message.endswith("; this run's own is added; run again to compare with it")


def test_a_slow_down_fails_with_its_proof_and_how_far_to_trust_it() -> None:
    found = judge(1.5, *EARLIER)
    assert found.status == "failed"
    assert found.message.startswith(
        "took 1.500 times as long as in its baseline (CPU time beside the reference loop), at least"
    )
    assert "is proven (more than 2.5 % is slower); baseline of 3 " in found.message
    assert "; baseline of 3 sittings, the newest 12 days old, same host class: " in found.message
    assert found.expected == "ratio below 1.05"
    assert found.observed["ratio"] == pytest.approx(1.5)
    assert found.observed["margin"] > 0


def test_an_approved_slow_down_is_no_failure_and_no_pass() -> None:
    found = judge(1.5, *EARLIER, update=True)
    assert found.status == "undecided"
    assert found.message.endswith(f"{FILE} is replaced by this run; run again to compare with it")


def test_what_is_proven_fine_passes_by_the_author_s_limits() -> None:
    found = judge(1.0, *EARLIER, by="20%")
    assert found.status == "passed"
    assert "times is left open (limit 20 %)" in found.message
    assert judge(1.0, *EARLIER, by="20%", update=True).status == "passed"


def test_a_limit_below_what_the_baseline_can_tell_is_undecided_with_the_cure() -> None:
    found = judge(1.0, *EARLIER)
    assert found.status == "undecided"
    assert (
        " open: neither that it is slower, by more than 2.5 %, nor that it stays below 5 %"
        " is proven; baseline of 3 sittings"
    ) in found.message
    assert found.message.endswith(
        "; more sittings, hours or days apart, narrow that; `than: REVISION` measures both now"
    )


def test_launches_that_disagree_are_named_as_the_cause() -> None:
    now = sitting_of([-0.2, -0.1, 0.0, 0.0, 0.1, 0.2])
    found = judge(1.0, *EARLIER, now=msgspec.to_builtins(now))
    assert found.status == "undecided"
    assert found.message.endswith(
        "; the launches of now are 14 % apart: measure again on a quieter machine"
    )


def test_what_waits_now_and_did_not_is_told() -> None:
    launches = tuple(launch_at(0.0, waits=1.0, quiet_cpu_share=0.95) for _ in range(6))
    now = msgspec.to_builtins(sitting_of(launches=launches))
    found = judge(1.0, *EARLIER, by="30%", now=now)
    assert found.status == "undecided"
    assert "), but it waits now, which CPU time does not see" in found.message


def test_wall_time_is_named() -> None:
    rules = {**RULES, "unit": "wall"}
    assert "(wall time), at least " in judge(9.0, *EARLIER, rules=rules).message
